/**
 * Which thresholds the gate tests, in which order, and how: settled on the validation split alone, so that none of it
 * costs anything. Also the forecasts behind it: how likely a threshold is to pass.
 * Does not: test (gate.ts).
 */
import type { RiskPoint } from '../core/specialist.ts';
import { type SessionTest, sessionCap } from '../stats/sessions.ts';
import { deltaOfTry } from '../stats/spending.ts';
import { betaBinomialTail, binomialTail, errorsAllowed } from '../stats/statistics.ts';

/** One answer with its confidence and whether it was correct. */
export interface ScoredAnswer {
  readonly confidence: number;
  readonly correct: boolean;
  /** Calls with the same session hang together; one without is a session of its own. */
  readonly session?: string | undefined;
}

export interface GateOptions {
  readonly epsilon: number;
  readonly delta: number;
}

export interface GateRun extends GateOptions {
  /** Calls per session in the splits before calibration; default: in the validation split. */
  readonly earlierSessions?: readonly number[];
  /** Which try of the task this is, from 1: it is tested at its share of delta. Default: the one try there is. */
  readonly tryNumber?: number;
}

/** The delta that each test of the run is made at. */
export const levelOf = ({ delta, tryNumber }: GateRun): number =>
  tryNumber === undefined ? delta : deltaOfTry(delta, tryNumber);

/** What the sizes of earlier sessions say about how calls hang together. */
export interface Clustering {
  /** Most calls of a session that count. */
  readonly cap: number;
  /** Share of calls beyond it. */
  readonly beyond: number;
  /** The bound for the calls that count, so that epsilon holds for all. */
  readonly epsilon: number;
  /** How full the session of an average call is, of `cap`: 1 where all sessions have `cap` calls. */
  readonly fill: number;
}

export interface ThresholdTest extends SessionTest {
  readonly threshold: number;
}

/** At most so many thresholds are looked at: finer steps would only be stopped by the next single error. */
const GRID = 40;

/** Shares of the thinnings that may have to pass; a test of independent-looking errors wants a smaller one. */
const QUANTILES = [1, 0.95, 0.85, 0.7, 0.55, 0.4, 0.3, 0.2] as const;

export function clusteringOf(sizes: readonly number[], epsilon: number): Clustering {
  const best = sessionCap(sizes, epsilon);
  const kept = sizes.map((size) => Math.min(size, best.cap));
  const calls = kept.reduce((sum, size) => sum + size, 0);
  const squares = kept.reduce((sum, size) => sum + size ** 2, 0);
  return { ...best, fill: calls === 0 ? 1 : squares / (best.cap * calls) };
}

/** Calls per session. */
export function sessionSizes(answers: readonly Pick<ScoredAnswer, 'session'>[]): number[] {
  const sizes = new Map<string, number>();
  let alone = 0;
  for (const { session } of answers) {
    if (session) sizes.set(session, (sizes.get(session) ?? 0) + 1);
    else alone++;
  }
  return [...sizes.values(), ...new Array<number>(alone).fill(1)];
}

/** What would be served at the threshold, and how much of it wrong. */
export function riskAt(answers: readonly ScoredAnswer[], threshold: number): RiskPoint {
  let served = 0;
  let errors = 0;
  for (const { confidence, correct } of answers) {
    if (confidence < threshold) continue;
    served++;
    if (!correct) errors++;
  }
  return { threshold, served, errors, coverage: answers.length === 0 ? 0 : served / answers.length };
}

/** The risk-coverage curve, strictest threshold first, at most `points` of them, evenly over coverage. */
export function riskCurve(answers: readonly ScoredAnswer[], points = GRID): RiskPoint[] {
  const sorted = Float64Array.from(answers, ({ confidence }) => confidence)
    .sort()
    .reverse();
  const thresholds = new Set<number>();
  const count = Math.min(points, sorted.length);
  for (let i = 1; i <= count; i++) thresholds.add(sorted[Math.ceil((i * sorted.length) / count) - 1]!);
  return [...thresholds].map((threshold) => riskAt(answers, threshold));
}

/**
 * The thresholds worth testing, most promising first, from validation alone: the one with the best chance to pass,
 * then each that trades some of that chance for more coverage. A threshold that another beats in both is left out.
 * @param level The delta that each test is made at.
 */
export function testOrder(
  validation: readonly ScoredAnswer[],
  calibrationSize: number,
  clustering: Clustering,
  level: number,
): ThresholdTest[] {
  const burst = burstOf(validation, clustering.cap);
  const ranked = riskCurve(validation)
    .map((point) => ({
      ...point,
      ...forecast(point, point.coverage * calibrationSize, clustering, level, burst),
    }))
    .sort((a, b) => b.chance - a.chance || b.coverage - a.coverage);
  const order: ThresholdTest[] = [];
  let coverage = 0;
  for (const point of ranked) {
    if (point.coverage <= coverage) continue;
    coverage = point.coverage;
    order.push({ threshold: point.threshold, cap: clustering.cap, quantile: point.quantile });
  }
  return order;
}

/**
 * The errors of an error's session, on average: 1 where errors are independent, up to `cap` where whole sessions are
 * wrong. Two errors in between are added, so that few errors say little.
 */
export function burstOf(answers: readonly ScoredAnswer[], cap: number): number {
  if (cap === 1) return 1;
  const bySession = new Map<string, number>();
  let [errors, squares] = [2, 1 + cap];
  for (const { correct, session } of answers) {
    if (correct) continue;
    errors++;
    if (!session) squares++;
    else bySession.set(session, (bySession.get(session) ?? 0) + 1);
  }
  for (const count of bySession.values()) squares += count ** 2;
  return Math.min(cap, Math.max(1, squares / errors));
}

/**
 * The chance that `served` fresh calls pass the test, after the errors seen at `point`: a beta-binomial forecast of the
 * bursts of errors (Jeffreys prior), each of which a thinning meets with probability burst/cap. And the quantile with
 * which that chance is best.
 */
export function forecast(
  point: Pick<RiskPoint, 'served' | 'errors'>,
  served: number,
  { cap, epsilon, fill }: Clustering,
  level: number,
  burst: number,
): { readonly chance: number; readonly quantile: number } {
  const [wrong, fine] = [point.errors / burst + 0.5, (point.served - point.errors) / burst + 0.5];
  if (cap === 1) {
    const calls = Math.round(served);
    const allowed = errorsAllowed(calls, epsilon, level);
    return { chance: allowed < 0 ? 0 : betaBinomialTail(allowed, calls, wrong, fine), quantile: 1 };
  }
  // A thinning keeps served/cap calls, give or take what unequal sessions make uncertain.
  const kept = served / cap;
  const calls = Math.floor(kept - (fill < 1 ? 1.3 * Math.sqrt(kept * (1 - fill)) : 0));
  let best = { chance: 0, quantile: 1 };
  for (const quantile of QUANTILES) {
    const allowed = errorsAllowed(calls, epsilon, quantile * level);
    if (allowed < 0) break;
    // With unequal sessions no test is passed by every thinning.
    if (quantile === 1 && fill < 1) continue;
    const passes = (bursts: number): boolean => binomialTail(allowed, bursts, burst / cap) >= quantile;
    let [low, high] = [allowed, allowed + 1];
    while (passes(high) && high < 1e6) [low, high] = [high, high * 2];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (passes(middle)) low = middle;
      else high = middle;
    }
    const chance = betaBinomialTail(low, Math.max(1, Math.round(served / burst)), wrong, fine);
    if (chance > best.chance) best = { chance, quantile };
  }
  return best;
}
