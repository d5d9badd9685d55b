import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { softTargets } from './soft.ts';

const labels = ['refund', 'refund status', 'return', 'delivery'];
const from = (...alternatives: readonly [string, number][]) =>
  softTargets(
    'delivery',
    alternatives.map(([start, probability]) => ({ start, probability })),
    labels,
  );

test('a beginning counts for the one label that begins so; several for the same add up, likeliest first', () => {
  assert.deepEqual(from(['ret', 0.1], ['refund s', 0.2], [' return', 0.15]), [
    { answer: 'return', probability: 0.25 },
    { answer: 'refund status', probability: 0.2 },
  ]);
});

test('what begins several labels, none, or the answer itself stays with the answer', () => {
  assert.deepEqual(from(['re', 0.1], ['refund', 0.1], ['Return', 0.1], ['', 0.1], ['deli', 0.1]), []);
});

test('what is hardly likely is left out, and so is what is no probability', () => {
  assert.deepEqual(from(['ret', 0.02], ['refund s', 0.04]), []);
  assert.deepEqual(from(['ret', 0.6], ['refund s', 0.6]), []);
});

test('something is always left for the answer, which is never its own alternative', () => {
  const alternative = fc.record({
    start: fc.oneof(
      fc.constantFrom(...labels).chain((l) => fc.nat(l.length).map((n) => l.slice(0, n))),
      fc.string(),
    ),
    probability: fc.double({ min: 0.01, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(
      fc.array(alternative, { maxLength: 8 }),
      fc.constantFrom(...labels),
      (alternatives, answer) => {
        const soft = softTargets(answer, alternatives, labels);
        assert.ok(soft.every((each) => each.answer !== answer && labels.includes(each.answer)));
        assert.equal(new Set(soft.map((each) => each.answer)).size, soft.length);
        assert.ok(soft.reduce((sum, { probability }) => sum + probability, 0) < 1);
      },
    ),
  );
});
