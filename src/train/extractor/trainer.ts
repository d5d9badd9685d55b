/**
 * The trainer of the rung `extractor`: fine-tunes the embedded encoder to point at the values of structured answers in
 * their inputs, on the CPU, in a child process of low priority. The work itself is in tune.ts; here it is prepared, and
 * found again when it was already done.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UnderstudyError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import type { Trainer, TrainingJob } from '../../core/runtime.ts';
import type { Artefact } from '../../core/specialist.ts';
import { learnTargets } from '../../models/extractor/targets.ts';
import { artefactOf, finishedCard, writeCard } from '../card.ts';
import { type EncoderOptions, encoderFolder, tuningHash } from '../encoder/job.ts';
import { runJob } from '../engine/process.ts';
import { localOptions } from '../local.ts';
import type { ChildJob } from './child.ts';
import { isExtractable, proposeExtractor } from './plan.ts';
import { parseRecipe } from './recipe.ts';
import type { ExtractorRun } from './tune.ts';

/** Changes when the same job would give another model. */
const VERSION = 2;

export function extractorTrainer(options: EncoderOptions): Trainer {
  return {
    name: 'extractor',
    propose: (task, dataset, limits) =>
      proposeExtractor(task, dataset, limits, {
        base: options.name,
        isHere: options.path !== null,
        threads: localOptions(options).threads,
      }),
    train: async (job, on, signal) => {
      const { candidate, kind, train, seed, dir } = job;
      const encoderDir = encoderFolder(candidate, 'extractor', options);
      const recipe = parseRecipe(candidate.recipe);
      if (train.length === 0)
        throw new UnderstudyError('bad-input', 'There is no example to train on.', {
          hint: 'Capture more calls of this task first.',
        });
      if (!isExtractable(kind))
        throw new UnderstudyError(
          'unsupported',
          'Its answers are not structured: there are no fields to find.',
          {
            hint: 'Give it a task whose answers are JSON or tool calls.',
          },
        );
      const answers = answersOf(job);
      const work = { kind, train, seed, recipe, encoder: options.name };
      const hash = tuningHash(VERSION, work);
      // Another job, of another seed say, must not replace a model that has been proved.
      const path = join(dir, `extractor-${hash.slice(0, 16)}.understudy-extractor`);
      const done = finishedCard(hash, path);
      if (done) return { ...artefactOf(done, candidate, path), answers };
      await mkdir(dir, { recursive: true, mode: 0o700 });
      const subject = candidate.taskId;
      on?.({ step: 'train', subject, done: 0, total: 0, note: 'finding the values in the inputs' });
      const child: ChildJob = {
        ...work,
        hash,
        path,
        encoderDir,
        ...localOptions(options),
        checkpointPath: join(dir, 'checkpoint'),
      };
      const program = new URL('./child', import.meta.url);
      const run = await runJob<ChildJob, ExtractorRun>(child, { program, subject, on, signal });
      const about = { job: hash, trainer: 'extractor', base: options.name, recipe, seed };
      return { ...artefactOf(writeCard(path, { ...about, ...run }), candidate, path), answers };
    },
  };
}

/** Forms and plan. The child finds the same: they are not sent through a file. */
function answersOf({ kind, train }: TrainingJob): NonNullable<Artefact['answers']> {
  const { forms, plan } = learnTargets(kind, train);
  return { classes: forms, plan: { kind, ...plan } as unknown as Json };
}
