/**
 * What a judge with errors of its own can prove: limits of its error rates from known pairs, and the share of observed
 * losses below which the true share is within a bound (Rogan & Gladen 1978, with limits in place of estimates). Pure.
 *
 * Let s be the share of worse answers that it finds worse, a that of answers as good. For answers of which θ are worse
 * P(found worse) = s·θ + a·(1 − θ) ≥ s·θ, so that P(found worse) ≤ s_low·ε shows θ ≤ ε.
 * Compared with the LLM's second answer, of which θ' are worse: P(found worse) − P(second found worse) = (s − a)·(θ − θ'),
 * so that a difference ≤ (s_low − a_high)·ε shows θ − θ' ≤ ε.
 * Worse answers are of several kinds, in a mix that nobody knows: s is at least the smallest of the kinds' shares, and
 * the smallest of their lower limits is a lower limit of that at the same level, since it is below the limit of the
 * worst kind.
 * Does not: ask (evaluate/judge) or test (evaluate/gate).
 */
import { rateOf } from './statistics.ts';

/** Counts on known pairs, independent of each other and of the calls that are judged. */
export interface JudgeCounts {
  /** Of the spoilt answers of each kind: how many, and how many were found worse. */
  readonly spoilt: readonly { readonly n: number; readonly worse: number }[];
  /** Of the LLM's second answers; null where the judged calls are not compared with these. */
  readonly second: { readonly n: number; readonly worse: number } | null;
}

export interface JudgeLimits {
  readonly sensitivity: number;
  readonly falseAlarm: number;
}

/** The part of a test's level that is spent on the judge's limits; the rest is the test's own. */
export const JUDGE_SHARE = 0.2;

/** Both hold together with a probability of at least 1 − level. */
export function judgeLimits({ spoilt, second }: JudgeCounts, level: number): JudgeLimits {
  const each = second === null ? level : level / 2;
  // One-sided limits: the ends of a two-sided interval of twice the level.
  const limits = (hits: number, n: number) => rateOf(hits, n, 1 - 2 * each);
  const sensitivity = Math.min(1, ...spoilt.map(({ worse, n }) => limits(worse, n).low));
  return {
    sensitivity: spoilt.length === 0 ? 0 : sensitivity,
    falseAlarm: second === null ? 0 : limits(second.worse, second.n).high,
  };
}

/** The part of epsilon that the observed share (or difference) has to stay within; 0 or less: the judge proves nothing. */
export const powerOf = ({ sensitivity, falseAlarm }: JudgeLimits): number => sensitivity - falseAlarm;
