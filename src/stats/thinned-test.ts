/**
 * The thinned test of an error rate by session: exact for whatever happens within sessions, best where errors of a
 * session come together.
 *
 * Thin each session to at most one of its served calls, each kept with probability 1/cap (possible because no session
 * has more than `cap`). What is kept in different sessions is independent, and each kept call is wrong with
 * probability E[errors] / E[served], so the exact binomial test holds for the kept calls, whatever happens within a
 * session and whether or not long sessions are the bad ones. All thinnings are then put together: the p-value is the
 * `quantile`-quantile of their p-values, divided by `quantile` (Meinshausen, Meier, Bühlmann 2009, "P-values for
 * high-dimensional regression", J. Am. Stat. Assoc. 104). It is valid: under the hypothesis a thinning passes at level
 * quantile · delta in at most that share of the cases, so by Markov's inequality at least a share `quantile` of the
 * thinnings passes with probability at most delta. The share is computed exactly; nothing is drawn.
 */
import type { SessionTally } from './sessions.ts';
import { callsNeeded, errorsAllowed } from './statistics.ts';

/** Chances below this are dropped, which can only make a test stricter. */
const NEGLIGIBLE = 1e-13;
/** Rounding of sums of probabilities; far below any level. */
const SLACK = 1e-9;

/**
 * A function of delta: whether "error rate > epsilon" is rejected at that level, which may be at most `mostDelta`.
 * @param quantile Share of the thinnings that must pass, in (0, 1].
 */
export function thinnedTest(
  sessions: readonly SessionTally[],
  cap: number,
  quantile: number,
  epsilon: number,
  mostDelta: number,
): (delta: number) => boolean {
  const allowed = errorsAllowed(sessions.length, epsilon, quantile * mostDelta);
  const errors = sessions.reduce((sum, session) => sum + session.errors, 0);
  // Far too many errors: no need to compute by how much.
  if (allowed < 0 || errors / cap > allowed + 6 * Math.sqrt(allowed + 1)) return () => false;
  const kept = thinnings(sessions, cap, allowed);
  return (delta) => shareOfPassing(kept, epsilon, quantile * delta) >= quantile - SLACK;
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
  // Probability that at least this number of calls of clean sessions are kept.
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
