/**
 * Whether a candidate's answers go wrong more often from some time on: the world has changed since it learnt. An exact test over
 * held-back answers in the order of time, one of each session.
 * Does not: say what follows from that (learn/proof.ts).
 */
import { logBeta } from '../stats/statistics.ts';

export interface TimedOutcome {
  readonly at: number;
  readonly session: string;
  readonly wrong: boolean;
}

/** Chance that a change is found where there was none. */
const LEVEL = 0.01;
/** Answers before and after a change; of fewer nothing can be told. */
const MIN_SIDE = 20;

export interface ChangePoint {
  /** When it began, epoch milliseconds. */
  readonly since: number;
  readonly before: { readonly n: number; readonly errors: number };
  readonly after: { readonly n: number; readonly errors: number };
}

/**
 * The likeliest time of a change for the worse; null where the errors are no surprise. Given their number, the errors after each
 * time are hypergeometric if nothing has changed; the smallest of these p-values counts as many times as there are times to
 * choose from (Bonferroni).
 */
export function changePoint(outcomes: readonly TimedOutcome[]): ChangePoint | null {
  const first = new Map<string, TimedOutcome>();
  for (const outcome of outcomes.toSorted((a, b) => a.at - b.at))
    if (!first.has(outcome.session)) first.set(outcome.session, outcome);
  const ordered = [...first.values()];
  const n = ordered.length;
  const all = ordered.filter(({ wrong }) => wrong).length;
  let best: ChangePoint | null = null;
  let least = LEVEL / Math.max(1, n - 2 * MIN_SIDE);
  let errors = 0;
  for (let i = 1; i <= n - MIN_SIDE; i++) {
    if (ordered[i - 1]!.wrong) errors++;
    // Between two right answers another time is at least as likely.
    if (i < MIN_SIDE || !ordered[i]!.wrong) continue;
    const p = hypergeometricTail(all - errors, n, all, n - i);
    if (p >= least) continue;
    least = p;
    best = {
      since: ordered[i]!.at,
      before: { n: i, errors },
      after: { n: n - i, errors: all - errors },
    };
  }
  return best;
}

/** P(at least `k` of `drawn`) where `hits` of `n` are hits. */
function hypergeometricTail(k: number, n: number, hits: number, drawn: number): number {
  const logChoose = (of: number, some: number): number =>
    some === 0 || some === of ? 0 : -Math.log(of + 1) - logBeta(some + 1, of - some + 1);
  let sum = 0;
  for (let i = k; i <= Math.min(hits, drawn); i++)
    if (drawn - i <= n - hits)
      sum += Math.exp(logChoose(hits, i) + logChoose(n - hits, drawn - i) - logChoose(n, drawn));
  return Math.min(1, sum);
}
