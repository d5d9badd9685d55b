/** The hyperparameters of fine-tuning the encoder as an extractor, with their defaults. How they were chosen: dev/LOG.md. */
import { z } from 'zod';
import { scheduleKeys } from '../engine/schedule.ts';
import { checkRecipe } from '../recipe.ts';

const recipeSchema = z.strictObject({
  ...scheduleKeys,
  rank: z.int().positive().default(16).describe('Rank of the LoRA matrices.'),
  members: z
    .int()
    .min(1)
    .max(8)
    .default(2)
    .describe('Models that are trained side by side, whose logits are averaged.'),
  batch: scheduleKeys.batch.default(32),
  epochs: scheduleKeys.epochs.default(6),
  wordDropout: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.1)
    .describe('Share of the tokens hidden in an input, drawn anew each time.'),
});

export type ExtractorRecipe = z.output<typeof recipeSchema>;

/** The recipe with defaults filled in. @throws UnderstudyError 'unsupported' naming the first wrong key. */
export function parseRecipe(recipe: unknown): ExtractorRecipe {
  return checkRecipe(recipeSchema, recipe, 'extractor');
}
