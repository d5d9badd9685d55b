/**
 * Made-up traffic whose true error is known: sessions of several lengths whose errors hang together.
 * Does not: test anything (the simulations in faults/ do).
 */
import type { Random } from '../../src/core/random.ts';
import type { SessionTally } from '../../src/stats/sessions.ts';
import { logBeta } from '../../src/stats/statistics.ts';

export interface Traffic {
  /** Lengths of sessions, equally likely. */
  readonly lengths: readonly number[];
  /**
   * How errors hang together. beta-binomial: each session has its own error rate. whole-session: some sessions are
   * right or wrong as a whole, in the others calls are independent. long-sessions: only those longer than the average
   * have errors, each with its own rate.
   */
  readonly model: 'beta-binomial' | 'whole-session' | 'long-sessions';
  /** Intra-class correlation of errors within a session, 0 to 1. */
  readonly icc: number;
  /** True error rate over the calls as they come. */
  readonly error: number;
}

/** Draws sessions of the traffic, all of whose calls are served. */
export function sessionsOf(traffic: Traffic): (random: Random, count: number) => SessionTally[] {
  const cumulative = new Map<number, Float64Array>();
  for (const length of traffic.lengths) {
    let sum = 0;
    const chances = errorChances(traffic, length);
    cumulative.set(
      length,
      chances.map((chance) => (sum += chance)),
    );
  }
  return (random, count) =>
    Array.from({ length: count }, () => {
      const served = random.pick(traffic.lengths);
      const below = cumulative.get(served)!;
      const u = random.next();
      let errors = 0;
      while (errors < served && u >= below[errors]!) errors++;
      return { served, errors };
    });
}

/** The chance of 0, 1, … errors in a session of `length` calls. */
function errorChances({ lengths, model, icc, error }: Traffic, length: number): Float64Array {
  if (model === 'whole-session') {
    const together = Float64Array.from({ length: length + 1 }, (_, k) =>
      k === 0 ? 1 - error : k === length ? error : 0,
    );
    return betaBinomial(length, error, 0).map((chance, k) => (1 - icc) * chance + icc * together[k]!);
  }
  if (model === 'beta-binomial') return betaBinomial(length, error, icc);
  return betaBinomial(length, errorIn({ lengths, model, error }, length), icc);
}

/** The error rate of the calls of sessions of a length. */
function errorIn({ lengths, model, error }: Omit<Traffic, 'icc'>, length: number): number {
  if (model !== 'long-sessions') return error;
  const calls = sumOf(lengths);
  const isLong = (each: number): boolean => each >= calls / lengths.length;
  return isLong(length) ? Math.min(1, (error * calls) / sumOf(lengths.filter(isLong))) : 0;
}

/** The true error rate where at most `cap` calls of a session are served. */
export function errorWithin(traffic: Traffic, cap: number): number {
  const within = traffic.lengths.map((length) => Math.min(length, cap));
  const errors = within.map((calls, i) => calls * errorIn(traffic, traffic.lengths[i]!));
  return sumOf(errors) / sumOf(within);
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

function betaBinomial(n: number, mean: number, icc: number): Float64Array {
  const chances = new Float64Array(n + 1);
  let choose = 1;
  for (let k = 0; k <= n; k++) {
    if (mean === 0 || mean === 1) chances[k] = k === n * mean ? 1 : 0;
    else if (icc === 0) chances[k] = choose * mean ** k * (1 - mean) ** (n - k);
    else {
      const [a, b] = [(mean * (1 - icc)) / icc, ((1 - mean) * (1 - icc)) / icc];
      chances[k] = choose * Math.exp(logBeta(a + k, b + n - k) - logBeta(a, b));
    }
    choose *= (n - k) / (k + 1);
  }
  return chances;
}
