/** The hyperparameters that a provider's fine-tuning API takes; what is left out, the provider chooses. */
import { z } from 'zod';

const common = z.strictObject({
  epochs: z.int().min(1).max(50).optional().describe('Passes over the examples.'),
  batch: z.int().min(1).max(256).optional().describe('Examples per step.'),
});

export const openaiRecipeSchema = common.extend({
  learningRateMultiplier: z
    .number()
    .positive()
    .optional()
    .describe('Factor on the provider’s own learning rate.'),
});

export const togetherRecipeSchema = common.extend({
  learningRate: z.number().positive().optional().describe('Peak learning rate.'),
});

/** One of either. */
export type HostedRecipe = z.output<typeof openaiRecipeSchema> & z.output<typeof togetherRecipeSchema>;
