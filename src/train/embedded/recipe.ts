/** The hyperparameters of the embedded trainer, with their defaults. */
import { z } from 'zod';
import { scheduleKeys } from '../engine/schedule.ts';
import { checkRecipe } from '../recipe.ts';

export const recipeSchema = z.strictObject({
  ...scheduleKeys,
  rank: z.int().positive().default(16).describe('Rank of the LoRA matrices.'),
  // Four times the usual: B then learns faster than A (Hayou et al. 2024, arXiv 2402.12354). Tried in dev/LOG.md.
  alpha: z.number().positive().default(128).describe('The update is scaled by alpha / rank.'),
  arithmetic: z
    .enum(['int8', 'float32'])
    .default('int8')
    .describe('Of the products with the fixed weights, while training: int8 is faster, float32 exact.'),
  // 120 mails to JSON, 2 epochs: 46 of 80 exact with 4 a step, 37 with 8, at the same speed.
  batch: scheduleKeys.batch.default(4),
  epochs: scheduleKeys.epochs.default(2),
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
