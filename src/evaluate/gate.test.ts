import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Random, seededRandom } from '../core/random.ts';
import { runGate } from './gate.ts';
import { riskCurve, type ScoredAnswer } from './gate-order.ts';

const OPTIONS = { epsilon: 0.02, delta: 0.05 };

/** Confidence is uniform; the chance of an error falls with it: error(c) = worst · (1 − c)^power + floor. */
interface Population {
  readonly worst: number;
  readonly power: number;
  readonly floor: number;
}

const draw = (random: Random, n: number, { worst, power, floor }: Population): ScoredAnswer[] =>
  Array.from({ length: n }, () => {
    const confidence = random.next();
    return { confidence, correct: random.next() >= worst * (1 - confidence) ** power + floor };
  });

/** The true error among calls with confidence ≥ t: the mean of error(c) over [t, 1]. */
const trueError = (t: number, { worst, power, floor }: Population): number =>
  floor + (worst * (1 - t) ** power) / (power + 1);

test('the bound breaks in at most delta of the splits', () => {
  const populations: Population[] = [
    { worst: 0.5, power: 2, floor: 0 },
    { worst: 0.3, power: 1, floor: 0.005 },
    { worst: 0.1, power: 4, floor: 0.0195 }, // hardly any threshold is good
    { worst: 0, power: 1, floor: 0.0201 }, // none is good, by a hair: the hardest case
  ];
  for (const population of populations) {
    const random = seededRandom(17);
    const runs = 800;
    let broken = 0;
    let passed = 0;
    for (let run = 0; run < runs; run++) {
      const gate = runGate(draw(random, 300, population), draw(random, 600, population), OPTIONS);
      if (!gate.passed) continue;
      passed++;
      if (trueError(gate.threshold!, population) > OPTIONS.epsilon) broken++;
    }
    const margin = 2 * Math.sqrt((0.05 * 0.95) / runs);
    assert.ok(
      broken / runs <= OPTIONS.delta + margin,
      `${JSON.stringify(population)}: ${broken} broken, ${passed} passed of ${runs}`,
    );
  }
});

test('a clean specialist passes nearly always, and serves most calls', () => {
  const random = seededRandom(5);
  const clean = { worst: 0.015, power: 4, floor: 0 }; // 0.3 % error in all
  const runs = 200;
  let passed = 0;
  let coverage = 0;
  for (let run = 0; run < runs; run++) {
    const gate = runGate(draw(random, 200, clean), draw(random, 400, clean), OPTIONS);
    if (gate.passed) passed++;
    coverage += gate.served / gate.n / runs;
  }
  assert.ok(passed / runs >= 0.93, `${passed} of ${runs}`);
  assert.ok(coverage > 0.9, `${coverage}`);
});

test('a specialist that is unsure of its errors passes, serving about what it may', () => {
  const random = seededRandom(6);
  const population = { worst: 0.5, power: 9, floor: 0 };
  const gate = runGate(draw(random, 1000, population), draw(random, 2000, population), OPTIONS);
  assert.ok(gate.passed);
  // The true error reaches 2 % at coverage (0.02 · 10 / 0.5)^(1/9) = 90 %.
  assert.ok(gate.served / gate.n > 0.7 && gate.served / gate.n < 0.92, `${gate.served} of ${gate.n}`);
});

test('148 calls without an error are too few, 149 are enough', () => {
  const sure = (n: number): ScoredAnswer[] =>
    Array.from({ length: n }, () => ({ confidence: 0.9, correct: true }));
  const gate = runGate(sure(100), sure(148), OPTIONS);
  assert.equal(gate.passed, false);
  assert.match(gate.reason, /Only 148 held-back calls.*149/);
  assert.ok(gate.moreCalls !== null && gate.moreCalls >= 1 && gate.moreCalls < 300, `${gate.moreCalls}`);
  assert.equal(runGate(sure(100), sure(149), OPTIONS).passed, true);
});

test('where no threshold comes near, more calls are not promised', () => {
  const random = seededRandom(8);
  const bad = { worst: 0.3, power: 0, floor: 0 };
  const gate = runGate(draw(random, 300, bad), draw(random, 300, bad), OPTIONS);
  assert.equal(gate.passed, false);
  assert.equal(gate.moreCalls, null);
  assert.equal(gate.threshold, null);
});

test('calls that have changed since validation are not made good by more of them', () => {
  const all = (n: number, confidence: number, correct: boolean): ScoredAnswer[] =>
    Array.from({ length: n }, () => ({ confidence, correct }));
  // A new kind of call has come up: nothing is as sure as it was. Then: as sure as it was, and wrong too often.
  const unsure = runGate(all(350, 0.9, true), all(245, 0.2, false), OPTIONS);
  assert.equal(unsure.moreCalls, null);
  const wrong = runGate(all(900, 0.9, true), [...all(190, 0.9, true), ...all(12, 0.9, false)], OPTIONS);
  assert.equal(wrong.passed, false);
  assert.equal(wrong.moreCalls, null);
});

test('nothing to go by is a refusal, not a crash', () => {
  assert.equal(runGate([], [], OPTIONS).passed, false);
  assert.equal(runGate([{ confidence: 1, correct: true }], [], OPTIONS).passed, false);
});

test('the curve ends with everything served, and never falls in coverage', () => {
  const scored = draw(seededRandom(9), 333, { worst: 0.5, power: 1, floor: 0 });
  const curve = riskCurve(scored);
  assert.equal(curve.at(-1)!.served, 333);
  assert.equal(curve.at(-1)!.errors, scored.filter(({ correct }) => !correct).length);
  for (let i = 1; i < curve.length; i++) assert.ok(curve[i]!.coverage > curve[i - 1]!.coverage);
});
