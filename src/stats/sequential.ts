/**
 * What audits say about an error rate, valid however often one looks: tests by betting (e-processes) on a stream of
 * comparisons, right or wrong. Two of them: a detector that finds an error rate above a bound, also after a long good
 * past, and a test that an error rate is below a margin (non-inferiority). Each takes one comparison in constant time.
 *
 * Errors hang together: a session that goes wrong goes wrong several times, a repeated input is wrong each time. So bets
 * are per unit (a session, or a repeated input: deploy/units.ts), and within a unit errors add up, they do not multiply.
 * Sources: Shafer 2021 and Waudby-Smith & Ramdas 2024 (betting), Shin, Ramdas & Rinaldo 2023 "E-detectors", Ramdas et
 * al. 2023 (game-theoretic statistics). docs/proof.md has the claims and the simulations that hold them.
 * Does not: act on it (deploy does).
 */

/** Where a comparison stands in its unit: comparisons and errors of the unit before this one. */
export interface InUnit {
  readonly n: number;
  readonly errors: number;
}

/** Comparisons within which a detector's false alarms have probability `delta`; see `detects`. */
export const HORIZON = 10_000;

/**
 * The bets of the detector, as odds ratios r against the bound: sharpest where the true odds are r times the bound's.
 * Small ones find what clusters, large ones what jumps.
 */
const WORSE: readonly number[] = [1.5, 3, 6];
/** With one for what is seldom and then always: an LLM with another name, inputs of another prompt. */
export const WORSE_OR_ALWAYS: readonly number[] = [...WORSE, 60];

/** What a detector's horizon is in time: calls may be few. */
export const HORIZON_MS = (365.25 / 4) * 86_400_000;

/** Half of the detector's capital is staked at the start, the other half evenly over the horizon. */
const STAKED_FIRST = 0.5;

/** Capital per bet. Plain data. */
export type Detector = readonly number[];

export const newDetector = (odds = WORSE): Detector => odds.map(() => STAKED_FIRST / odds.length);

/**
 * The detector after one more comparison. Under "the error rate is at most `bound`" a unit's factor
 * (1 + (r−1)·errors) / (1 + (r−1)·bound)^n has expectation ≤ (1 + (r−1)·bound·n) / (1 + (r−1)·bound)^n ≤ 1, whatever
 * depends on what within the unit. Before each comparison fresh capital comes in (a Shiryaev–Roberts e-detector), so
 * that a break is found at the same speed early and late.
 * @param horizon The part of the horizon that this comparison is: of the capital that comes in over the whole of it. Default: one
 *   of HORIZON comparisons. Settled before the comparison is looked at. @param odds Those that the detector was made with.
 */
export function detect(
  detector: Detector,
  wrong: boolean,
  before: InUnit,
  bound: number,
  horizon = 1 / HORIZON,
  odds = WORSE,
): Detector {
  const fresh = ((1 - STAKED_FIRST) * horizon) / odds.length;
  return detector.map((capital, i) => (capital + fresh) * worseFactor(odds[i]!, wrong, before, bound));
}

/**
 * The detector after one more unit that is over, of which `share` were wrong: 1 + λ(share − bound), λ = (r−1)/(1 + (r−1)·bound), of
 * expectation at most 1 where the mean share of units is at most the bound. Units count alike, be they long or short; one of a single
 * comparison counts as `detect` counts it.
 */
export function detectShare(
  detector: Detector,
  share: number,
  bound: number,
  horizon: number,
  odds = WORSE,
): Detector {
  const fresh = ((1 - STAKED_FIRST) * horizon) / odds.length;
  return detector.map((capital, i) => (capital + fresh) * shareFactor(odds[i]!, share, bound));
}

const shareFactor = (ratio: number, share: number, bound: number): number =>
  (1 + (ratio - 1) * share) / (1 + (ratio - 1) * bound);

/**
 * What has piled up: the hits since a one-sided CUSUM for three times the bound's odds was last at zero (Page 1954). Where that
 * was is the estimate of when a change began.
 */
export interface Pile {
  readonly n: number;
  readonly errors: number;
  readonly sum: number;
  /** When the first of them came, epoch milliseconds; null where nothing piles up. */
  readonly since: number | null;
}

export const NO_PILE: Pile = { n: 0, errors: 0, sum: 0, since: null };

/** The pile after one more comparison, of a unit with this number of errors before it. */
export function pileUp(
  { n, errors, sum, since }: Pile,
  wrong: boolean,
  at: number,
  earlier: number,
  bound: number,
): Pile {
  const gain = wrong ? Math.log((1 + 2 * (earlier + 1)) / (1 + 2 * earlier)) : 0;
  const next = sum + gain - Math.log1p(2 * bound);
  return next <= 0 ? NO_PILE : { n: n + 1, errors: errors + (wrong ? 1 : 0), sum: next, since: since ?? at };
}

/** The pile after one more unit that is over. @param at When the first of its errors came, or it began. */
export function pileUpShare(
  { n, errors, sum, since }: Pile,
  unit: { readonly n: number; readonly hits: number },
  at: number,
  bound: number,
): Pile {
  const next = sum + Math.log(shareFactor(3, unit.hits / unit.n, bound));
  return next <= 0 ? NO_PILE : { n: n + unit.n, errors: errors + unit.hits, sum: next, since: since ?? at };
}

function worseFactor(ratio: number, wrong: boolean, { errors }: InUnit, bound: number): number {
  const growth = wrong ? (1 + (ratio - 1) * (errors + 1)) / (1 + (ratio - 1) * errors) : 1;
  return growth / (1 + (ratio - 1) * bound);
}

/** The detector's capital; it starts as half, and each `HORIZON` comparisons bring another half. */
export const capitalOf = (detector: Detector): number => detector.reduce((sum, each) => sum + each, 0);

/**
 * Whether the bound is broken. While the error rate is at most the bound, this is ever true within the first HORIZON
 * comparisons with probability at most delta (Ville's inequality: all capital that can come in by then is 1), and within each
 * further HORIZON with probability about delta/2.
 */
export const detects = (detector: Detector, delta: number): boolean => capitalOf(detector) >= 1 / delta;

/**
 * How much more the detector holds than after a long time without an error: 1 is quiet, each error in a row multiplies it.
 * @param ownErrors Errors to be left out: those of the units for which somebody asks.
 */
export function suspicion(detector: Detector, bound: number, ownErrors = 0): number {
  const fresh = (1 - STAKED_FIRST) / HORIZON / WORSE.length;
  // The sharpest bet forgets fastest: it tells what is going on now.
  const last = WORSE.length - 1;
  const ratio = WORSE[last]!;
  const quiet = fresh / ((ratio - 1) * bound);
  return detector[last]! / quiet / (1 + (ratio - 1) * ownErrors);
}

/** The bets that an error rate is below a margin, as odds ratios against it. */
const BETTER = [0.05, 0.25, 0.5, 0.75] as const;

/** Capital per bet of a test "below the margin". Plain data. */
export type MarginTest = readonly number[];

/**
 * @param prior What is known of the error rate beforehand: errors in n. It steers how the capital is spread over the
 *   bets and cannot raise the probability of a wrong verdict.
 */
export function newMarginTest(margin: number, prior: InUnit = { n: 0, errors: 0 }): MarginTest {
  // The likelihood of the prior under each bet's own rate, tempered: a tenth of the prior's calls is believed.
  const logs = BETTER.map((ratio) => {
    const rate = (ratio * margin) / (1 - margin + ratio * margin);
    return 0.1 * (prior.errors * Math.log(rate) + (prior.n - prior.errors) * Math.log1p(-rate));
  });
  const top = Math.max(...logs);
  const weights = logs.map((log) => 0.05 + Math.exp(log - top));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/**
 * The test after one more comparison: a unit with errors in k of n multiplies the capital by 1 + λ(margin − k/n),
 * λ = (1−r)/(1−margin+r·margin), of expectation at most 1 where the mean error of units is at least the margin, whatever
 * depends on what within them. Units count alike, be they long or short. A unit counts with what is known of it so far:
 * looked at before it has ended, that takes its first calls to err as the others do.
 */
export function testMargin(test: MarginTest, wrong: boolean, before: InUnit, margin: number): MarginTest {
  const after = (before.errors + (wrong ? 1 : 0)) / (before.n + 1);
  const was = before.n === 0 ? null : before.errors / before.n;
  return test.map((capital, i) => {
    const stake = (1 - BETTER[i]!) / (1 - margin + BETTER[i]! * margin);
    const old = was === null ? 1 : 1 + stake * (margin - was);
    return (capital * (1 + stake * (margin - after))) / old;
  });
}

/** Evidence that the error rate is below the margin: 1 is none; 1/delta proves it at level delta, whenever one looks. */
export const evidenceOf = (test: MarginTest): number => test.reduce((sum, each) => sum + each, 0);

/**
 * About how many more comparisons, one a unit, prove the margin at level delta if the error rate is `rate`; null where
 * that is not to be expected.
 */
export function comparisonsToProve(
  test: MarginTest,
  rate: number,
  margin: number,
  delta: number,
): number | null {
  const times = test.map((capital, i) => {
    const stake = (1 - BETTER[i]!) / (1 - margin + BETTER[i]! * margin);
    const growth = rate * Math.log1p(stake * (margin - 1)) + (1 - rate) * Math.log1p(stake * margin);
    return growth <= 0 ? Number.POSITIVE_INFINITY : Math.max(0, -Math.log(delta * capital) / growth);
  });
  const least = Math.min(...times);
  return evidenceOf(test) >= 1 / delta ? 0 : Number.isFinite(least) ? Math.ceil(least) : null;
}
