/**
 * An exact test of an error rate where calls of a session are not independent: sessions are.
 *
 * Hypothesis: E[errors] / E[served] > epsilon for one session drawn at random, the error rate over the calls as they
 * come. Thin each session to at most one of its served calls, each kept with probability 1/cap (possible because no
 * session has more than `cap`). What is kept in different sessions is independent, and each kept call is wrong with
 * probability E[errors] / E[served], so the exact binomial test holds for the kept calls, whatever happens within a
 * session and whether or not long sessions are the bad ones. All thinnings are then put together: the p-value is the
 * `quantile`-quantile of their p-values, divided by `quantile` (Meinshausen, Meier, Bühlmann 2009, "P-values for
 * high-dimensional regression", J. Am. Stat. Assoc. 104). It is valid: under the hypothesis a thinning passes at level
 * quantile · delta in at most that share of the cases, so by Markov's inequality at least a share `quantile` of the
 * thinnings passes with probability at most delta. The share is computed exactly; nothing is drawn.
 * With cap 1 there is one thinning, and the test is the exact binomial test on all calls.
 * Assumes: sessions are independent and alike, and `cap` was settled before their calls were looked at.
 * Does not: choose thresholds (evaluate/gate), or look repeatedly at growing data (stats/sequential).
 */
import { binomialTail, callsNeeded, errorsAllowed } from './statistics.ts';

/** A session's served calls, and the wrong ones among them. */
export interface SessionTally {
  readonly served: number;
  readonly errors: number;
}

export interface SessionTest {
  /** Most calls of one session; 1: the exact binomial test. */
  readonly cap: number;
  /** Share of the thinnings that must pass, in (0, 1]; 1 where cap is 1. */
  readonly quantile: number;
}

/** Chances below this are dropped, which can only make a test stricter. */
const NEGLIGIBLE = 1e-13;
/** Rounding of sums of probabilities; far below any level. */
const SLACK = 1e-9;

/** Whether "error rate > epsilon" is rejected at level delta. No session may have more than `cap` served calls. */
export function sessionsPass(
  sessions: readonly SessionTally[],
  { cap, quantile }: SessionTest,
  epsilon: number,
  delta: number,
): boolean {
  const { served, errors } = totals(sessions);
  if (cap === 1) return served > 0 && binomialTail(errors, served, epsilon) <= delta;
  const level = quantile * delta;
  const allowed = errorsAllowed(sessions.length, epsilon, level);
  // Far too many errors: no need to compute by how much.
  if (allowed < 0 || errors / cap > allowed + 6 * Math.sqrt(allowed + 1)) return false;
  return shareOfPassing(thinnings(sessions, cap, allowed), epsilon, level) >= quantile - SLACK;
}

/** The smallest delta at which sessionsPass; 1 where none below 1 is. */
export function sessionsPValue(
  sessions: readonly SessionTally[],
  { cap, quantile }: SessionTest,
  epsilon: number,
): number {
  const { served, errors } = totals(sessions);
  if (served === 0) return 1;
  if (cap === 1) return binomialTail(errors, served, epsilon);
  const most = errorsAllowed(sessions.length, epsilon, 0.999 * quantile);
  if (most < 0 || errors / cap > most + 6 * Math.sqrt(most + 1)) return 1;
  const kept = thinnings(sessions, cap, most);
  const passes = (logDelta: number): boolean =>
    shareOfPassing(kept, epsilon, quantile * Math.exp(logDelta)) >= quantile - SLACK;
  let [high, low] = [Math.log(0.999), -80];
  if (!passes(high)) return 1;
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (passes(middle)) high = middle;
    else low = middle;
  }
  return Math.exp(high);
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
 * The most calls of a session that are counted, and what that costs, from the sizes of sessions that are not tested on.
 * Calls beyond the cap are left out of the test, and all of them are reckoned as wrong: with a share x of them an error
 * rate below `epsilon` over all calls needs one below (epsilon − x) / (1 − x) over those counted. Of the caps the one
 * is taken that needs the fewest calls; without outliers that is the longest session.
 */
export function sessionCap(
  sizes: readonly number[],
  epsilon: number,
): { readonly cap: number; readonly beyond: number; readonly epsilon: number } {
  const calls = sizes.reduce((sum, size) => sum + size, 0);
  let best = { cap: 1, beyond: 0, epsilon };
  let fewest = Number.POSITIVE_INFINITY;
  for (const cap of new Set(sizes.filter((size) => size > 0)).add(1)) {
    const beyond = calls === 0 ? 0 : sizes.reduce((sum, size) => sum + Math.max(0, size - cap), 0) / calls;
    const left = (epsilon - beyond) / (1 - beyond);
    if (left <= 0 || cap / left >= fewest) continue;
    fewest = cap / left;
    best = { cap, beyond, epsilon: left };
  }
  return best;
}

function totals(sessions: readonly SessionTally[]): SessionTally {
  let [served, errors] = [0, 0];
  for (const session of sessions) {
    served += session.served;
    errors += session.errors;
  }
  return { served, errors };
}

/** A distribution over the integers from `from` on. */
interface Spread {
  readonly from: number;
  readonly chances: Float64Array;
}

/** What thinnings keep: of sessions without an error, and jointly of those with one. */
interface Thinnings {
  /** Kept calls of sessions without an error. */
  readonly clean: Spread;
  /** [errors kept][calls kept] of the others; thinnings with more errors than there are rows are left out. */
  readonly mixed: readonly Float64Array[];
}

function thinnings(sessions: readonly SessionTally[], cap: number, mostErrors: number): Thinnings {
  const bySize = new Map<number, number>();
  const withErrors: SessionTally[] = [];
  for (const session of sessions) {
    if (session.served > cap) throw new RangeError(`A session has ${session.served} calls, above ${cap}.`);
    if (session.errors > 0) withErrors.push(session);
    else if (session.served > 0) bySize.set(session.served, (bySize.get(session.served) ?? 0) + 1);
  }
  let clean: Spread = { from: 0, chances: Float64Array.of(1) };
  for (const [served, count] of bySize) clean = convolve(clean, binomialSpread(count, served / cap));
  const rows = Math.min(mostErrors, withErrors.length) + 1;
  const mixed = Array.from({ length: rows }, () => new Float64Array(withErrors.length + 1));
  mixed[0]![0] = 1;
  withErrors.forEach(({ served, errors }, i) => {
    const [wrong, right] = [errors / cap, (served - errors) / cap];
    const none = 1 - served / cap;
    for (let k = rows - 1; k >= 0; k--) {
      const row = mixed[k]!;
      const fewer = mixed[k - 1];
      for (let n = i + 1; n >= 1; n--)
        row[n] = row[n]! * none + row[n - 1]! * right + (fewer ? fewer[n - 1]! * wrong : 0);
      row[0] = row[0]! * none;
    }
  });
  return { clean, mixed };
}

/** The share of thinnings that the exact binomial test passes at `level`. */
function shareOfPassing({ clean, mixed }: Thinnings, epsilon: number, level: number): number {
  // Chance that at least so many calls of clean sessions are kept.
  const tail = new Float64Array(clean.chances.length + 1);
  for (let i = clean.chances.length - 1; i >= 0; i--) tail[i] = tail[i + 1]! + clean.chances[i]!;
  const atLeast = (n: number): number => tail[Math.min(Math.max(0, n - clean.from), tail.length - 1)]!;
  let share = 0;
  mixed.forEach((row, errors) => {
    const needed = needs(errors, epsilon, level);
    for (let n = 0; n < row.length; n++) if (row[n]! > 0) share += row[n]! * atLeast(needed - n);
  });
  return share;
}

function convolve(a: Spread, b: Spread): Spread {
  const chances = new Float64Array(a.chances.length + b.chances.length - 1);
  a.chances.forEach((p, i) => {
    for (let j = 0; j < b.chances.length; j++) chances[i + j]! += p * b.chances[j]!;
  });
  return trimmed({ from: a.from + b.from, chances });
}

function binomialSpread(n: number, p: number): Spread {
  if (p >= 1) return { from: n, chances: Float64Array.of(1) };
  // From the mode to both sides, then scaled to 1: no logarithms of factorials, no underflow.
  const mode = Math.floor((n + 1) * p);
  const odds = p / (1 - p);
  const chances = new Float64Array(n + 1);
  chances[mode] = 1;
  for (let k = mode; k < n && chances[k]! > NEGLIGIBLE; k++)
    chances[k + 1] = chances[k]! * ((n - k) / (k + 1)) * odds;
  for (let k = mode; k > 0 && chances[k]! > NEGLIGIBLE; k--)
    chances[k - 1] = (chances[k]! * (k / (n - k + 1))) / odds;
  const sum = chances.reduce((total, chance) => total + chance, 0);
  return trimmed({ from: 0, chances: chances.map((chance) => chance / sum) });
}

function trimmed({ from, chances }: Spread): Spread {
  let [start, end] = [0, chances.length];
  while (start < end - 1 && chances[start]! < NEGLIGIBLE) start++;
  while (end > start + 1 && chances[end - 1]! < NEGLIGIBLE) end--;
  return { from: from + start, chances: chances.subarray(start, end) };
}

/** Calls needed by errors, kept for the last pairs of epsilon and level: a test asks for the same ones many times. */
const neededBy = new Map<string, number[]>();

function needs(errors: number, epsilon: number, level: number): number {
  const key = `${epsilon} ${level}`;
  let known = neededBy.get(key);
  if (known === undefined) {
    if (neededBy.size >= 64) neededBy.clear();
    known = [];
    neededBy.set(key, known);
  }
  for (let k = known.length; k <= errors; k++) known.push(callsNeeded(k, epsilon, level));
  return known[errors]!;
}
