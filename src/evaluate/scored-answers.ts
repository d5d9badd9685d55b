/**
 * Graded predictions as the gate and the exam see them: by the confidence with which each would be served.
 * Does not: predict (predictions.ts), or choose a threshold (gate.ts).
 */
import type { Example } from '../core/dataset.ts';
import type { ConfidenceModel, Rate } from '../core/specialist.ts';
import { confidenceOf, isInDistribution } from '../stats/confidence.ts';
import type { TimedOutcome } from './change-point.ts';
import type { GradedSignals } from './confidence.ts';
import { shareOf } from './exam.ts';
import { NOT_SERVABLE, type ScoredAnswer } from './gate-order.ts';
import type { GradedPrediction } from './predictions.ts';

/** Signals and correctness, for fitting the confidence. */
export function gradedSignals(graded: readonly GradedPrediction[]): GradedSignals[] {
  return graded.map(({ prediction, grade }) => ({
    signals: prediction.signals,
    correct: grade.correct === true,
  }));
}

/** The confidence by which the router would decide on an answer; NOT_SERVABLE where it would not be given at all. */
export function servedConfidence(
  model: ConfidenceModel,
  { prediction: { signals }, servable }: Pick<GradedPrediction, 'prediction' | 'servable'>,
): number {
  return servable && isInDistribution(model, signals) ? confidenceOf(model, signals) : NOT_SERVABLE;
}

/** The confidence of each answer and whether it is correct; what is undecided counts as wrong. */
export function scoreAnswers(
  model: ConfidenceModel,
  graded: readonly GradedPrediction[],
): (ScoredAnswer & Pick<GradedPrediction, 'seen'>)[] {
  return graded.map((each) => ({
    confidence: servedConfidence(model, each),
    correct: each.grade.correct === true,
    session: each.session,
    seen: each.seen,
  }));
}

/** By session. The floors were settled on earlier calls, and the share plays no part in what is chosen: it is a fair estimate. */
export function unfamiliarShare(model: ConfidenceModel, graded: readonly GradedPrediction[]): Rate {
  const answers = scoreAnswers(model, graded);
  return shareOf(answers, (_, i) => !isInDistribution(model, graded[i]!.prediction.signals));
}

/** The answers that could be given, each with the time of its call: what a change of the task shows in. */
export function outcomesOf(
  examples: readonly Example[],
  graded: readonly GradedPrediction[],
  scored: readonly ScoredAnswer[],
): TimedOutcome[] {
  const byId = new Map(graded.map(({ exampleId }, i) => [exampleId, scored[i]!]));
  return examples.flatMap(({ id, at, sessionId }) => {
    const answer = byId.get(id);
    return answer === undefined || answer.confidence === NOT_SERVABLE
      ? []
      : [{ at, session: sessionId, wrong: !answer.correct }];
  });
}
