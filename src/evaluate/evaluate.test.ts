import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dataset, Example } from '../core/dataset.ts';
import { seededRandom } from '../core/random.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Artefact } from '../core/specialist.ts';
import { estimate } from './estimate.ts';
import { type AssessOptions, assess } from './evaluate.ts';
import { gradePredictions } from './predictions.ts';
import { scorerFor } from './scorers/scorer.ts';

/** A runtime that answers as the input tells it to: `answer|how sure`. Slower for some, so that order is not given. */
const parrot: Runtime = {
  rungs: ['lexical'],
  predict: async (_, input, options) => {
    const [answer = '', sure = '0'] = input.split('|');
    if (Number(sure) < 0.5) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(options?.draft === undefined || options.draft !== '');
    return { answer, signals: { sure: Number(sure) }, ms: 2 };
  },
  close: async () => {},
};
const artefact: Artefact = {
  rung: 'lexical',
  base: null,
  path: '',
  sha256: '',
  trainedMs: 0,
  figures: {},
};

/** Answers of which a share is wrong, more so where it is unsure: error = worst · (1 − sure)^4. */
function examples(n: number, seed: number, worst: number): Example[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, (_, i) => {
    const sure = 0.02 + 0.96 * random.next();
    const wrong = random.next() < worst * (1 - sure) ** 4;
    const id = `${i}`;
    return {
      id,
      callId: id,
      sessionId: id,
      at: i,
      weight: 1,
      input: `${wrong ? 'wrong' : 'right'}|${sure}`,
      answer: 'right',
    };
  });
}

const optionsFor = (
  worst: number,
  exam = examples(300, 3, worst),
): AssessOptions & { uses: () => number } => {
  let uses = 0;
  const dataset: Dataset = {
    id: 'd',
    taskId: 't',
    kind: 'label',
    order: 'time',
    dropped: {},
    contradictions: { repeated: 0, differing: 0 },
    splits: {
      train: [],
      validation: examples(300, 1, worst),
      calibration: examples(600, 2, worst),
      exam,
    },
  };
  return {
    dataset,
    artefact,
    runtime: parrot,
    scorer: scorerFor('label'),
    epsilon: 0.02,
    delta: 0.05,
    useExam: async () => ++uses,
    uses: () => uses,
  };
};

test('predictions come back in order, graded', async () => {
  const some = examples(50, 9, 1);
  const graded = await gradePredictions(some, optionsFor(1));
  assert.deepEqual(
    graded.map(({ prediction }) => prediction.answer),
    some.map(({ input }) => input.split('|')[0]),
  );
  assert.ok(graded.every(({ prediction, grade }) => grade.correct === (prediction.answer === 'right')));
});

test('an input that comes again is predicted once, and each of its calls is graded by its own answer', async () => {
  let asked = 0;
  const runtime: Runtime = {
    ...parrot,
    predict: (...about) => {
      asked++;
      return parrot.predict(...about);
    },
  };
  const [one] = examples(1, 1, 0);
  const repeated = ['right', 'other', 'right'].map((answer, i) => ({ ...one!, id: `${i}`, answer }));
  const graded = await gradePredictions(repeated, { ...optionsFor(0), runtime });
  assert.equal(asked, 1);
  assert.deepEqual(
    graded.map(({ exampleId, grade }) => [exampleId, grade.correct]),
    [
      ['0', true],
      ['1', false],
      ['2', true],
    ],
  );
});

test('a specialist that knows its limits passes, and the exam bears it out', async () => {
  const options = optionsFor(0.5);
  const { evidence, confidence } = await assess(options);
  assert.ok(evidence.gate.passed, evidence.gate.reason);
  assert.equal(options.uses(), 1);
  assert.equal(evidence.exam.uses, 1);
  assert.equal(evidence.exam.accuracy.n, 300);
  assert.ok(evidence.exam.coverage.share > 0.3);
  assert.equal(evidence.exam.servedError.n, evidence.exam.coverage.hits);
  assert.deepEqual(confidence.signals, ['sure']);
  assert.deepEqual(evidence.latencyMs, { p50: 2, p95: 2 });
});

test('a refused candidate leaves the exam closed', async () => {
  const options = optionsFor(3);
  const { evidence } = await assess({ ...options, scorer: scorerFor('label'), epsilon: 0.0001 });
  assert.equal(evidence.gate.passed, false);
  assert.equal(options.uses(), 0);
  assert.equal(evidence.exam.accuracy.n, 0);
});

test('a try is counted where the gate could pass, and nowhere else', async () => {
  const counting = (options: AssessOptions) => {
    let tries = 0;
    return { options: { ...options, tries: { number: 2, use: async () => ++tries } }, tries: () => tries };
  };
  const tried = counting(optionsFor(0.5));
  const { evidence } = await assess(tried.options);
  assert.equal(tried.tries(), 1);
  assert.equal(evidence.gate.tries?.number, 2);
  assert.match(evidence.gate.reason, /Try 2/);
  const withoutExam = counting(optionsFor(0.5, []));
  await assess(withoutExam.options);
  assert.equal(withoutExam.tries(), 0);
  const { dataset } = optionsFor(0.5);
  const splits = { ...dataset.splits, calibration: dataset.splits.calibration.slice(0, 140) };
  const few = counting({ ...optionsFor(0.5), dataset: { ...dataset, splits } });
  await assess(few.options);
  assert.equal(few.tries(), 0);
});

test('slips are measured among the calls that would be served, not among answers that are never given', async () => {
  const options = optionsFor(0.5);
  const isServable = ({ id }: Example): boolean => Number(id) % 5 !== 0;
  // The LLM slips on what is not served alone.
  const repeats = new Map(
    options.dataset.splits.calibration.map((example) => [
      example.id,
      isServable(example)
        ? ({ outcome: 'agree', freshDiffers: false } as const)
        : ({ outcome: 'settled', freshDiffers: true } as const),
    ]),
  );
  const { evidence } = await assess({ ...options, isServable, repeats });
  assert.ok(evidence.gate.passed, evidence.gate.reason);
  assert.deepEqual([evidence.slips?.n, evidence.slips?.share], [evidence.gate.served, 0]);
});

test('a try is tested at the number that it has when it is counted, not when it was planned', async () => {
  const { evidence } = await assess({ ...optionsFor(0.5), tries: { number: 1, use: async () => 3 } });
  assert.equal(evidence.gate.tries?.number, 3);
});

test('the session of a call, and whether its input was in training, reach the evidence', async () => {
  const inPairs = examples(300, 3, 0.5).map((each, i) => ({
    ...each,
    sessionId: `s${Math.floor(i / 2)}`,
    ...(i < 200 ? { seen: true as const } : {}),
  }));
  const { evidence } = await assess(optionsFor(0.5, inPairs));
  const { servedError, unseenError, accuracy } = evidence.exam;
  assert.ok(unseenError!.n < servedError.n && unseenError!.n > 0);
  assert.ok(accuracy.effectiveN! >= 150 && accuracy.effectiveN! <= 300);
  assert.ok(evidence.exam.veto!.power > 0);
});

test('a further use of the exam widens its intervals', async () => {
  const first = await assess(optionsFor(0.5));
  const fifth = await assess({ ...optionsFor(0.5), useExam: async () => 5 });
  assert.ok(fifth.evidence.exam.coverage.high > first.evidence.exam.coverage.high);
  assert.ok(fifth.evidence.exam.coverage.low < first.evidence.exam.coverage.low);
});

test('nothing passes without an exam', async () => {
  const options = optionsFor(0.5, []);
  const { gate } = (await assess(options)).evidence;
  assert.deepEqual([gate.passed, gate.threshold, options.uses()], [false, null, 0]);
  assert.match(gate.reason, /exam/);
});

test('an exam that contradicts the gate takes its word back', async () => {
  const drifted = examples(300, 4, 0).map((example, i) =>
    i % 8 === 0 ? { ...example, answer: 'other' } : example,
  );
  const { evidence } = await assess(optionsFor(0.2, drifted));
  assert.equal(evidence.gate.passed, false);
  assert.match(evidence.gate.reason, /contradicts/);
});

test('texts that nobody can judge are refused with that reason', async () => {
  const { evidence } = await assess({ ...optionsFor(2), scorer: scorerFor('text'), epsilon: 0.01 });
  assert.equal(evidence.gate.passed, false);
  assert.match(evidence.gate.reason, /judge/);
});

test('a cancelled assessment stops', async () => {
  await assert.rejects(assess({ ...optionsFor(0.5), signal: AbortSignal.abort() }));
});

test('the estimate is near what the gate then gives', async () => {
  const options = optionsFor(0.5);
  const graded = await gradePredictions(options.dataset.splits.validation, options);
  const guess = estimate(graded, { epsilon: 0.02, delta: 0.05, calibrationSize: 600 });
  const { evidence } = await assess({ ...options, validation: graded });
  // Coverage times the chance to pass: below what passes in the end, and not far below.
  const served = evidence.gate.served / evidence.gate.n;
  assert.ok(guess.coverage > served / 2 && guess.coverage < served + 0.1, `${guess.coverage} ${served}`);
  assert.deepEqual(estimate([], { epsilon: 0.02, delta: 0.05, calibrationSize: 600 }).coverage, 0);
});
