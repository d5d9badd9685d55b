/** The share of served answers that are wrong, as audits show it, with an interval; of one specialist, and of several. */
import type { Audit } from '../../core/deployment.ts';
import { clusteredRate } from '../../stats/cluster-rate.ts';
import type { ErrorShare } from '../schemas/common.ts';

export const NO_AUDITS: ErrorShare = {
  share: null,
  low: null,
  high: null,
  audits: 0,
  errors: 0,
  bound: null,
};

/**
 * Over the audits of calls whose answer was used (canary, live), by session. Audits are drawn at random with about the same
 * chance over a short time, so each counts once.
 * @param since Only those since then, epoch milliseconds.
 */
export function errorShareOf(audits: readonly Audit[], bound: number, since: number): ErrorShare {
  const sessions = new Map<string, { served: number; errors: number }>();
  for (const { at, stage, correct, session, callId } of audits) {
    if (at < since || (stage !== 'canary' && stage !== 'live')) continue;
    const key = session ?? callId;
    const tally = sessions.get(key) ?? { served: 0, errors: 0 };
    tally.served++;
    if (!correct) tally.errors++;
    sessions.set(key, tally);
  }
  const { n, hits, share, low, high } = clusteredRate([...sessions.values()]);
  return n === 0 ? { ...NO_AUDITS, bound } : { share, low, high, audits: n, errors: hits, bound };
}

/**
 * The shares of several specialists together, each by the calls that it served. The interval is that of Zou & Donner (2008,
 * "Construction of confidence limits about effect measures", Statistics in Medicine 27) for a weighted sum: the parts'
 * distances to their limits, added in squares.
 */
export function errorShareTogether(
  parts: readonly { readonly served: number; readonly error: ErrorShare }[],
): ErrorShare {
  const known = parts.filter(({ served, error }) => served > 0 && error.share !== null);
  const bounded = parts.filter(({ error }) => error.bound !== null);
  const weightOf = (list: typeof parts) => list.reduce((sum, { served }) => sum + served, 0);
  const all = weightOf(bounded);
  const bound =
    bounded.length === 0
      ? null
      : all === 0
        ? Math.max(...bounded.map(({ error }) => error.bound ?? 0))
        : bounded.reduce((sum, { served, error }) => sum + (served / all) * (error.bound ?? 0), 0);
  const audits = parts.reduce((sum, { error }) => sum + error.audits, 0);
  const errors = parts.reduce((sum, { error }) => sum + error.errors, 0);
  const total = weightOf(known);
  if (total === 0) return { ...NO_AUDITS, audits, errors, bound };
  let [share, below, above] = [0, 0, 0];
  for (const { served, error } of known) {
    const weight = served / total;
    const own = error.share ?? 0;
    share += weight * own;
    below += (weight * (own - (error.low ?? 0))) ** 2;
    above += (weight * ((error.high ?? 1) - own)) ** 2;
  }
  return {
    share,
    audits,
    errors,
    bound,
    low: Math.max(0, share - Math.sqrt(below)),
    high: Math.min(1, share + Math.sqrt(above)),
  };
}
