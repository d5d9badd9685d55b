/**
 * The trainer of the rung `encoder`: fine-tunes the embedded encoder with a classification head, on the CPU, in a child
 * process of low priority. The work itself is in tune.ts; here it is prepared, and found again when it was already done.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UnderstudyError } from '../../core/errors.ts';
import type { Trainer } from '../../core/runtime.ts';
import { artefactOf, finishedCard, writeCard } from '../card.ts';
import { runJob } from '../engine/process.ts';
import { answersOf, toClasses } from '../linear/classes.ts';
import { localOptions } from '../local.ts';
import type { ChildJob } from './child.ts';
import { type EncoderOptions, encoderFolder, tuningHash } from './job.ts';
import { proposeEncoder } from './plan.ts';
import { parseRecipe } from './recipe.ts';
import type { TuningRun } from './tune.ts';

/** Changes when the same job would give another model. */
const VERSION = 1;

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
    train: async (job, on, signal) => {
      const { candidate, kind, train, seed, dir } = job;
      const encoderDir = encoderFolder(candidate, 'encoder', options);
      const recipe = parseRecipe(candidate.recipe);
      if (train.length === 0)
        throw new UnderstudyError('bad-input', 'There is no example to train on.', {
          hint: 'Capture more calls of this task first.',
        });
      // The child finds the same: they are not sent through a file.
      const answers = answersOf(toClasses(job));
      const work = { kind, train, seed, recipe, encoder: options.name };
      const hash = tuningHash(VERSION, work);
      // Another job, of another seed say, must not replace a model that has been proved.
      const path = join(dir, `encoder-${hash.slice(0, 16)}.understudy-linear`);
      const done = finishedCard(hash, path);
      if (done) return { ...artefactOf(done, candidate, path), answers };
      await mkdir(dir, { recursive: true, mode: 0o700 });
      const subject = candidate.taskId;
      on?.({ step: 'train', subject, done: 0, total: 0, note: 'fitting the head' });
      const child: ChildJob = {
        ...work,
        hash,
        path,
        encoderDir,
        ...localOptions(options),
        checkpointPath: join(dir, 'checkpoint'),
      };
      const program = new URL('./child', import.meta.url);
      const run = await runJob<ChildJob, TuningRun>(child, { program, subject, on, signal });
      const about = { job: hash, trainer: 'encoder', base: options.name, recipe, seed };
      return { ...artefactOf(writeCard(path, { ...about, ...run }), candidate, path), answers };
    },
  };
}
