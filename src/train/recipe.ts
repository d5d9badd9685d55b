/** Holds a candidate's recipe against what a trainer knows. */
import type { z } from 'zod';
import { UnderstudyError } from '../core/errors.ts';

/** The recipe with defaults filled in. @throws UnderstudyError 'unsupported' naming the first wrong key. */
export function checkRecipe<T extends z.ZodObject>(schema: T, recipe: unknown, trainer: string): z.output<T> {
  const result = schema.safeParse(recipe);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new UnderstudyError(
    'unsupported',
    `The recipe does not fit the ${trainer} trainer: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim(),
    { hint: `It knows ${Object.keys(schema.shape).join(', ')}.` },
  );
}
