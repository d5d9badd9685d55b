/**
 * Recorded answers that are probably wrong: confident learning (Northcutt, Jiang, Chuang 2021, "Confident Learning: Estimating
 * Uncertainty in Dataset Labels", JAIR 70, arXiv 1911.00068) on predictions of models that had not seen the call. An answer is
 * suspect where another one is predicted at least as confidently as that other one is on average where it was given.
 * Only the confidence of the predicted answer is known, so what is left of it stands for the given one, an upper limit.
 * Does not: remove or change anything. Held-back calls are never looked at.
 */
import type { Rate } from '../core/specialist.ts';
import { rateOf } from '../stats/statistics.ts';
import { crossConfidences } from './estimate.ts';
import { NOT_SERVABLE } from './gate-order.ts';
import type { GradedPrediction } from './predictions.ts';

export interface Suspects {
  /** Of the predictions, those that speak against the recorded answer. */
  readonly share: Rate;
  /** Surest first. */
  readonly exampleIds: readonly string[];
}

/** @param answers The recorded answer of each example. */
export function suspectAnswers(
  graded: readonly GradedPrediction[],
  answers: ReadonlyMap<string, string>,
): Suspects {
  const known = graded.filter(({ exampleId }) => answers.has(exampleId));
  const scored = crossConfidences(known);
  const rows = known.map(({ exampleId, prediction, grade }, i) => {
    const confidence = Math.max(0, scored[i]!.confidence === NOT_SERVABLE ? 0 : scored[i]!.confidence);
    const { answer } = prediction;
    return { exampleId, given: answers.get(exampleId)!, answer, correct: grade.correct, confidence };
  });
  const own = (row: (typeof rows)[number]): number =>
    row.correct === true ? row.confidence : 1 - row.confidence;
  const mean = (some: typeof rows): number =>
    some.reduce((sum, row) => sum + own(row), 0) / Math.max(1, some.length);
  const overall = mean(rows);
  const byAnswer = new Map(
    [...Map.groupBy(rows, ({ given }) => given)].map(([key, some]) => [key, mean(some)]),
  );
  const suspects = rows
    .filter(
      ({ answer, correct, confidence }) =>
        correct === false && answer !== '' && confidence >= (byAnswer.get(answer) ?? overall),
    )
    .sort((a, b) => b.confidence - a.confidence);
  return {
    share: rateOf(suspects.length, rows.length),
    exampleIds: suspects.map(({ exampleId }) => exampleId),
  };
}
