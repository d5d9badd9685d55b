/**
 * What a candidate is likely worth, from the validation split alone: for the competition between candidates.
 * Does not: prove anything; that is the gate's, on calls that nobody has looked at.
 */
import { fitConfidence } from './confidence.ts';
import {
  answeredOf,
  burstOf,
  clusteringOfRun,
  forecast,
  type GateRun,
  levelOf,
  riskCurve,
  type ScoredAnswer,
  sessionSizes,
  tallySessions,
} from './gate-order.ts';
import type { GradedPrediction } from './predictions.ts';
import { gradedSignals, servedConfidence } from './scored-answers.ts';

export interface Estimate {
  /**
   * Share of calls that it can be expected to serve: over thresholds, the largest product of the share served and
   * the chance to pass the gate with that many calibration calls. A share too small to be proved counts nothing.
   */
  readonly coverage: number;
  /** Share of all answers that are correct. */
  readonly accuracy: number;
}

/** The confidence is fitted on one half and applied to the other, both ways, so that it cannot flatter itself. */
export function crossConfidences(graded: readonly GradedPrediction[]): ScoredAnswer[] {
  const signals = gradedSignals(graded);
  const models = [1, 0].map((parity) => fitConfidence(signals.filter((_, i) => i % 2 === parity)));
  return signals.map(({ correct }, i) => ({
    confidence: servedConfidence(models[i % 2]!, graded[i]!),
    correct,
    session: graded[i]!.session,
  }));
}

export function estimate(
  graded: readonly GradedPrediction[],
  { calibrationSize, ...run }: GateRun & { readonly calibrationSize: number },
): Estimate {
  const answers = crossConfidences(graded);
  const level = levelOf(run);
  const sizes = run.earlierSessions ?? sessionSizes(answers);
  const clustering = clusteringOfRun({ ...run, answered: answeredOf(answers) }, sizes, calibrationSize);
  const { cap } = clustering;
  const burst = burstOf(tallySessions(answers, 0, cap), cap);
  const worths = riskCurve(answers, { points: 100, cap }).map(
    (point) =>
      point.coverage * forecast(point, point.coverage * calibrationSize, clustering, level, burst).chance,
  );
  const correct = answers.filter((each) => each.correct).length;
  return {
    coverage: Math.max(0, ...worths),
    accuracy: answers.length === 0 ? 0 : correct / answers.length,
  };
}
