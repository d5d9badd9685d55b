/**
 * Two ways of answering the same calls, each right or wrong: by how much more the one errs.
 * Does not: test repeatedly, or know of sessions: calls must be independent.
 */
import { rateOf } from './statistics.ts';

export interface PairedDifference {
  /** Share of errors of the one minus that of the other. */
  readonly difference: number;
  /** Not exceeded with the confidence asked for. */
  readonly high: number;
}

/**
 * The difference d = P(only the one is wrong) − P(only the other is wrong), of which calls where both are right or both
 * wrong tell nothing (McNemar 1947). Its upper bound is exact: the first probability from above and the second from below,
 * each by Clopper & Pearson (1934) at half the error, so that both hold together (Bonferroni). That is more careful than
 * the score tests of non-inferiority for paired proportions (Nam 1997; Liu, Hsueh, Hsieh & Chen 2002), whose level is
 * asymptotic and fails where few pairs differ, which is the usual case here.
 * @param onlyOne Calls of n that the one alone has wrong; `onlyOther` the other alone.
 */
export function pairedDifference(
  onlyOne: number,
  onlyOther: number,
  n: number,
  confidence: number,
): PairedDifference {
  // A two-sided interval leaves half of its error on each side.
  const one = rateOf(onlyOne, n, confidence);
  const other = rateOf(onlyOther, n, confidence);
  return { difference: one.share - other.share, high: one.high - other.low };
}
