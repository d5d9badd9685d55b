/**
 * How often one fresh answer of the LLM differs from its own majority, among the calls that a specialist would serve: what
 * has to be allowed for where its answers are compared with one answer (audits), and no more than that.
 *
 * The specialist was held to the majority of the answers r0, r1 (and r2 where these differ; r0 where no two are equal).
 * Wanted is P(specialist = majority ≠ L) for a fresh answer L. The answers to one call are exchangeable, so
 *   P(r0 = r1 ≠ L) = P(r1 = r2 ≠ r0) = P(r0 = r2 ≠ r1):
 * half of the calls whose first two answers differ and which the third settles. Where the first two differ, L is a fourth
 * answer, which is asked for there alone. Neither part uses an answer twice, so the sum is unbiased, also where the slips
 * are gathered in a few calls that the LLM has no firm answer to.
 * Does not: ask (ask-again.ts), or choose the calls (evaluate.ts).
 */
import type { SlipRate } from '../core/specialist.ts';
import { rateOf } from '../stats/statistics.ts';

/** What asking again told of one call. */
export interface Repeats {
  /** agree: the first two answers did. settled: the third agreed with one of them. open: it did not, or none came. */
  readonly outcome: 'agree' | 'settled' | 'open';
  /** Whether the fourth answer differs from the reference; true where none came. False where the first two agree. */
  readonly freshDiffers: boolean;
}

/**
 * The rate among calls that would be served.
 * @param calls Null: the specialist differs from the reference, so that a slip adds nothing to its disagreement.
 * @param delta Chance that the rate lies outside of low to high (exact intervals of the two parts, Bonferroni).
 */
export function slipRate(calls: readonly (Repeats | null)[], delta: number): SlipRate {
  const n = calls.length;
  const settled = rateOf(calls.filter((call) => call?.outcome === 'settled').length, n, 1 - delta / 2);
  const fresh = rateOf(calls.filter((call) => call?.freshDiffers).length, n, 1 - delta / 2);
  return {
    n,
    share: settled.share / 2 + fresh.share,
    low: settled.low / 2 + fresh.low,
    high: Math.min(1, settled.high / 2 + fresh.high),
  };
}
