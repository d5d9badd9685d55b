import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Progress } from '../core/progress.ts';
import type { Trainer, TrainingJob } from '../core/runtime.ts';
import type { Artefact } from '../core/specialist.ts';
import { timedTrainer } from './timed.ts';

const artefact: Artefact = {
  ...{ rung: 'lora', base: 'base', path: 'p', sha256: 's', trainedMs: 1000, figures: {} },
};
const candidate = { id: 'c', taskId: 't', rung: 'lora', base: 'base', recipe: {} };
const job: TrainingJob = {
  ...{ candidate, kind: 'label', train: [], validation: [], dir: 'd', seed: 1 },
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
