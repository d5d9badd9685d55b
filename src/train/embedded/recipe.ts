/** The hyperparameters of the embedded trainer, with their defaults. */
import { z } from 'zod';
import { scheduleKeys } from '../engine/schedule.ts';
import { checkRecipe } from '../recipe.ts';
import { LINEARS } from './architecture.ts';

export const recipeSchema = z.strictObject({
  ...scheduleKeys,
  rank: z.int().positive().default(16).describe('Rank of the LoRA matrices.'),
  // Four times the usual: B then learns faster than A (Hayou et al. 2024, arXiv 2402.12354). Tried in dev/LOG.md.
  alpha: z.number().positive().default(128).describe('The update is scaled by alpha / rank.'),
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
  dropout: z
    .number()
    .min(0)
    .max(0.9)
    .default(0)
    .describe('Share of the inputs of each LoRA matrix A left out, drawn anew each step.'),
  arithmetic: z
    .enum(['int8', 'float32'])
    .default('int8')
    .describe('Of the products with the fixed weights, while training: int8 is faster, float32 exact.'),
  // 120 mails to JSON, 2 epochs: 46 of 80 exact with 4 a step, 37 with 8, at the same speed.
  batch: scheduleKeys.batch.default(4),
  epochs: scheduleKeys.epochs.default(2),
  balance: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Rarer answers are shown more often: 0 as they come, 1 all equally often.'),
  handOver: z
    .number()
    .min(0)
    .max(0.9)
    .default(0)
    .describe(
      'How probable handing over is to be for what models trained without it got wrong; takes twice the time and more.',
    ),
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
