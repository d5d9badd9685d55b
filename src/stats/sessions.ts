/**
 * Exact tests of an error rate where calls of a session are not independent: sessions are.
 *
 * Hypothesis: E[errors] / E[served] > epsilon for one session drawn at random, the error rate over the calls as they
 * come. Nothing is assumed of what happens within a session, nor that long ones are as good as short ones.
 * Assumed: sessions are independent and alike, and `cap`, the most calls of one, was settled before they were looked at
 * (sessionCap). Without that no test can pass with fewer sessions of `cap` calls than callsNeeded(0): a specialist that gets a share
 * epsilon of its sessions wrong as a whole shows no error in fewer.
 * Does not: choose thresholds or tests (evaluate/gate), or look repeatedly at growing data (stats/sequential).
 */
import { binomialTail, errorsAllowed } from './statistics.ts';
import { thinnedTest } from './thinned-test.ts';

/** A session's served calls, and the wrong ones among them. */
export interface SessionTally {
  readonly served: number;
  readonly errors: number;
}

/**
 * How to test; which of the three is best depends on how errors hang together, and is to be settled beforehand.
 * binomial: the exact binomial test, for sessions of one call. thinned: see thinned-test.ts. bet: a bet against the
 * hypothesis on each session, whose expected gain is at most 1 under it: Π (1 − λ (errors − epsilon · served)) with
 * λ = share / ((1 − epsilon) · cap), so that none goes below 0 (Waudby-Smith & Ramdas 2024, "Estimating means of bounded
 * random variables by betting"); by Markov's inequality the product reaches 1/delta with probability at most delta.
 */
export type SessionTest =
  | { readonly kind: 'binomial'; readonly cap: 1 }
  | { readonly kind: 'thinned'; readonly cap: number; readonly quantile: number }
  | { readonly kind: 'bet'; readonly cap: number; readonly share: number };

/** Whether "error rate > epsilon" is rejected at level delta. No session may have more than `cap` served calls. */
export function sessionsPass(
  sessions: readonly SessionTally[],
  test: SessionTest,
  epsilon: number,
  delta: number,
): boolean {
  if (test.kind !== 'thinned') return sessionsPValue(sessions, test, epsilon) <= delta;
  return thinnedTest(checked(sessions, test), test.cap, test.quantile, epsilon, delta)(delta);
}

/** The smallest delta at which sessionsPass; 1 where none below 1 is. */
export function sessionsPValue(
  sessions: readonly SessionTally[],
  test: SessionTest,
  epsilon: number,
): number {
  checked(sessions, test);
  if (test.kind === 'binomial') {
    const errors = sessions.reduce((sum, session) => sum + session.errors, 0);
    return sessions.length === 0 ? 1 : binomialTail(errors, sessions.length, epsilon);
  }
  if (test.kind === 'bet') {
    const stake = test.share / ((1 - epsilon) * test.cap);
    let logGain = 0;
    // Rounding may take what is 0 below it.
    for (const { served, errors } of sessions)
      logGain += Math.log(Math.max(0, 1 - stake * (errors - epsilon * served)));
    return Math.min(1, Math.exp(-logGain));
  }
  const most = 0.999;
  const passes = thinnedTest(sessions, test.cap, test.quantile, epsilon, most);
  if (!passes(most)) return 1;
  let [high, low] = [Math.log(most), -80];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (passes(Math.exp(middle))) high = middle;
    else low = middle;
  }
  return Math.exp(high);
}

function checked(sessions: readonly SessionTally[], { cap }: SessionTest): readonly SessionTally[] {
  const long = sessions.find(({ served }) => served > cap);
  if (long) throw new RangeError(`A session has ${long.served} calls, above the cap of ${cap}.`);
  return sessions;
}

/**
 * How many independent calls with this share of errors would have the same p-value: what the calls of `sessions` are
 * worth. As many as there are where each session has one call.
 */
export function effectiveCalls({ served, errors }: SessionTally, pValue: number, epsilon: number): number {
  if (served === 0 || pValue >= 1) return 0;
  let [low, high] = [0, served];
  for (let i = 0; i < 40; i++) {
    const n = (low + high) / 2;
    if (binomialTail((errors / served) * n, n, epsilon) > pValue) low = n;
    else high = n;
  }
  return high;
}

/**
 * The most calls of a session that a specialist may serve: the router leaves those beyond to the LLM, so that no session
 * served is longer, whatever comes. Settled from the sizes of sessions that are not tested on: the cap with which a
 * specialist that errs a quarter as often as it may can be expected to serve most, the share of calls within the cap
 * times its chance to pass the binomial test on one call in `cap` (what a thinning keeps).
 * @param calls Held-back calls that will be tested on.
 * @param level That the test will be made at.
 */
export function sessionCap(
  sizes: readonly number[],
  calls: number,
  epsilon: number,
  level: number,
): { readonly cap: number; readonly beyond: number } {
  const all = sizes.reduce((sum, size) => sum + size, 0);
  let best = { cap: 1, beyond: 0 };
  let [most, mostKept] = [-1, -1];
  for (const cap of capsOf(sizes)) {
    const within = sizes.reduce((sum, size) => sum + Math.min(size, cap), 0) / all;
    const kept = (within * calls) / cap;
    const allowed = errorsAllowed(Math.floor(kept), epsilon, level);
    const chance = allowed < 0 ? 0 : binomialTail(allowed, Math.floor(kept), epsilon / TYPICAL);
    // Where no cap lets anything pass yet, the one that comes closest.
    const worth = within * chance;
    const closeness = within * kept;
    if (worth < most || (worth === most && closeness <= mostKept)) continue;
    [most, mostKept] = [worth, closeness];
    best = { cap, beyond: 1 - within };
  }
  return best;
}

/** A specialist that is worth proving errs at most once where it may err this many times. */
const TYPICAL = 4;
/** Caps that are looked at. */
const MAX_CAPS = 64;

/** The sizes that occur, of many an even choice with the largest. */
function capsOf(sizes: readonly number[]): number[] {
  const distinct = [...new Set(sizes.filter((size) => size > 0))].sort((a, b) => a - b);
  if (distinct.length <= MAX_CAPS) return distinct;
  return Array.from(
    { length: MAX_CAPS },
    (_, i) => distinct[Math.ceil(((i + 1) * distinct.length) / MAX_CAPS) - 1]!,
  );
}
