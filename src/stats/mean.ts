/**
 * A mean and its 95 % interval, for reading.
 * Does not: test anything, or know of sessions: values must be independent.
 */
import type { Mean } from '../core/status-report.ts';
import { betaQuantile, rateOf } from './statistics.ts';

/**
 * Of values that are all 0 or 1 the exact interval of a share (Clopper & Pearson 1934), else Student's t interval, which is
 * near enough for means of some tens of values that are not very skewed. Null bounds where fewer than two values tell none.
 */
export function meanOf(values: readonly number[]): Mean {
  const n = values.length;
  const mean = n === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / n;
  if (n > 0 && values.every((value) => value === 0 || value === 1)) {
    const { low, high } = rateOf(mean * n, n);
    return { n, mean, low, high };
  }
  if (n < 2) return { n, mean, low: null, high: null };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const half = studentT(n - 1) * Math.sqrt(variance / n);
  return { n, mean, low: mean - half, high: mean + half };
}

/** The t that |T| exceeds in 5 %: with x = df / (df + t²), P(|T| > t) = I_x(df/2, 1/2) (Abramowitz & Stegun 26.7.1). */
function studentT(df: number): number {
  const x = betaQuantile(0.05, df / 2, 0.5);
  return Math.sqrt((df * (1 - x)) / x);
}
