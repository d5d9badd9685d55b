/**
 * The trainer of the rung `extractor`: fine-tunes the embedded encoder to point at the values of structured answers in their
 * inputs, on the CPU. The work itself is in tune.ts.
 */
import { UnderstudyError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import type { Trainer, TrainingJob } from '../../core/runtime.ts';
import type { Artefact } from '../../core/specialist.ts';
import { learnTargets } from '../../models/extractor/targets.ts';
import { type EncoderOptions, trainInChild } from '../encoder/job.ts';
import { localOptions } from '../local.ts';
import { isExtractable, proposeExtractor } from './plan.ts';
import { type ExtractorRecipe, parseRecipe } from './recipe.ts';

export function extractorTrainer(options: EncoderOptions): Trainer {
  return {
    name: 'extractor',
    propose: (task, dataset, limits) =>
      proposeExtractor(task, dataset, limits, {
        base: options.name,
        isHere: options.path !== null,
        threads: localOptions(options).threads,
      }),
    train: trainInChild<ExtractorRecipe>(
      {
        rung: 'extractor',
        version: 3,
        ending: 'understudy-extractor',
        begins: 'finding the values in the inputs',
        program: new URL('./child', import.meta.url),
        recipeOf: ({ recipe }) => parseRecipe(recipe),
        answersOf,
      },
      options,
    ),
  };
}

/** Forms and plan. @throws UnderstudyError 'unsupported' for answers without fields. */
function answersOf({ kind, train }: TrainingJob): NonNullable<Artefact['answers']> {
  if (!isExtractable(kind))
    throw new UnderstudyError('unsupported', 'Its answers are not structured: there are no fields to find.', {
      hint: 'Give it a task whose answers are JSON or tool calls.',
    });
  const { forms, plan } = learnTargets(kind, train);
  return { classes: forms, plan: { kind, ...plan } as unknown as Json };
}
