import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../core/random.ts';
import { confidenceOf, isInDistribution } from '../stats/confidence.ts';
import { fitConfidence } from './confidence.ts';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

test('recovers the model that made the data', () => {
  const random = seededRandom(1);
  const graded = Array.from({ length: 4000 }, () => {
    const [a, b] = [random.normal(), random.normal()];
    return {
      signals: { a: sigmoid(a), b: sigmoid(b) },
      correct: random.next() < sigmoid(0.5 + 2 * a + 0.7 * b),
    };
  });
  const model = fitConfidence(graded);
  assert.deepEqual(model.signals, ['a', 'b']);
  assert.ok(Math.abs(model.weights[0]! - 2) < 0.2 && Math.abs(model.weights[1]! - 0.7) < 0.15);
  assert.ok(Math.abs(model.bias - 0.5) < 0.15);
});

test('a signal that misleads gets no weight, and none is negative', () => {
  const random = seededRandom(2);
  const graded = Array.from({ length: 1000 }, () => {
    const x = random.normal();
    return {
      signals: { good: sigmoid(x), bad: sigmoid(-x + random.normal()) },
      correct: random.next() < sigmoid(2 * x),
    };
  });
  const model = fitConfidence(graded);
  assert.ok(model.weights.every((weight) => weight >= 0));
  assert.equal(model.weights[model.signals.indexOf('bad')], 0);
});

test('without a single error the order of the signals remains', () => {
  const random = seededRandom(3);
  const graded = Array.from({ length: 200 }, () => ({
    signals: { p: 0.5 + random.next() / 2 },
    correct: true,
  }));
  const model = fitConfidence(graded);
  const [low, high] = [confidenceOf(model, { p: 0.6 }), confidenceOf(model, { p: 0.95 })];
  assert.ok(low < high && high < 1, `${low} ${high}`);
});

test('a missing signal is the least sure; no signals give the base rate', () => {
  const model = fitConfidence([
    { signals: { p: 0.9 }, correct: true },
    { signals: { p: 0.2 }, correct: false },
  ]);
  assert.ok(confidenceOf(model, {}) < confidenceOf(model, { p: 0.1 }));
  assert.ok(confidenceOf(fitConfidence([]), { p: 1 }) === 0.5);
});

test('the floors of distribution signals lie below nearly all calls that the model was fitted on, and above what is far off', () => {
  const random = seededRandom(5);
  const graded = Array.from({ length: 1_000 }, () => ({
    signals: { probability: 0.9, known: 0.8 + 0.2 * random.next() },
    correct: true,
  }));
  // Where there was no answer, there are no signals.
  const model = fitConfidence([...graded, { signals: { probability: 0, known: 0 }, correct: false }]);
  assert.deepEqual(Object.keys(model.floors ?? {}), ['known']);
  assert.ok(graded.every(({ signals }) => isInDistribution(model, signals)));
  assert.ok(!isInDistribution(model, { probability: 1, known: 0.6 }));
  assert.ok(!isInDistribution(model, { probability: 1 }));
  assert.equal('floors' in fitConfidence([{ signals: { probability: 0.9 }, correct: true }]), false);
});
