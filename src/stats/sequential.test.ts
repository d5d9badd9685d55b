import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../core/random.ts';
import {
  capitalOf,
  comparisonsToProve,
  type Detector,
  detect,
  detects,
  evidenceOf,
  HORIZON,
  type InUnit,
  newDetector,
  newMarginTest,
  suspicion,
  testMargin,
} from './sequential.ts';

const [EPSILON, DELTA] = [0.02, 0.05];
const ALONE: InUnit = { n: 0, errors: 0 };

/** Every way in which `n` comparisons can go, with its chance: any distribution at all, so any dependence. */
const anyUnit = fc.integer({ min: 1, max: 6 }).chain((n) =>
  fc
    .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2 ** n, maxLength: 2 ** n })
    .filter((weights) => weights.some((weight) => weight > 0.01))
    .map((weights) => {
      const sum = weights.reduce((a, b) => a + b, 0);
      return weights.map((weight, i) => ({
        chance: weight / sum,
        outcomes: Array.from({ length: n }, (_, j) => ((i >> j) & 1) === 1),
      }));
    }),
);

/** Plays the first `length` comparisons as one unit. */
function play<T>(
  start: T,
  outcomes: readonly boolean[],
  next: (state: T, wrong: boolean, unit: InUnit) => T,
): T {
  let [state, errors] = [start, 0];
  for (const [n, wrong] of outcomes.entries()) {
    state = next(state, wrong, { n, errors });
    if (wrong) errors++;
  }
  return state;
}

test('however the errors of a unit hang together, a detector at a bound that holds gains nothing on average', () => {
  fc.assert(
    fc.property(anyUnit, (unit) => {
      const n = unit[0]!.outcomes.length;
      const marginal = (j: number): number =>
        unit.reduce((sum, { chance, outcomes }) => sum + (outcomes[j] ? chance : 0), 0);
      const bound = Math.max(1e-6, ...Array.from({ length: n }, (_, j) => marginal(j)));
      const start = newDetector();
      for (let length = 1; length <= n; length++) {
        const expected = unit.reduce((sum, { chance, outcomes }) => {
          const end = play(start, outcomes.slice(0, length), (state, wrong, at) =>
            detect(state, wrong, at, bound),
          );
          return sum + chance * capitalOf(end);
        }, 0);
        // What comes in before each comparison is all that may have been added.
        assert.ok(
          expected <= capitalOf(start) + (length * 0.5) / HORIZON + 1e-9,
          `${expected} after ${length}`,
        );
      }
    }),
  );
});

test('however the errors of a unit hang together, a margin that is reached is not refuted on average', () => {
  fc.assert(
    fc.property(anyUnit, (unit) => {
      const n = unit[0]!.outcomes.length;
      for (let length = 1; length <= n; length++) {
        const errorsIn = (outcomes: readonly boolean[]): number =>
          outcomes.slice(0, length).filter(Boolean).length;
        const margin = unit.reduce(
          (sum, { chance, outcomes }) => sum + (chance * errorsIn(outcomes)) / length,
          0,
        );
        if (margin <= 1e-6 || margin >= 1 - 1e-6) continue;
        const expected = unit.reduce((sum, { chance, outcomes }) => {
          const end = play(newMarginTest(margin), outcomes.slice(0, length), (state, wrong, at) =>
            testMargin(state, wrong, at, margin),
          );
          return sum + chance * evidenceOf(end);
        }, 0);
        assert.ok(expected <= 1 + 1e-9, `${expected} after ${length} at ${margin}`);
      }
    }),
  );
});

test('independent comparisons at the bound: the expected capital is exact, path by path', () => {
  // All 2^12 ways of twelve comparisons, each a unit.
  const n = 12;
  const bound = 0.2;
  let expected = 0;
  for (let path = 0; path < 2 ** n; path++) {
    let detector: Detector = newDetector();
    let chance = 1;
    for (let i = 0; i < n; i++) {
      const wrong = ((path >> i) & 1) === 1;
      chance *= wrong ? bound : 1 - bound;
      detector = detect(detector, wrong, ALONE, bound);
    }
    expected += chance * capitalOf(detector);
  }
  assert.ok(Math.abs(expected - (0.5 + (n * 0.5) / HORIZON)) < 1e-9, `${expected}`);
});

test('a unit by itself, however wrong, breaks no bound', () => {
  for (const bound of [0.005, 0.02, 0.1]) {
    const worst = play(
      { state: newDetector(), top: 0 },
      Array.from({ length: 500 }, () => true),
      ({ state, top }, wrong, at) => {
        const next = detect(state, wrong, at, bound);
        return { state: next, top: Math.max(top, capitalOf(next)) };
      },
    );
    // One stroke multiplies what is staked by 1 / (e · bound) at most.
    assert.ok(worst.top <= 1 / (Math.E * bound), `${worst.top} at ${bound}`);
  }
});

test('looking after every comparison, a detector gives up a bound that just holds in at most delta of the runs', () => {
  const random = seededRandom(7);
  const runs = 300;
  let alarms = 0;
  for (let run = 0; run < runs; run++) {
    let detector = newDetector();
    for (let i = 0; i < 2000 && !detects(detector, DELTA); i++)
      detector = detect(detector, random.next() < EPSILON, ALONE, EPSILON);
    if (detects(detector, DELTA)) alarms++;
  }
  assert.ok(alarms / runs <= DELTA, `${alarms} of ${runs}`);
});

test('a break is found as soon late as early', () => {
  const found = (good: number, seed: number): number => {
    const random = seededRandom(seed);
    let detector = newDetector();
    for (let i = 0; i < good; i++) detector = detect(detector, random.next() < 0.002, ALONE, EPSILON);
    let n = 0;
    while (!detects(detector, DELTA)) {
      detector = detect(detector, random.next() < 0.15, ALONE, EPSILON);
      n++;
    }
    return n;
  };
  const mean = (good: number): number =>
    Array.from({ length: 40 }, (_, seed) => found(good, seed)).reduce((a, b) => a + b) / 40;
  const [early, late] = [mean(300), mean(9000)];
  assert.ok(late < 100 && Math.abs(late - early) < 25, `${early} early, ${late} late`);
});

test('after errors a detector is suspicious for a while, and leaves out what it is told to', () => {
  let detector = newDetector();
  for (let i = 0; i < 2000; i++) detector = detect(detector, false, ALONE, EPSILON);
  assert.ok(Math.abs(suspicion(detector, EPSILON) - 1) < 0.1);
  const after = detect(detector, true, ALONE, EPSILON);
  assert.ok(suspicion(after, EPSILON) > 5);
  assert.ok(suspicion(after, EPSILON, 1) < 1.1);
  let calm = after;
  for (let i = 0; i < 60; i++) calm = detect(calm, false, ALONE, EPSILON);
  assert.ok(suspicion(calm, EPSILON) < 1.2);
});

test('a prior steers the bets of a margin test and leaves its level as it is', () => {
  for (const prior of [undefined, { n: 250, errors: 0 }, { n: 300, errors: 8 }]) {
    const test = newMarginTest(0.04, prior);
    assert.ok(Math.abs(evidenceOf(test) - 1) < 1e-12);
    const next = (wrong: boolean): number => evidenceOf(testMargin(test, wrong, ALONE, 0.04));
    assert.ok(Math.abs(0.04 * next(true) + 0.96 * next(false) - 1) < 1e-12);
  }
});

test('the comparisons that are forecast are about those that it takes, and none where the rate is no better', () => {
  const start = newMarginTest(0.04);
  const forecast = comparisonsToProve(start, 0.005, 0.04, DELTA)!;
  const random = seededRandom(5);
  const taken =
    Array.from({ length: 200 }, () => {
      let [state, n] = [start, 0];
      while (evidenceOf(state) < 1 / DELTA) {
        state = testMargin(state, random.next() < 0.005, ALONE, 0.04);
        n++;
      }
      return n;
    }).reduce((a, b) => a + b) / 200;
  assert.ok(forecast > taken * 0.5 && forecast < taken * 2, `${forecast} forecast, ${taken} taken`);
  assert.equal(comparisonsToProve(start, 0.04, 0.04, DELTA), null);
});
