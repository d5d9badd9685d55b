/**
 * The trainer of the rung `encoder`: fine-tunes the embedded encoder with a classification head, on the CPU. The work itself is
 * in tune.ts.
 */
import type { Trainer } from '../../core/runtime.ts';
import { answersOf, toClasses } from '../linear/classes.ts';
import { localOptions } from '../local.ts';
import { type EncoderOptions, trainInChild } from './job.ts';
import { proposeEncoder } from './plan.ts';
import { type EncoderRecipe, parseRecipe } from './recipe.ts';

export function encoderTrainer(options: EncoderOptions): Trainer {
  return {
    name: 'encoder',
    propose: (task, dataset, limits) => [
      proposeEncoder(task, dataset, limits, {
        base: options.name,
        isHere: options.path !== null,
        threads: localOptions(options).threads,
      }),
    ],
    train: trainInChild<EncoderRecipe>(
      {
        rung: 'encoder',
        version: 1,
        ending: 'understudy-linear',
        begins: 'fitting the head',
        program: new URL('./child', import.meta.url),
        recipeOf: ({ recipe }) => parseRecipe(recipe),
        answersOf: (job) => answersOf(toClasses(job)),
      },
      options,
    ),
  };
}
