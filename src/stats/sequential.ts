/**
 * What audits say about a bound in production, valid however often one looks: e-processes for a stream of
 * comparisons (right or wrong). Method of mixtures, as in Waudby-Smith & Ramdas 2024 (Estimating means of bounded
 * random variables by betting) and Ramdas et al. 2023 (Game-theoretic statistics).
 * Does not: act on it (deploy does).
 */
import { incompleteBeta, logBeta } from './statistics.ts';

/** Prior over error rates in the mixture: most weight under 20 %, where specialists that break usually land. */
const PRIOR = { a: 1, b: 9 } as const;

/** A new watch starts after this many audits, so that a long good past does not hide a break. */
const RESTART = 32;

/**
 * ln of the e-value against "the error rate is at most epsilon" after `errors` in `n`: the likelihood ratio against
 * epsilon, mixed over rates above epsilon. Its expectation is at most 1 under any rate ≤ epsilon at each step,
 * because every mixed rate is above epsilon.
 */
export function logErrorEvidence(errors: number, n: number, epsilon: number): number {
  const { a, b } = PRIOR;
  const above = (x: number, y: number): number => Math.log(incompleteBeta(1 - epsilon, y, x));
  return (
    logBeta(a + errors, b + n - errors) +
    above(a + errors, b + n - errors) -
    logBeta(a, b) -
    above(a, b) -
    errors * Math.log(epsilon) -
    (n - errors) * Math.log1p(-epsilon)
  );
}

export interface BoundCheck {
  readonly n: number;
  readonly errors: number;
  /** Evidence against the bound; 1 is none, 1/delta breaks it. */
  readonly eValue: number;
  readonly broken: boolean;
  /** The error rate lies in here at every look at once, with confidence 1 − delta (all audits since the start). */
  readonly low: number;
  readonly high: number;
}

/**
 * Whether the audits, oldest first (true: right), break "error ≤ epsilon". Looked at after every audit, a bound that
 * holds is called broken with chance at most delta, ever (Ville's inequality). Watches started at 0, 32, 64, …
 * share the evidence with weights 1/(j(j+1)), so a break late in a good life is still found.
 */
export function checkBound(outcomes: readonly boolean[], epsilon: number, delta: number): BoundCheck {
  const n = outcomes.length;
  let eValue = 0;
  let spent = 0;
  let errors = 0;
  // Errors since each start, walking back from the newest audit.
  let at = n;
  for (let start = Math.floor(n / RESTART) * RESTART; start >= 0; start -= RESTART) {
    while (at > start) if (!outcomes[--at]) errors++;
    const j = start / RESTART + 1;
    const weight = 1 / (j * (j + 1));
    spent += weight;
    eValue += weight * Math.exp(logErrorEvidence(errors, n - start, epsilon));
  }
  eValue += 1 - spent;
  const { low, high } = confidenceSequence(errors, n, delta);
  return { n, errors, eValue, broken: eValue >= 1 / delta, low, high };
}

/**
 * The rates p that a beta-binomial mixture has not ruled out after `errors` in `n`: contains the true rate at every
 * n at once with chance ≥ 1 − delta.
 */
export function confidenceSequence(
  errors: number,
  n: number,
  delta: number,
): { readonly low: number; readonly high: number } {
  if (n === 0) return { low: 0, high: 1 };
  const { a, b } = PRIOR;
  const mixture = logBeta(a + errors, b + n - errors) - logBeta(a, b);
  const ruledOut = (p: number): boolean =>
    mixture - errors * Math.log(p) - (n - errors) * Math.log1p(-p) >= Math.log(1 / delta);
  const share = errors / n;
  const edge = (inside: number, outside: number): number => {
    let [kept, gone] = [inside, outside];
    for (let i = 0; i < 60; i++) {
      const middle = (kept + gone) / 2;
      if (ruledOut(middle)) gone = middle;
      else kept = middle;
    }
    return kept;
  };
  return { low: errors === 0 ? 0 : edge(share, 0), high: errors === n ? 1 : edge(share, 1) };
}
