import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnderstudyError } from '../core/errors.ts';
import type { Progress } from '../core/progress.ts';
import type { Trainer, TrainingJob } from '../core/runtime.ts';
import type { Artefact } from '../core/specialist.ts';
import { timedTrainer } from './timed.ts';

const artefact: Artefact = {
  rung: 'lora',
  base: 'base',
  path: 'p',
  sha256: 's',
  trainedMs: 1000,
  figures: {},
};
const candidate = { id: 'c', taskId: 't', rung: 'lora', base: 'base', recipe: {} };
const job: TrainingJob = {
  candidate,
  kind: 'label',
  train: [],
  validation: [],
  dir: 'd',
  seed: 1,
};
const step = { step: 'train', subject: 't' };
/** Reports this progress, and is done. */
const reporting = (...seen: readonly Progress[]): Trainer => ({
  name: 'reporting',
  propose: () => [],
  train: async (_, on) => {
    for (const progress of seen) on?.(progress);
    return artefact;
  },
});

test('the expected time is shown until the first step can tell how long it takes', async () => {
  const trainer = reporting({ ...step, done: 0, total: 0 }, { ...step, done: 1, total: 9, leftMs: 80 });
  const shown: (number | undefined)[] = [];
  const on = ({ leftMs }: Progress): void => void shown.push(leftMs);
  await timedTrainer({ trainer, minutes: 2 }, () => {}).train(job, on);
  assert.deepEqual(shown, [120_000, 80]);
  shown.length = 0;
  await timedTrainer({ trainer, minutes: null }, () => {}).train(job, on);
  assert.deepEqual(shown, [undefined, 80]);
});

test('what was trained is recorded, and what was found finished is not', async () => {
  const recorded: Artefact[] = [];
  const record = (each: Artefact): void => void recorded.push(each);
  await timedTrainer({ trainer: reporting(), minutes: 1 }, record).train(job);
  assert.deepEqual(recorded, []);
  const trainer = reporting({ ...step, done: 9, total: 9 });
  assert.equal(await timedTrainer({ trainer, minutes: 1 }, record).train(job), artefact);
  assert.deepEqual(recorded, [artefact]);
});

test('a training that a busy machine would make several times as long is stopped, one that is a little late is not', async () => {
  const minute = 60_000;
  const run = async (leftMs: number): Promise<string> => {
    let time = 0;
    const trainer: Trainer = {
      ...reporting(),
      train: async (_, on, signal) => {
        for (let done = 1; done < 9; done++) {
          on?.({ ...step, done, total: 9, leftMs });
          time += minute / 10;
          if (signal?.aborted) throw new UnderstudyError('cancelled', 'Cancelled.', { hint: '' });
        }
        return artefact;
      },
    };
    const record = (): void => {};
    return timedTrainer({ trainer, minutes: 2 }, record, () => time)
      .train(job)
      .then(
        () => 'trained',
        (error: UnderstudyError) => `${error.code} ${error.message}`,
      );
  };
  assert.equal(await run(3 * minute), 'trained');
  assert.match(
    await run(29 * minute),
    /^timed-out It would take 29 min more where 2 min in all were planned/,
  );
});

test('a training that was cancelled is cancelled, however late it was', async () => {
  const trainer: Trainer = {
    ...reporting(),
    train: async (_, on) => {
      on?.({ ...step, done: 1, total: 9, leftMs: 1e9 });
      throw new UnderstudyError('cancelled', 'Cancelled.', { hint: '' });
    },
  };
  const trained = timedTrainer(
    { trainer, minutes: 1 },
    () => {},
    () => 0,
  ).train(job, undefined, AbortSignal.abort());
  await assert.rejects(trained, { code: 'cancelled' });
});
