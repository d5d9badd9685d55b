/**
 * Exact statistics of right and wrong: the binomial tail and the Clopper–Pearson interval behind every stated bound.
 * Does not: decide anything (evaluate/gate does), or look repeatedly at growing data (stats/sequential does).
 */
import type { Rate } from '../core/specialist.ts';

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/** ln Γ(x) for x > 0, to about 15 digits (Lanczos, g = 7, n = 9). */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const t = x + 6.5;
  let sum: number = LANCZOS[0];
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (x - 1 + i);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** ln B(a, b) for a, b > 0. */
export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** Regularised incomplete beta function I_x(a, b): the chance that a Beta(a, b) variable is below x. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b));
  // The fraction converges fast on the near side of the mean; the other side follows by symmetry.
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** The continued fraction of I_x(a, b) by Lentz's method (Numerical Recipes, 3rd edition, 6.4). */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const guard = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a - 1 + 2 * m) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 1 + 2 * m));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    const step = d * c;
    h *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return h;
}

/** P(X ≤ k) for X ~ Binomial(n, p), exactly: the p-value of "error > p" after k errors in n. */
export function binomialTail(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return incompleteBeta(1 - p, n - k, k + 1);
}

/** P(X ≤ k) for X ~ Binomial(n, q), q ~ Beta(a, b): what to expect of n new calls after a wrong and b right ones. */
export function betaBinomialTail(k: number, n: number, a: number, b: number): number {
  if (k >= n) return 1;
  // The first term, then each from the one before: C(n,i+1)/C(n,i) · (a+i)/(b+n−i−1).
  let term = Math.exp(logBeta(a, b + n) - logBeta(a, b));
  let sum = 0;
  for (let i = 0; i <= k; i++) {
    sum += term;
    term *= ((n - i) * (a + i)) / ((i + 1) * (b + n - i - 1));
  }
  return Math.min(1, sum);
}

/** Calls without more than `errors` errors that it takes to reject "error > epsilon" at level delta: 149, 236, 313. */
export function callsNeeded(errors: number, epsilon: number, delta: number): number {
  let high = errors + 1;
  while (binomialTail(errors, high, epsilon) > delta) high *= 2;
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (binomialTail(errors, middle, epsilon) > delta) low = middle;
    else high = middle;
  }
  return high;
}

/** The most errors among `n` calls with which "error > epsilon" is still rejected at level delta; −1 if not even 0. */
export function errorsAllowed(n: number, epsilon: number, delta: number): number {
  if (binomialTail(0, n, epsilon) > delta) return -1;
  let low = 0;
  let high = Math.ceil(n * epsilon) + 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (binomialTail(middle, n, epsilon) > delta) high = middle;
    else low = middle;
  }
  return low;
}

/** The x with I_x(a, b) = q, by bisection to double precision. */
export function betaQuantile(q: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, a, b) < q) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** A share with its exact interval (Clopper & Pearson 1934); [0, 1] where nothing was counted. */
export function rateOf(hits: number, n: number, confidence = 0.95): Rate {
  const tail = (1 - confidence) / 2;
  return {
    hits,
    n,
    share: n === 0 ? 0 : hits / n,
    low: hits === 0 ? 0 : betaQuantile(tail, hits, n - hits + 1),
    high: hits === n ? 1 : betaQuantile(1 - tail, hits + 1, n - hits),
  };
}
