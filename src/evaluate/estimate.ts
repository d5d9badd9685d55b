/**
 * What a candidate is likely worth, from the validation split alone: for the competition between candidates.
 * Does not: prove anything; that is the gate's, on calls that nobody has looked at.
 */

import { confidenceOf } from '../stats/confidence.ts';
import { fitConfidence, type Judged } from './confidence.ts';
import type { Marked } from './evaluate.ts';
import { type GateOptions, NOT_SERVABLE, passChance, riskAt, riskCurve, type Scored } from './gate.ts';

export interface Estimate {
  /**
   * Share of calls that it can be expected to serve: over thresholds, the largest product of the share served and
   * the chance to pass the gate with that many calibration calls. A share too small to be proved counts nothing.
   */
  readonly coverage: number;
  /** Share of all answers that are right. */
  readonly accuracy: number;
  /** Mean score when it answers at the confidence target 1 − epsilon and hands over below. */
  readonly score: number;
}

/** The confidence is fitted on one half and applied to the other, both ways, so that it cannot flatter itself. */
export function estimate(
  marked: readonly Marked[],
  options: GateOptions & { readonly calibrationSize: number },
): Estimate {
  const judged: Judged[] = marked.map(({ prediction, mark }) => ({
    signals: prediction.signals,
    right: mark.right === true,
  }));
  const half = (parity: number): Judged[] => judged.filter((_, i) => i % 2 === parity);
  const models = [fitConfidence(half(1)), fitConfidence(half(0))] as const;
  const scored: Scored[] = judged.map(({ signals, right }, i) => ({
    confidence: marked[i]!.servable ? confidenceOf(models[i % 2 === 0 ? 0 : 1], signals) : NOT_SERVABLE,
    right,
  }));
  const worths = riskCurve(scored, 100).map(
    (point) => point.coverage * passChance(point, point.coverage * options.calibrationSize, options),
  );
  return {
    coverage: Math.max(0, ...worths),
    accuracy: judged.length === 0 ? 0 : judged.filter(({ right }) => right).length / judged.length,
    score: abstentionScore(scored, 1 - options.epsilon),
  };
}

/**
 * Mean score with abstention at a confidence target t (Kalai et al. 2025, arXiv 2509.04664): right +1, handed over 0,
 * wrong −t/(1−t). Answering pays exactly where the chance to be right is above t, so a guesser loses.
 */
export function abstentionScore(scored: readonly Scored[], target: number): number {
  if (scored.length === 0) return 0;
  const { served, errors } = riskAt(scored, target);
  return (served - errors - (errors * target) / (1 - target)) / scored.length;
}
