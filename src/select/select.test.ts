import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { configSchema } from '../core/config.ts';
import type { Dataset, Example } from '../core/dataset.ts';
import { UnderstudyError } from '../core/errors.ts';
import { type Candidate, RUNGS, type Rung } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { CATALOGUE, DEFAULT_ENCODER, DEFAULT_LANGUAGE } from '../models/weights/catalogue.ts';
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
  ...{
    id: 'dataset_1',
    taskId: 'task_1',
    kind: 'label',
    order: 'time',
    dropped: {},
    contradictions: { repeated: 0, differing: 0 },
  },
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
  base: DEFAULT_LANGUAGE,
  trainable: new Set<Rung>(RUNGS),
  hosted: null,
  minutes: 10,
  gate: { epsilon: 0.02, delta: 0.05 },
};
const whyNot = (data: Dataset, changed: Partial<Surroundings>, base: string | null, rung: Rung): string =>
  chooseCandidates(task, data, { ...around, ...changed }).dropped.find(
    ({ candidate }) => candidate.base === base && candidate.rung === rung,
  )?.reason ?? 'kept';

test('the base model of the configuration is the one the catalogue calls the default', () => {
  assert.equal(configSchema.parse({}).train.base, DEFAULT_LANGUAGE);
});

test('the machine is probed', () => {
  assert.ok(room.freeMemoryBytes > 0 && room.freeDiskBytes > 0 && room.cores > 0);
});

test('a task that would not be served is not trained, and says why', () => {
  const given = dataset(500, 200);
  assert.equal(
    whyNot(given, { unserved: 'It cannot be checked.' }, null, 'lexical'),
    'It cannot be checked.',
  );
  const { train } = given.splits;
  const splits = { train, validation: [], calibration: [], exam: [] };
  const refused: Dataset = { ...given, splits, dropped: { policy: 300 } };
  assert.match(whyNot(refused, {}, null, 'lexical'), /ask for what no specialist is served for/);
  assert.equal(whyNot({ ...given, dropped: { policy: 300 } }, {}, null, 'lexical'), 'kept');
});

test('the ladder is kept in order, and every other base model has a reason', () => {
  const { candidates, dropped } = chooseCandidates(task, dataset(500, 200), around);
  assert.deepEqual(
    candidates.map(({ rung }) => rung),
    RUNGS.filter((rung) => rung !== 'hosted'),
  );
  assert.ok(dropped.length > 0 && dropped.every(({ reason }) => reason.length > 10));
  assert.equal(new Set(candidates.map(({ id }) => id)).size, candidates.length);
});

test('each limit drops a LoRA for its own reason', () => {
  const lora = (data: Dataset, changed: Partial<Surroundings> = {}): string =>
    whyNot(data, changed, DEFAULT_LANGUAGE, 'lora');
  assert.equal(lora(dataset(500, 200)), 'kept');
  assert.match(lora(dataset(500, 100)), /at least 149/);
  assert.match(lora(dataset(10, 200)), /Only 10 training examples/);
  assert.match(lora(dataset(500, 200), { licences: ['MIT'], base: 'another' }), /licence/);
  assert.equal(lora(dataset(500, 200), { licences: ['MIT'] }), 'kept');
  assert.match(lora(dataset(500, 200), { room: { ...around.room, freeMemoryBytes: 1e8 } }), /memory/);
  assert.match(lora(dataset(500, 200), { available: new Set() }), /weights/);
  assert.match(lora(dataset(500, 200), { trainable: new Set(['lexical'] as const) }), /can train/);
  assert.match(lora(dataset(5000, 200, 'long '.repeat(300)), { minutes: 2 }), /minutes/);
  assert.match(lora(dataset(200, 200, 'long '.repeat(3000))), /longer than the 1024 tokens/);
});

test('what takes minutes shares the time: the encoder first, the language model with what is left', () => {
  const long = dataset(5000, 200, 'long '.repeat(60));
  const epochs = (minutes: number, rung: Rung): number =>
    Number(
      chooseCandidates(task, long, { ...around, minutes }).candidates.find((each) => each.rung === rung)
        ?.recipe.epochs ?? 0,
    );
  assert.ok(epochs(20, 'encoder') > 0.5 && epochs(20, 'encoder') < epochs(1000, 'encoder'));
  assert.equal(epochs(20, 'lora'), 0);
  assert.equal(epochs(1000, 'encoder'), 6);
  const { dropped } = chooseCandidates(task, long, { ...around, minutes: 20 });
  const late = dropped.find(({ candidate }) => candidate.base === DEFAULT_LANGUAGE);
  assert.ok(late!.minutesNeeded! > 20 && late!.reason.includes(`about ${late!.minutesNeeded} minutes`));
  assert.ok(epochs(1000, 'lora') >= 1);
  assert.match(whyNot(long, { minutes: 0.5 }, DEFAULT_ENCODER, 'encoder'), /minutes/);
  assert.match(whyNot(dataset(500, 100), {}, DEFAULT_ENCODER, 'encoder'), /at least 149/);
  const { splits } = dataset(500, 200);
  const varied = splits.train.map((example, i) => ({ ...example, answer: `{"order": ${i}}` }));
  const copying: Dataset = { ...dataset(500, 200), splits: { ...splits, train: varied } };
  assert.match(whyNot(copying, {}, DEFAULT_ENCODER, 'encoder'), /too varied to choose among/);
  assert.equal(whyNot(copying, {}, DEFAULT_LANGUAGE, 'lora'), 'kept');
  const heads = { trainable: new Set<Rung>(['lexical', 'knn', 'head', 'lora']) };
  assert.match(whyNot(long, heads, DEFAULT_ENCODER, 'encoder'), /can train/);
});

test('a hosted model comes last, and only where a provider is configured', () => {
  const { candidates } = chooseCandidates(task, dataset(500, 200), { ...around, hosted: 'small-model' });
  assert.deepEqual(
    candidates.map(({ rung }) => rung),
    ['lexical', 'knn', 'head', 'encoder', 'lora', 'hosted'],
  );
  assert.equal(candidates.at(-1)?.base, 'small-model');
  const nobody = { hosted: 'small-model', trainable: new Set<Rung>(['lora']) };
  assert.match(whyNot(dataset(500, 200), nobody, 'small-model', 'hosted'), /can train/);
});

test('without the encoder only words are left', () => {
  const few = { trainable: new Set<Rung>(['lexical']), available: new Set<string>() };
  const { candidates } = chooseCandidates(task, dataset(500, 200), { ...around, ...few });
  assert.deepEqual(
    candidates.map(({ rung }) => rung),
    ['lexical'],
  );
});

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

test('what takes minutes is not trained where a cheap rung serves nearly all', async () => {
  const { winner, verdicts, tried } = await race({ lexical: 0.9, knn: 0.9, head: 0.96, encoder: 1, lora: 1 });
  assert.equal(winner?.candidate.rung, 'head');
  assert.equal(tried.length, 3);
  for (const rung of ['encoder', 'lora'])
    assert.match(verdicts.find(({ candidate }) => candidate.rung === rung)!.reason, /Not tried.*96 %/);
  const tuned = await race({ lexical: 0.5, knn: 0.5, head: 0.5, encoder: 0.93, lora: 1 });
  assert.equal(tuned.winner?.candidate.rung, 'encoder');
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
  assert.equal(some.verdicts.filter(({ reason }) => reason.includes('too varied')).length, RUNGS.length - 1);
  assert.equal(some.verdicts.filter(({ chosen }) => chosen).length, 1);
  assert.equal((await race({})).winner, null);
});
