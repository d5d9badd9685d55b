/**
 * RouteLLM's metrics (Ong et al. 2024, arXiv 2406.18665, section 3.2) as its code computes them, and their intervals.
 * The performance gap recovered, PGR, at a share of calls that go to the LLM is (quality − the cheap model's) / (the
 * LLM's − the cheap model's). APGR is the area under PGR over the share, by the trapezoidal rule on 0, 10, … 100 %;
 * CPT(x) is the least share at which PGR reaches x, interpolated between those points. A random choice has .5 and x.
 */
import { seededRandom } from '../../src/core/random.ts';

export interface Outcomes {
  readonly cheap: number;
  readonly llm: number;
}

export interface RoutingMetrics {
  readonly apgr: number;
  /** Shares in [0, 1]. */
  readonly cpt50: number;
  readonly cpt80: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Points of the curve besides 0: RouteLLM uses ten. */
const POINTS = 10;

/** Indexes by falling value; equal values in an order drawn by the seed, as the files are sorted by subject. */
export function rank(values: ArrayLike<number>, seed: number): Uint32Array {
  const order = seededRandom(seed).shuffle(Array.from({ length: values.length }, (_, i) => i));
  return Uint32Array.from(order.sort((a, b) => values[b]! - values[a]!));
}

/**
 * The metrics of sending calls to the LLM in this order.
 * @param times how often each question counts; all once where it is absent.
 */
export function metricsOf(
  outcomes: readonly Outcomes[],
  order: Uint32Array,
  times?: ArrayLike<number>,
): RoutingMetrics {
  const recovered = recoveredBy(outcomes, order, times);
  let area = 0;
  for (let i = 1; i <= POINTS; i++) area += (recovered[i - 1]! + recovered[i]!) / (2 * POINTS);
  return { apgr: area, cpt50: shareFor(recovered, 0.5), cpt80: shareFor(recovered, 0.8) };
}

/** PGR at each of the points 0, 10 %, … 100 %. */
export function recoveredBy(
  outcomes: readonly Outcomes[],
  order: Uint32Array,
  times?: ArrayLike<number>,
): Float64Array {
  let [total, gap] = [0, 0];
  for (let i = 0; i < outcomes.length; i++) {
    const count = times ? times[i]! : 1;
    total += count;
    gap += count * (outcomes[i]!.llm - outcomes[i]!.cheap);
  }
  const recovered = new Float64Array(POINTS + 1);
  let [calls, gained, point] = [0, 0, 1];
  for (const at of order) {
    const count = times ? times[at]! : 1;
    if (count === 0) continue;
    const gain = outcomes[at]!.llm - outcomes[at]!.cheap;
    // A point may lie within what one question counts for.
    while (point < POINTS && calls + count >= (point * total) / POINTS) {
      recovered[point] = (gained + ((point * total) / POINTS - calls) * gain) / gap;
      point++;
    }
    calls += count;
    gained += count * gain;
  }
  recovered[POINTS] = 1;
  return recovered;
}

function shareFor(recovered: Float64Array, wanted: number): number {
  for (let i = 1; i <= POINTS; i++) {
    const [before, after] = [recovered[i - 1]!, recovered[i]!];
    if (after >= wanted) return (i - 1 + (wanted - before) / (after - before)) / POINTS;
  }
  return 1;
}

/** The mean of metrics over runs. */
export function meanMetrics(runs: readonly RoutingMetrics[]): RoutingMetrics {
  const mean = (name: keyof RoutingMetrics): number =>
    runs.reduce((sum, run) => sum + run[name], 0) / Math.max(1, runs.length);
  return { apgr: mean('apgr'), cpt50: mean('cpt50'), cpt80: mean('cpt80') };
}

/**
 * 95 % percentile intervals of the mean metrics over `orders`, by drawing groups of questions with replacement. They
 * cover the choice of questions, given the fitted routers; the folds' part is in the spread over seeds.
 */
export function bootstrap(
  outcomes: readonly Outcomes[],
  orders: readonly Uint32Array[],
  groups: ArrayLike<number>,
  draws: number,
  seed: number,
): Readonly<Record<keyof RoutingMetrics, Interval>> {
  const random = seededRandom(seed);
  let count = 0;
  for (let i = 0; i < groups.length; i++) count = Math.max(count, groups[i]! + 1);
  const drawn: RoutingMetrics[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const often = new Uint16Array(count);
    for (let i = 0; i < count; i++) often[random.below(count)]!++;
    const times = Uint16Array.from({ length: outcomes.length }, (_, i) => often[groups[i]!]!);
    drawn.push(meanMetrics(orders.map((order) => metricsOf(outcomes, order, times))));
  }
  const interval = (name: keyof RoutingMetrics): Interval => {
    const sorted = drawn.map((metrics) => metrics[name]).sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
    return { low: at(0.025), high: at(0.975) };
  };
  return { apgr: interval('apgr'), cpt50: interval('cpt50'), cpt80: interval('cpt80') };
}
