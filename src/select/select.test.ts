import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import type { Dataset, Example } from '../core/dataset.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { Candidate, Rung } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { CATALOGUE, DEFAULT_ENCODER, DEFAULT_LANGUAGE } from '../models/catalogue.ts';
import { chooseCandidates, type Surroundings } from './candidates.ts';
import { compete, type TrialResult } from './compete.ts';
import { probeHardware } from './hardware.ts';

const task: Task = {
  ...{ id: 'task_1', name: 'triage', sites: [], kind: 'label', labels: [], tools: [] },
  ...{ responseFormat: null, calls: 1000 },
};
const examples = (n: number, input = 'Where is my order?'): Example[] =>
  Array.from({ length: n }, (_, i) => ({
    ...{ id: `${i}`, callId: `${i}`, sessionId: `${i}`, at: i, input, answer: 'delivery', weight: 1 },
  }));
const dataset = (train: number, calibration: number, input?: string): Dataset => ({
  ...{ id: 'dataset_1', taskId: 'task_1', kind: 'label', order: 'time', dropped: {} },
  splits: {
    ...{
      train: examples(train, input),
      validation: examples(100),
      calibration: examples(calibration),
      exam: [],
    },
  },
});
const room = probeHardware(tmpdir());
const around: Surroundings = {
  catalogue: CATALOGUE,
  room: { ...room, freeMemoryBytes: 8e9, freeDiskBytes: 8e9, cores: 2 },
  available: new Set([DEFAULT_ENCODER, DEFAULT_LANGUAGE]),
  trainable: new Set<Rung>(['lexical', 'knn', 'head', 'lora']),
  hosted: null,
  minutes: 10,
  gate: { epsilon: 0.02, delta: 0.05 },
};
const whyNot = (data: Dataset, changed: Partial<Surroundings>, base: string | null, rung: Rung): string =>
  chooseCandidates(task, data, { ...around, ...changed }).dropped.find(
    ({ candidate }) => candidate.base === base && candidate.rung === rung,
  )?.reason ?? 'kept';

test('the machine is probed', () => {
  assert.ok(room.freeMemoryBytes > 0 && room.freeDiskBytes > 0 && room.cores > 0);
});

test('the ladder is kept in order, and every other base model has a reason', () => {
  const { candidates, dropped } = chooseCandidates(task, dataset(500, 200), around);
  assert.deepEqual(
    candidates.map(({ rung }) => rung),
    ['lexical', 'knn', 'head', 'lora'],
  );
  assert.ok(dropped.length > 0 && dropped.every(({ reason }) => reason.length > 10));
  assert.equal(new Set(candidates.map(({ id }) => id)).size, 4);
});

test('each limit drops a LoRA for its own reason', () => {
  const lora = (data: Dataset, changed: Partial<Surroundings> = {}): string =>
    whyNot(data, changed, DEFAULT_LANGUAGE, 'lora');
  assert.equal(lora(dataset(500, 200)), 'kept');
  assert.match(lora(dataset(500, 100)), /at least 149/);
  assert.match(lora(dataset(10, 200)), /Only 10 training examples/);
  assert.match(lora(dataset(500, 200), { licences: ['MIT'] }), /licence/);
  assert.match(lora(dataset(500, 200), { room: { ...around.room, freeMemoryBytes: 1e8 } }), /memory/);
  assert.match(lora(dataset(500, 200), { available: new Set() }), /weights/);
  assert.match(lora(dataset(500, 200), { trainable: new Set(['lexical'] as const) }), /can train/);
  assert.match(lora(dataset(5000, 200, 'long '.repeat(300)), { minutes: 2 }), /minutes/);
  assert.match(lora(dataset(200, 200, 'long '.repeat(3000))), /longer than the 1024 tokens/);
});

test('a hosted model comes last, and only where a provider is configured', () => {
  const { candidates } = chooseCandidates(task, dataset(500, 200), {
    ...{ ...around, hosted: 'small-model' },
    trainable: new Set<Rung>([...around.trainable, 'hosted']),
  });
  assert.deepEqual(
    candidates.map(({ rung }) => rung),
    ['lexical', 'knn', 'head', 'lora', 'hosted'],
  );
  assert.equal(candidates.at(-1)?.base, 'small-model');
  assert.match(whyNot(dataset(500, 200), { hosted: 'small-model' }, 'small-model', 'hosted'), /can train/);
});

test('without the encoder only words are left', () => {
  const few = { trainable: new Set<Rung>(['lexical']), available: new Set<string>() };
  const { candidates } = chooseCandidates(task, dataset(500, 200), { ...around, ...few });
  assert.deepEqual(
    candidates.map(({ rung }) => rung),
    ['lexical'],
  );
});

const RUNGS: readonly Rung[] = ['lexical', 'knn', 'head', 'lora'];
const ladder: Candidate[] = RUNGS.map((rung) => ({ id: rung, taskId: 't', rung, base: null, recipe: {} }));
const race = (coverage: Partial<Record<Rung, number>>) =>
  compete<TrialResult>({
    candidates: ladder,
    tryOut: async ({ rung }) => {
      const share = coverage[rung];
      if (share === undefined) throw new UnderstudyError('unsupported', 'too varied', { hint: '' });
      return { coverage: share, accuracy: 0.9 };
    },
  });

test('a LoRA is not trained where a cheap rung serves nearly all', async () => {
  const { winner, verdicts, tried } = await race({ lexical: 0.9, knn: 0.9, head: 0.96, lora: 1 });
  assert.equal(winner?.candidate.rung, 'head');
  assert.equal(tried.length, 3);
  assert.match(verdicts.find(({ candidate }) => candidate.rung === 'lora')!.reason, /Not tried.*96 %/);
});

test('a dearer rung must be clearly better', async () => {
  assert.equal(
    (await race({ lexical: 0.8, knn: 0.81, head: 0.815, lora: 0.819 })).winner?.candidate.rung,
    'lexical',
  );
  assert.equal((await race({ lexical: 0.3, knn: 0.3, head: 0.5, lora: 0.7 })).winner?.candidate.rung, 'lora');
});

test('what cannot be trained is dropped with its reason; none at all is no winner', async () => {
  const some = await race({ lora: 0.4 });
  assert.equal(some.winner?.candidate.rung, 'lora');
  assert.equal(some.verdicts.filter(({ reason }) => reason.includes('too varied')).length, 3);
  assert.equal(some.verdicts.filter(({ chosen }) => chosen).length, 1);
  assert.equal((await race({})).winner, null);
});
