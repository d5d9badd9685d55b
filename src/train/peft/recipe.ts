/** The hyperparameters of the peft trainer: those of the embedded one by the same names (no choice of arithmetic), and the method. */
import { z } from 'zod';
import { recipeSchema } from '../embedded/recipe.ts';

export const peftRecipeSchema = recipeSchema.omit({ arithmetic: true }).extend({
  method: z
    .enum(['lora', 'qlora'], {
      error:
        'must be lora or qlora; full fine-tuning gives a whole model, and what serves here runs adapters on one base',
    })
    .default('lora')
    .describe('qlora holds the base in 4 bits while training: less memory, GPU only.'),
});

export type PeftRecipe = z.output<typeof peftRecipeSchema>;
