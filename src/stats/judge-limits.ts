/**
 * What a judge with errors of its own can prove: a limit of its sensitivity from known pairs, and the share of observed
 * losses below which the true share is within a bound (Rogan & Gladen 1978, with a limit in place of an estimate). Pure.
 *
 * Let s be the share of worse answers that it finds worse, a that of answers as good. For answers of which θ are worse
 * P(found worse) = s·θ + a·(1 − θ) ≥ s·θ, so that P(found worse) ≤ s_low·ε shows θ ≤ ε. False alarms are not taken off.
 * Worse answers are of several kinds, in a mix that nobody knows: s is at least the smallest of the kinds' shares, and
 * the smallest of their lower limits is a lower limit of that at the same level, since it is below the limit of the
 * worst kind.
 * Does not: ask (evaluate/judge) or test (evaluate/gate).
 */
import { rateOf } from './statistics.ts';

/** Of the spoilt answers of each kind: how many, and how many were found worse. Independent of the calls that are judged. */
export type JudgeCounts = readonly { readonly n: number; readonly worse: number }[];

/** The part of a test's level that is spent on the judge's limit; the rest is the test's own. */
export const JUDGE_SHARE = 0.2;

/** The share of worse answers that it finds worse at least, with a probability of at least 1 − level; 0: not measured. */
export function sensitivityLimit(spoilt: JudgeCounts, level: number): number {
  if (spoilt.length === 0) return 0;
  // A one-sided limit: the end of a two-sided interval of twice the level.
  return Math.min(...spoilt.map(({ worse, n }) => rateOf(worse, n, 1 - 2 * level).low));
}
