import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../core/random.ts';
import type { GradedPrediction } from './predictions.ts';
import { suspectAnswers } from './wrong-answers.ts';

/** Predictions of a model that is right in nineteen of twenty, of calls whose recorded answer is wrong in a share. */
function made(share: number, seed: number) {
  const random = seededRandom(seed);
  const labels = ['a', 'b', 'c', 'd'];
  const answers = new Map<string, string>();
  const wrong = new Set<string>();
  const graded = Array.from({ length: 800 }, (_, i): GradedPrediction => {
    const id = `ex_${i}`;
    const truth = random.pick(labels);
    const isWrong = random.next() < share;
    const given = isWrong ? random.pick(labels.filter((label) => label !== truth)) : truth;
    if (isWrong) wrong.add(id);
    answers.set(id, given);
    const isSure = random.next() < 0.9;
    const answer = isSure || random.next() < 0.5 ? truth : random.pick(labels);
    return {
      exampleId: id,
      session: id,
      seen: false,
      servable: true,
      prediction: { answer, signals: { probability: isSure ? 0.9 + 0.09 * random.next() : 0.5 }, ms: 1 },
      grade: { correct: answer === given, fieldScore: null },
    };
  });
  return { graded, answers, wrong };
}

test('most suspects are wrong, and most wrong answers are suspects', () => {
  for (const share of [0.1, 0.3]) {
    const { graded, answers, wrong } = made(share, 1);
    const { exampleIds, share: found } = suspectAnswers(graded, answers);
    const hits = exampleIds.filter((id) => wrong.has(id)).length;
    assert.ok(hits >= 0.85 * exampleIds.length, `${hits} of ${exampleIds.length}`);
    assert.ok(hits >= 0.5 * wrong.size, `${hits} of ${wrong.size}`);
    assert.ok(found.low > 0.02);
  }
});

test('clean answers have few suspects', () => {
  const { graded, answers } = made(0, 2);
  assert.ok(suspectAnswers(graded, answers).share.share < 0.02);
});

test('nothing is suspect without predictions', () => {
  assert.deepEqual(suspectAnswers([], new Map()).exampleIds, []);
});
