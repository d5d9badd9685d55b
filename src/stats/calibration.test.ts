import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../core/random.ts';
import {
  type Answered,
  abstentionScore,
  expectedCalibrationError,
  qualityOf,
  reliability,
  riskCoverageArea,
} from './calibration.ts';

const answers = fc.array(
  fc.record({ confidence: fc.constantFrom(0, 0.2, 0.5, 0.8, 0.95, 1), correct: fc.boolean() }),
  { maxLength: 60 },
);
const near = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

test('a confidence that is right as often as it says has no calibration error, an overconfident one has', () => {
  const random = seededRandom(5);
  const drawn = Array.from({ length: 40_000 }, (): Answered => {
    const confidence = random.next();
    return { confidence, correct: random.next() < confidence };
  });
  assert.ok(expectedCalibrationError(reliability(drawn)) < 0.015);
  const bold = drawn.map(({ correct }) => ({ confidence: 0.9, correct }));
  const share = drawn.filter(({ correct }) => correct).length / drawn.length;
  near(expectedCalibrationError(reliability(bold)), 0.9 - share);
});

test('bins hold every answer once, in order, and answers of one confidence together', () => {
  fc.assert(
    fc.property(answers, (given) => {
      const bins = reliability(given);
      assert.equal(
        bins.reduce((sum, { n }) => sum + n, 0),
        given.length,
      );
      for (const [i, { confidence }] of bins.entries())
        assert.ok(i === 0 || confidence > bins[i - 1]!.confidence);
      assert.ok(bins.length <= 10);
    }),
  );
});

test('the area under risk and coverage: by hand, and the mean over all orders of equal confidences', () => {
  const row = (confidence: number, correct: boolean): Answered => ({ confidence, correct });
  near(riskCoverageArea([row(0.9, true), row(0.8, false), row(0.7, true)]), (0 + 1 / 2 + 1 / 3) / 3);
  near(riskCoverageArea([row(0.5, true), row(0.5, false)]), (1 / 2 + 1 / 2) / 2);
  fc.assert(
    fc.property(answers, (given) => {
      const area = riskCoverageArea(given);
      near(area, riskCoverageArea(given.toReversed()));
      const best = given.map(({ correct }) => ({ confidence: correct ? 1 : 0, correct }));
      const worst = given.map(({ correct }) => ({ confidence: correct ? 0 : 1, correct }));
      assert.ok(riskCoverageArea(best) <= area + 1e-9 && area <= riskCoverageArea(worst) + 1e-9);
    }),
  );
});

test('guessing below the target loses, abstaining does not', () => {
  const sure = Array.from({ length: 9 }, (): Answered => ({ confidence: 0.95, correct: true }));
  const guess: Answered = { confidence: 0.95, correct: false };
  near(abstentionScore([...sure, guess], 0.9), 0);
  near(abstentionScore([...sure, { ...guess, confidence: 0.2 }], 0.9), 0.9);
  assert.equal(abstentionScore([], 0.9), 0);
});

test('of no answers there is nothing to say', () => {
  assert.deepEqual(qualityOf([]), {
    bins: [],
    calibrationError: 0,
    riskCoverageArea: 0,
    scores: [0.5, 0.75, 0.9].map((target) => ({ target, score: 0 })),
  });
});
