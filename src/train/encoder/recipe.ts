/** The hyperparameters of fine-tuning the encoder, with their defaults. How they were chosen: docs/training.md. */
import { z } from 'zod';
import { checkRecipe } from '../recipe.ts';

const recipeSchema = z.strictObject({
  rank: z.int().positive().default(16).describe('Rank of the LoRA matrices.'),
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
  weightDecay: z.number().min(0).default(0).describe('Decoupled weight decay of AdamW.'),
  clip: z.number().positive().default(1).describe('Largest norm of the whole gradient.'),
  batch: z.int().positive().default(32).describe('Examples per step.'),
  epochs: z.number().positive().default(3).describe('Passes over the examples; fractions are allowed.'),
  wordDropout: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.1)
    .describe('Share of the words left out of a text, drawn anew each time.'),
});

export type EncoderRecipe = z.output<typeof recipeSchema>;

/** The recipe with defaults filled in. @throws UnderstudyError 'unsupported' naming the first wrong key. */
export function parseRecipe(recipe: unknown): EncoderRecipe {
  return checkRecipe(recipeSchema, recipe, 'encoder');
}
