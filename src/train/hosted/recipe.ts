/** The hyperparameters that a provider's fine-tuning API takes; what is left out, the provider chooses. */
import { z } from 'zod';

export const hostedRecipeSchema = z.strictObject({
  epochs: z.int().min(1).max(50).optional().describe('Passes over the examples.'),
  batch: z.int().min(1).max(256).optional().describe('Examples per step.'),
  learningRate: z.number().positive().optional().describe('Peak learning rate; Together’s API only.'),
  learningRateMultiplier: z
    .number()
    .positive()
    .optional()
    .describe('Factor on the provider’s own learning rate; OpenAI’s API only.'),
});

export type HostedRecipe = z.output<typeof hostedRecipeSchema>;
