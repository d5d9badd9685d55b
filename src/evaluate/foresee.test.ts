/** The forecast against what the gate then does on fresh calls of the same kind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../core/random.ts';
import { fitConfidence } from './confidence.ts';
import { foresee } from './foresee.ts';
import { runGate } from './gate.ts';
import { riskAt } from './gate-order.ts';
import type { GradedPrediction } from './predictions.ts';
import { scoreAnswers } from './scored-answers.ts';

/** Calls of which the sure ones are nearly always correct; how sure is told by the signal. */
function made(n: number, seed: number): GradedPrediction[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, (_, i): GradedPrediction => {
    const p = 0.5 + 0.4999 * random.next() ** 0.25;
    const correct = random.next() < p;
    return {
      exampleId: `${seed}-${i}`,
      session: `${seed}-${i}`,
      seen: false,
      servable: true,
      prediction: { answer: 'a', signals: { probability: p }, ms: 1 },
      grade: { correct, fieldScore: null },
    };
  });
}

const GATE = { epsilon: 0.05, delta: 0.05 };

test('nine of ten outcomes lie within the limits, about', () => {
  let [inside, runs] = [0, 0];
  for (let seed = 1; seed <= 40; seed++) {
    const pool = made(500, seed);
    const foreseen = foresee(pool, { ...GATE, calibrationSize: 400, examSize: 150, seed, draws: 60 });
    const validation = made(500, 1000 + seed);
    const model = fitConfidence(
      validation.map(({ prediction, grade }) => ({
        signals: prediction.signals,
        correct: grade.correct === true,
      })),
    );
    const gate = runGate(scoreAnswers(model, validation), scoreAnswers(model, made(400, 2000 + seed)), GATE);
    const served =
      gate.threshold === null
        ? 0
        : riskAt(scoreAnswers(model, made(150, 3000 + seed)), gate.threshold).coverage;
    runs++;
    if (served >= foreseen.low - 1e-9 && served <= foreseen.high + 1e-9) inside++;
  }
  assert.ok(inside / runs >= 0.8, `${inside} of ${runs}`);
});

test('with too few held-back calls nothing passes, and the calls that it takes are told', () => {
  const foreseen = foresee(made(400, 1), { ...GATE, calibrationSize: 30, examSize: 10, seed: 1, draws: 20 });
  assert.equal(foreseen.passes, 0);
  assert.equal(foreseen.high, 0);
  assert.ok(foreseen.withMoreCalls > 0.1);
  assert.ok((foreseen.calibrationNeeded ?? 0) > 59);
});

test('errors that no signal tells are foreseen as a refusal that more calls do not mend', () => {
  const random = seededRandom(5);
  const pool = made(400, 2).map((each) => ({
    ...each,
    prediction: { ...each.prediction, signals: { probability: 0.9 } },
    grade: { correct: random.next() < 0.8, fieldScore: null },
  }));
  const foreseen = foresee(pool, { ...GATE, calibrationSize: 300, examSize: 100, seed: 1, draws: 20 });
  assert.deepEqual([foreseen.mean, foreseen.calibrationNeeded], [0, null]);
});
