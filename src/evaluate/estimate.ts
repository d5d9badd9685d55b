/**
 * What a candidate is likely worth, from the validation split alone: for the competition between candidates.
 * Does not: prove anything; that is the gate's, on calls that nobody has looked at.
 */
import { fitConfidence } from './confidence.ts';
import { type GradedPrediction, gradedSignals, servedConfidence } from './evaluate.ts';
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
export function estimate(
  graded: readonly GradedPrediction[],
  {
    calibrationSize,
    excused = 0,
    ...run
  }: GateRun & {
    readonly calibrationSize: number;
    /** Share of the LLM's second answers that a judge finds worse. Default: 0. */
    readonly excused?: number;
  },
): Estimate {
  const signals = gradedSignals(graded);
  const half = (parity: number) => signals.filter((_, i) => i % 2 === parity);
  const models = [fitConfidence(half(1)), fitConfidence(half(0))] as const;
  const answers: ScoredAnswer[] = signals.map((each, i) => ({
    confidence: servedConfidence(models[i % 2 === 0 ? 0 : 1], graded[i]!),
    correct: each.correct,
    session: graded[i]!.session,
    ...(excused > 0 && graded[i]!.grade.judged ? { excused } : {}),
  }));
  const level = levelOf(run);
  const sizes = run.earlierSessions ?? sessionSizes(answers);
  const clustering = clusteringOfRun({ ...run, answered: answeredOf(answers) }, sizes, calibrationSize);
  const { cap } = clustering;
  const burst = burstOf(tallySessions(answers, 0, cap), cap);
  const worths = riskCurve(answers, { points: 100, cap }).map(
    (point) =>
      point.coverage * forecast(point, point.coverage * calibrationSize, clustering, level, burst).chance,
  );
  const correct = signals.filter((each) => each.correct).length;
  return {
    coverage: Math.max(0, ...worths),
    accuracy: signals.length === 0 ? 0 : correct / signals.length,
  };
}
