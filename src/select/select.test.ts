import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import fc from 'fast-check';
import { configSchema } from '../core/config.ts';
import type { Dataset, Example } from '../core/dataset.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { Encoder, Proposal, Trainer } from '../core/runtime.ts';
import type { Candidate, Rung } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { CATALOGUE, DEFAULT_ENCODER, DEFAULT_LANGUAGE } from '../models/weights/catalogue.ts';
import { embeddedTrainer } from '../train/embedded/trainer.ts';
import { encoderTrainer } from '../train/encoder/trainer.ts';
import { hostedTrainer } from '../train/hosted/trainer.ts';
import { linearTrainer } from '../train/linear/trainer.ts';
import { type Choice, chooseCandidates, inQuestion, type SelectionLimits } from './candidates.ts';
import { compete, type Trial } from './compete.ts';
import { costShareOf, whyNotCheaper } from './cost.ts';
import { probeHardware } from './hardware.ts';

const task: Task = {
  id: 'task_1',
  name: 'triage',
  sites: [],
  kind: 'label',
  labels: [],
  tools: [],
  responseFormat: null,
  calls: 1000,
};
const examples = (n: number, input = 'Where is my order?'): Example[] =>
  Array.from({ length: n }, (_, i) => ({
    id: `${i}`,
    callId: `${i}`,
    sessionId: `${i}`,
    at: i,
    input,
    answer: 'delivery',
    weight: 1,
  }));
const dataset = (train: number, calibration: number, input?: string): Dataset => ({
  id: 'dataset_1',
  taskId: 'task_1',
  kind: 'label',
  order: 'time',
  dropped: {},
  contradictions: { repeated: 0, differing: 0 },
  splits: {
    train: examples(train, input),
    validation: examples(100),
    calibration: examples(calibration),
    exam: [],
  },
});
const resources = probeHardware(tmpdir());
const RUNGS: readonly Rung[] = ['lexical', 'knn', 'head', 'encoder', 'lora', 'hosted'];
const encoder: Encoder = { name: DEFAULT_ENCODER, dimensions: 2, embed: async () => [] };
const nowhere = async (): Promise<string> => '';
const words = linearTrainer({ encoder: null });
const linear = linearTrainer({ encoder });
const tuned = encoderTrainer({ name: DEFAULT_ENCODER, path: '', threads: 2 });
const lora = embeddedTrainer({ basePath: nowhere, threads: 2 });
const hosted = hostedTrainer({ baseUrl: 'http://127.0.0.1:9', apiKey: '', model: 'small-model' });
const budgetOf = (minutes: number): SelectionLimits['budget'] => ({ minutes, speedOf: () => null });
const base: SelectionLimits = {
  trainers: [linear, tuned, lora],
  canRun: () => true,
  catalogue: inQuestion(CATALOGUE, { base: DEFAULT_LANGUAGE, encoder: DEFAULT_ENCODER }),
  resources: { ...resources, freeMemoryBytes: 8e9, freeDiskBytes: 8e9, cores: 2 },
  available: new Set([DEFAULT_ENCODER, DEFAULT_LANGUAGE]),
  base: DEFAULT_LANGUAGE,
  budget: budgetOf(10),
  gate: { epsilon: 0.02, delta: 0.05 },
  llm: { promptTokens: 100, completionTokens: 5, cost: 0.001, medianMs: 500 },
  unserved: null,
};

/** Both rounds of the loop, one after the other. */
function choose(data: Dataset, changed: Partial<SelectionLimits> = {}): Choice {
  const limits = { ...base, ...changed };
  const rounds = (['seconds', 'minutes'] as const).map((cost) => chooseCandidates(task, data, cost, limits));
  return {
    contenders: rounds.flatMap(({ contenders }) => contenders),
    dropped: rounds.flatMap(({ dropped }) => dropped),
  };
}
const rungsOf = ({ contenders }: Choice): Rung[] => contenders.map(({ candidate }) => candidate.rung);
const whyNot = (data: Dataset, changed: Partial<SelectionLimits>, base: string | null, rung: Rung): string =>
  choose(data, changed).dropped.find(({ candidate }) => candidate.base === base && candidate.rung === rung)
    ?.reason ?? 'kept';

test('the base model of the configuration is the one the catalogue calls the default', () => {
  assert.equal(configSchema.parse({}).train.base, DEFAULT_LANGUAGE);
});

test('the machine is probed', () => {
  assert.ok(resources.freeMemoryBytes > 0 && resources.freeDiskBytes > 0 && resources.cores > 0);
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
  const choice = choose(dataset(500, 200));
  assert.deepEqual(
    rungsOf(choice),
    RUNGS.filter((rung) => rung !== 'hosted'),
  );
  assert.ok(choice.dropped.length > 0 && choice.dropped.every(({ reason }) => reason.length > 10));
  const ids = choice.contenders.map(({ candidate }) => candidate.id);
  assert.equal(new Set(ids).size, ids.length);
});

test('each limit drops a LoRA for its own reason', () => {
  const why = (data: Dataset, changed: Partial<SelectionLimits> = {}): string =>
    whyNot(data, changed, DEFAULT_LANGUAGE, 'lora');
  assert.equal(why(dataset(500, 200)), 'kept');
  assert.match(why(dataset(500, 100)), /at least 149/);
  assert.match(why(dataset(10, 200)), /Only 10 training examples/);
  assert.match(why(dataset(500, 200), { licences: ['MIT'], base: 'another' }), /licence/);
  assert.equal(why(dataset(500, 200), { licences: ['MIT'] }), 'kept');
  assert.match(why(dataset(500, 200), { resources: { ...base.resources, freeMemoryBytes: 1e8 } }), /memory/);
  assert.match(why(dataset(500, 200), { available: new Set() }), /weights/);
  assert.match(why(dataset(500, 200), { canRun: (rung) => rung === 'lexical' }), /can run a lora/);
  assert.match(why(dataset(5000, 200, 'long '.repeat(300)), { budget: budgetOf(2) }), /minutes/);
  assert.match(why(dataset(200, 200, 'long '.repeat(3000))), /longer than the 1024 tokens/);
});

test('what takes minutes shares the time: the encoder first, the language model with what is left', () => {
  const long = dataset(5000, 200, 'long '.repeat(60));
  const epochs = (minutes: number, rung: Rung): number =>
    Number(
      choose(long, { budget: budgetOf(minutes) }).contenders.find(({ candidate }) => candidate.rung === rung)
        ?.candidate.recipe.epochs ?? 0,
    );
  assert.ok(epochs(20, 'encoder') > 0.5 && epochs(20, 'encoder') < epochs(1000, 'encoder'));
  assert.equal(epochs(20, 'lora'), 0);
  assert.equal(epochs(1000, 'encoder'), 6);
  const { dropped } = choose(long, { budget: budgetOf(20) });
  const late = dropped.find(({ candidate }) => candidate.base === DEFAULT_LANGUAGE);
  assert.ok(late!.minutesNeeded! > 20 && late!.reason.includes(`about ${late!.minutesNeeded} minutes`));
  assert.ok(epochs(1000, 'lora') >= 1);
  assert.match(whyNot(long, { budget: budgetOf(0.5) }, DEFAULT_ENCODER, 'encoder'), /minutes/);
  assert.match(whyNot(dataset(500, 100), {}, DEFAULT_ENCODER, 'encoder'), /at least 149/);
  const { splits } = dataset(500, 200);
  const varied = splits.train.map((example, i) => ({ ...example, answer: `{"order": ${i}}` }));
  const copying: Dataset = { ...dataset(500, 200), splits: { ...splits, train: varied } };
  assert.match(whyNot(copying, {}, DEFAULT_ENCODER, 'encoder'), /too varied to choose among/);
  assert.equal(whyNot(copying, {}, DEFAULT_LANGUAGE, 'lora'), 'kept');
  const missing = encoderTrainer({ name: DEFAULT_ENCODER, path: null });
  assert.match(whyNot(long, { trainers: [missing] }, DEFAULT_ENCODER, 'encoder'), /can train/);
});

test('trainings of a task together keep to its minutes, however many bases there are', () => {
  const available = new Set(CATALOGUE.filter(({ files }) => files.length > 0).map(({ name }) => name));
  const licences = CATALOGUE.map(({ license }) => license);
  fc.assert(
    fc.property(
      fc.integer({ min: 30, max: 3000 }),
      fc.double({ min: 0.1, max: 300, noNaN: true }),
      fc.double({ min: 1, max: 5000, noNaN: true }),
      (count, minutes, speed) => {
        const budget = { minutes, speedOf: () => speed };
        const { contenders } = choose(dataset(count, 200), { available, licences, budget });
        const slow = contenders.filter(({ cost }) => cost === 'minutes');
        const expected = slow.reduce((sum, each) => sum + each.minutes!, 0);
        assert.ok(expected <= minutes * 1.01, `${expected} of ${minutes}`);
      },
    ),
    { numRuns: 50 },
  );
});

test('what trainings took on this machine decides how far the next ones go', () => {
  const long = dataset(5000, 200, 'long '.repeat(60));
  const epochs = (factor: number): number => {
    const usual = choose(long, { trainers: [lora], budget: budgetOf(1e6) }).contenders[0]!;
    const speed = (usual.work / usual.minutes! / 60) * factor;
    const minutes = usual.minutes!;
    const budget = { minutes, speedOf: (trainer: string) => (trainer === 'embedded' ? speed : null) };
    return Number(choose(long, { trainers: [lora], budget }).contenders[0]!.candidate.recipe.epochs);
  };
  const [slow, usual, fast] = [epochs(0.75), epochs(1), epochs(2)];
  assert.ok(slow < usual && usual <= fast, `${slow}, ${usual}, ${fast}`);
});

test('a hosted model comes last, and this machine and its weights say nothing about it', () => {
  const trainers: readonly Trainer[] = [linear, tuned, lora, hosted];
  const choice = choose(dataset(500, 200), { trainers });
  assert.deepEqual(rungsOf(choice), RUNGS);
  assert.equal(choice.contenders.at(-1)?.candidate.base, 'small-model');
  const nobody = { trainers, canRun: (rung: Rung) => rung !== 'hosted' };
  assert.match(whyNot(dataset(500, 200), nobody, 'small-model', 'hosted'), /can run/);
  const catalogue = CATALOGUE.map((entry) => ({ ...entry, name: 'small-model', license: 'none' }));
  assert.equal(whyNot(dataset(500, 200), { trainers: [hosted], catalogue }, 'small-model', 'hosted'), 'kept');
});

test('two trainers that propose the same have candidates of their own', () => {
  const other: Trainer = { ...lora, name: 'other' };
  const { contenders } = choose(dataset(500, 200), { trainers: [lora, other], budget: budgetOf(1000) });
  assert.deepEqual(
    contenders.map(({ trainer }) => trainer.name),
    ['embedded', 'other'],
  );
  const [first, second] = contenders.map(({ candidate }) => candidate);
  assert.deepEqual(first!.recipe, second!.recipe);
  assert.notEqual(first!.id, second!.id);
  const alone = choose(dataset(500, 200), { trainers: [lora], budget: budgetOf(1000) }).contenders[0]!;
  assert.equal(first!.id, alone.candidate.id);
});

test('without the encoder only words are left', () => {
  const choice = choose(dataset(500, 200), { trainers: [words], available: new Set<string>() });
  assert.deepEqual(rungsOf(choice), ['lexical']);
  assert.deepEqual(
    choice.dropped.map(({ candidate }) => [candidate.rung, candidate.base]),
    [
      ['knn', DEFAULT_ENCODER],
      ['head', DEFAULT_ENCODER],
    ],
  );
});

const ladder = RUNGS.map((rung, i) => {
  const candidate: Candidate = { id: rung, taskId: 't', rung, base: null, recipe: {} };
  return { candidate, cost: i < 3 ? ('seconds' as const) : ('minutes' as const) };
});
const race = (coverage: Partial<Record<Rung, number>>) =>
  compete({
    contenders: ladder,
    tryOut: async ({ candidate }): Promise<Trial> => {
      const share = coverage[candidate.rung];
      if (share === undefined) throw new UnderstudyError('unsupported', 'too varied', { hint: '' });
      return { candidate, coverage: share, accuracy: 0.9 };
    },
  });

const cheaper = (price: Proposal['price'], llm: Partial<SelectionLimits['llm']> = {}): string | null =>
  whyNotCheaper(price === undefined ? {} : { price }, { ...base.llm, ...llm });

test('what costs as much as the LLM is not tried, nor what nobody knows the price of', () => {
  assert.equal(cheaper(undefined), null);
  assert.equal(cheaper({ input: 0, output: 0 }, { cost: null }), null);
  assert.equal(cheaper({ input: 1e-6, output: 1e-6 }), null);
  assert.match(cheaper({ input: 1e-5, output: 0 })!, /costs \$0\.0010, one of the LLM \$0\.0010/);
  assert.match(cheaper(null)!, /`price`/);
  assert.match(cheaper({ input: 1e-6, output: 0 }, { cost: null })!, /`prices`/);
});

test('what an answer costs is told by the tokens that it took', () => {
  const price = { input: 1e-6, output: 1e-5 };
  assert.equal(costShareOf(undefined, [], base.llm), 0);
  assert.ok(Math.abs(costShareOf(price, [undefined], base.llm) - 0.15) < 1e-9);
  const three = { promptTokens: 300, completionTokens: 15 };
  assert.ok(Math.abs(costShareOf(price, [three], base.llm) - 0.45) < 1e-9);
  assert.throws(() => costShareOf(price, [{ promptTokens: 1000, completionTokens: 0 }], base.llm), {
    code: 'unsupported',
  });
});

test('a candidate wins by what it saves, and one that is slower than the LLM must save more', async () => {
  const winnerOf = async (trials: Readonly<Record<string, Omit<Trial, 'candidate' | 'accuracy'>>>) => {
    const contenders = Object.keys(trials).map((rung) => ({
      candidate: { id: rung, taskId: 't', rung, base: null, recipe: {} },
      cost: 'seconds' as const,
    }));
    const { winner } = await compete({
      contenders,
      tryOut: async ({ candidate }) => ({ candidate, accuracy: 0.9, ...trials[candidate.rung]! }),
    });
    return winner?.candidate.rung;
  };
  assert.equal(await winnerOf({ a: { coverage: 0.6 }, b: { coverage: 0.9, costShare: 0.4 } }), 'a');
  assert.equal(await winnerOf({ a: { coverage: 0.6 }, b: { coverage: 0.9, costShare: 0.1 } }), 'b');
  assert.equal(await winnerOf({ a: { coverage: 0.6 }, b: { coverage: 0.7, isSlow: true } }), 'a');
  assert.equal(await winnerOf({ a: { coverage: 0.6 }, b: { coverage: 0.75, isSlow: true } }), 'b');
  assert.equal(await winnerOf({ a: { coverage: 0.6, isSlow: true }, b: { coverage: 0.55 } }), 'b');
});

test('what takes minutes is not trained where a cheap rung serves nearly all', async () => {
  const { winner, verdicts, trials } = await race({
    lexical: 0.9,
    knn: 0.9,
    head: 0.96,
    encoder: 1,
    lora: 1,
  });
  assert.equal(winner?.candidate.rung, 'head');
  assert.equal(trials.length, 3);
  for (const rung of ['encoder', 'lora'])
    assert.match(verdicts.find(({ candidate }) => candidate.rung === rung)!.reason, /Not tried.*96 %/);
  const tuned = await race({ lexical: 0.5, knn: 0.5, head: 0.5, encoder: 0.93, lora: 1 });
  assert.equal(tuned.winner?.candidate.rung, 'encoder');
});

test('a more expensive rung must be clearly better', async () => {
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
