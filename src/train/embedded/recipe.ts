/** The hyperparameters of the embedded trainer, with their defaults. */
import { z } from 'zod';
import { checkRecipe } from '../recipe.ts';
import { LINEARS } from './architecture.ts';

export const recipeSchema = z.strictObject({
  rank: z.int().positive().default(16).describe('Rank of the LoRA matrices.'),
  alpha: z.number().positive().default(32).describe('The update is scaled by alpha / rank.'),
  targets: z
    .array(z.enum(LINEARS))
    .min(1)
    .default([...LINEARS])
    .describe('Which linear layers of a block get an adapter.'),
  firstLayer: z
    .int()
    .min(0)
    .default(0)
    .describe('Blocks below this one are not trained: cheaper, and less accurate on hard tasks.'),
  learningRate: z.number().positive().default(1e-3).describe('Peak learning rate of AdamW.'),
  schedule: z
    .enum(['cosine', 'linear', 'constant'])
    .default('cosine')
    .describe('How the rate falls after the warm-up.'),
  warmup: z
    .number()
    .min(0)
    .max(1)
    .default(0.06)
    .describe('Share of the steps in which the rate rises from zero.'),
  dropout: z
    .number()
    .min(0)
    .max(0.9)
    .default(0)
    .describe('Share of the inputs of each LoRA matrix A left out, drawn anew each step.'),
  weightDecay: z.number().min(0).default(0).describe('Decoupled weight decay of AdamW.'),
  clip: z.number().positive().default(1).describe('Largest norm of the whole gradient.'),
  // 120 mails to JSON, 2 epochs: 46 of 80 exact with 4 a step, 37 with 8, at the same speed.
  batch: z.int().positive().default(4).describe('Examples per step.'),
  epochs: z.number().positive().default(2).describe('Passes over the examples; fractions are allowed.'),
  balance: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Rarer answers are shown more often: 0 as they come, 1 all equally often.'),
  maxTokens: z
    .int()
    .min(32)
    .default(1024)
    .describe('Longest example; of a longer prompt the end is kept, the completion always whole.'),
  weightPower: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('An example that stands for n calls counts n to this power.'),
});

export type Recipe = z.output<typeof recipeSchema>;

/** The recipe with defaults filled in. @throws UnderstudyError 'unsupported' naming the first wrong key. */
export function parseRecipe(recipe: unknown): Recipe {
  return checkRecipe(recipeSchema, recipe, 'embedded');
}
