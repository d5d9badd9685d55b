/**
 * A share and its interval where calls of a session are not independent.
 * Does not: test a bound (stats/sessions does, exactly); this interval is for reading.
 */
import type { Rate } from '../core/specialist.ts';
import type { SessionTally } from './sessions.ts';
import { rateOf } from './statistics.ts';

/**
 * The share of errors among the served, with the interval of Korn & Graubard (1998, "Confidence intervals for
 * proportions with small expected number of positive counts", Survey Methodology 24): Clopper–Pearson's, at the number
 * of independent calls whose share would vary as much as this one does from session to session. That number lies
 * between the one that sessions wrong as a whole would give (Kish: (Σn)² / Σn²), taken where no error has been seen to
 * vary, and the number of calls. Where each session has one call it is Clopper–Pearson's interval itself.
 */
export function clusteredRate(sessions: readonly SessionTally[], confidence = 0.95): Rate {
  let [n, hits, squares, used] = [0, 0, 0, 0];
  for (const { served, errors } of sessions) {
    if (served === 0) continue;
    n += served;
    hits += errors;
    squares += served ** 2;
    used++;
  }
  if (n === squares) return rateOf(hits, n, confidence);
  const share = hits / n;
  const least = n ** 2 / squares;
  let variance = 0;
  for (const { served, errors } of sessions) variance += (errors - share * served) ** 2;
  variance *= used / Math.max(1, used - 1) / n ** 2;
  const fromVariance = variance === 0 ? least : (share * (1 - share)) / variance / studentRatio(used - 1);
  const effectiveN = Math.min(n, Math.max(least, fromVariance));
  const { low, high } = rateOf(share * effectiveN, effectiveN, confidence);
  return { hits, n, share, low, high, effectiveN };
}

/** (t/z)² at 97.5 % (Cornish–Fisher): a variance estimated from few sessions is itself unsure. */
function studentRatio(df: number): number {
  const degrees = Math.max(1, df);
  const z = 1.96;
  const t = z + (z ** 3 + z) / (4 * degrees) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2);
  return (t / z) ** 2;
}
