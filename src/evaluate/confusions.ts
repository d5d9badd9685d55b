/**
 * Where a candidate's answers to held-back calls differ: which label was given for which, and the calls that it was surest
 * about and wrong. For people to look at; nothing is decided by it.
 * Does not: hold answers but the labels of a label task, which the task holds anyway.
 */

import type { OutputKind } from '../core/answer.ts';
import type { Example } from '../core/dataset.ts';
import type { Confusion, HeldBackMistake } from '../core/specialist.ts';
import type { ScoredAnswer } from './gate-order.ts';
import type { GradedPrediction } from './predictions.ts';

/** Pairs of labels, and mistakes, that are kept. */
const MAX_CONFUSIONS = 40;
const MAX_MISTAKES = 20;

export interface Mistakes {
  readonly confusions: readonly Confusion[];
  readonly mistakes: readonly HeldBackMistake[];
}

/** @param graded,scored Of these examples, in their order. */
export function mistakesOf(
  kind: OutputKind,
  examples: readonly Example[],
  graded: readonly GradedPrediction[],
  scored: readonly ScoredAnswer[],
): Mistakes {
  const pairs = new Map<string, { expected: string; answered: string; n: number }>();
  const mistakes: HeldBackMistake[] = [];
  examples.forEach(({ callId, answer: expected }, i) => {
    const { prediction, grade } = graded[i]!;
    if (grade.correct !== false) return;
    const { confidence } = scored[i]!;
    if (confidence > 0) mistakes.push({ callId, confidence });
    if (kind !== 'label') return;
    const key = JSON.stringify([expected, prediction.answer]);
    const pair = pairs.get(key) ?? { expected, answered: prediction.answer, n: 0 };
    pair.n++;
    pairs.set(key, pair);
  });
  return {
    confusions: [...pairs.values()].sort((a, b) => b.n - a.n).slice(0, MAX_CONFUSIONS),
    mistakes: mistakes.sort((a, b) => b.confidence - a.confidence).slice(0, MAX_MISTAKES),
  };
}
