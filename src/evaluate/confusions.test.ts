import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Example } from '../core/dataset.ts';
import { mistakesOf } from './confusions.ts';
import type { GradedPrediction } from './predictions.ts';

/** LLM's answer, the specialist's, its confidence. */
const ROWS = [
  ['order', 'order', 0.99],
  ['order', 'return', 0.7],
  ['order', 'return', 0.95],
  ['return', 'order', 0.4],
  ['other', 'other', 0.2],
] as const;
const examples = ROWS.map(([answer], i) => ({ callId: `call_${i}`, answer }) as unknown as Example);
const graded = ROWS.map(
  ([expected, answer]) =>
    ({ prediction: { answer }, grade: { correct: expected === answer } }) as unknown as GradedPrediction,
);
const scored = ROWS.map(([expected, answer, confidence]) => ({
  confidence,
  correct: expected === answer,
  session: 's',
}));

test('mistakesOf: pairs of labels by how often they are mixed up, calls by how sure the answer was', () => {
  assert.deepEqual(mistakesOf('label', examples, graded, scored), {
    confusions: [
      { expected: 'order', answered: 'return', n: 2 },
      { expected: 'return', answered: 'order', n: 1 },
    ],
    mistakes: [
      { callId: 'call_2', confidence: 0.95 },
      { callId: 'call_1', confidence: 0.7 },
      { callId: 'call_3', confidence: 0.4 },
    ],
  });
});

test('mistakesOf: of other kinds no answer is kept', () => {
  for (const kind of ['json', 'tool', 'text'] as const)
    assert.deepEqual(mistakesOf(kind, examples, graded, scored).confusions, []);
});
