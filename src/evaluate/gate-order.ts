/**
 * Which thresholds the gate tests, in which order, and how: settled on the validation split alone, so that none of it
 * costs anything. Also the forecasts behind it: how likely a threshold is to pass.
 * Does not: test (gate.ts).
 */
import type { RiskPoint } from '../core/specialist.ts';
import { JUDGE_SHARE, type JudgeCounts, sensitivityLimit } from '../stats/judge-limits.ts';
import { type SessionTally, type SessionTest, sessionCap } from '../stats/sessions.ts';
import { deltaOfTry } from '../stats/spending.ts';
import { betaBinomialTail, binomialTail, errorsAllowed } from '../stats/statistics.ts';

/** One answer with its confidence and whether it was correct. */
export interface ScoredAnswer {
  /** NOT_SERVABLE where it would not be given, whatever the threshold. */
  readonly confidence: number;
  readonly correct: boolean;
  /** Calls with the same session hang together; one without is a session of its own. */
  readonly session?: string | undefined;
}

/** Below every threshold: an answer that the online decision refuses before it looks at the confidence. */
export const NOT_SERVABLE = -1;

export interface GateOptions {
  readonly epsilon: number;
  readonly delta: number;
}

export interface GateRun extends GateOptions {
  /** Calls per session in the splits before calibration; default: in the validation split. */
  readonly earlierSessions?: readonly number[];
  /**
   * What there was an answer to give to before calibration: its share of the calls, and how many calls of each session. The
   * others are never served, whatever the threshold, and count in no session. It settles the cap alone. Default: all calls.
   */
  readonly answered?: { readonly share: number; readonly sizes: readonly number[] };
  /** Which try of the task this is, from 1: it is tested at its share of delta. Default: the one try there is. */
  readonly tryNumber?: number;
  /**
   * Where a judge says which texts are wrong: its counts on known pairs, whose errors the bound allows for.
   * Default: errors are what they look like.
   */
  readonly judged?: JudgeCounts;
}

/** The part of delta that the run may spend. */
const tryLevel = ({ delta, tryNumber }: GateRun): number =>
  tryNumber === undefined ? delta : deltaOfTry(delta, tryNumber);

/** The delta that each test of the run is made at. */
export const levelOf = (run: GateRun): number => tryLevel(run) * (run.judged ? 1 - JUDGE_SHARE : 1);

/** The share of worse answers that the run's judge finds worse at least; 1 where equality decides. */
export const sensitivityOf = (run: GateRun): number =>
  run.judged ? sensitivityLimit(run.judged, tryLevel(run) * JUDGE_SHARE) : 1;

/** The observed share of errors that shows a true one of epsilon; 0: the judge shows nothing, and there is nothing to test. */
export function observedBound(run: GateRun): number {
  return run.epsilon * sensitivityOf(run);
}

/** What the sizes of earlier sessions say about how calls hang together. */
export interface Clustering {
  /** Most calls of a session that are served. */
  readonly cap: number;
  /** Share of earlier calls beyond it. */
  readonly beyond: number;
  /** The observed share of errors that is tested. */
  readonly epsilon: number;
  /** How full the session of an average call is, of `cap`: 1 where all sessions have `cap` calls. */
  readonly fill: number;
}

export interface ThresholdTest {
  readonly threshold: number;
  readonly test: SessionTest;
  /** That it passes, by the validation split. */
  readonly chance: number;
}

/** Most thresholds that are looked at: finer steps would only be stopped by the next single error. */
const GRID = 40;

/** What the two tests by session are tried with: the share of thinnings that must pass, and the share that is bet. */
const QUANTILES = [1, 0.95, 0.85, 0.7, 0.55, 0.4] as const;
const BETS = [1, 0.75, 0.5, 0.35, 0.25] as const;

/** @param calls Held-back calls that will be tested on. @param level That each test will be made at. */
export function clusteringOf(
  sizes: readonly number[],
  calls: number,
  epsilon: number,
  level: number,
): Clustering {
  const best = sessionCap(sizes, calls, epsilon, level);
  const kept = sizes.map((size) => Math.min(size, best.cap));
  const within = kept.reduce((sum, size) => sum + size, 0);
  const squares = kept.reduce((sum, size) => sum + size ** 2, 0);
  return { ...best, epsilon, fill: within === 0 ? 1 : squares / (best.cap * within) };
}

/** The clustering of the calls that are answered, by what is known before calibration. */
export function clusteringOfRun(run: GateRun, sizes: readonly number[], calls: number): Clustering {
  const { answered } = run;
  const [epsilon, level] = [observedBound(run), levelOf(run)];
  return answered === undefined || answered.share === 1
    ? clusteringOf(sizes, calls, epsilon, level)
    : clusteringOf(answered.sizes, Math.round(calls * answered.share), epsilon, level);
}

/** What could be given to a caller of these answers: its share, and how many calls of each session. */
export function answeredOf(answers: readonly ScoredAnswer[]): NonNullable<GateRun['answered']> {
  const given = answers.filter(({ confidence }) => confidence !== NOT_SERVABLE);
  return { share: answers.length === 0 ? 1 : given.length / answers.length, sizes: sessionSizes(given) };
}

/** Calls per session. */
export function sessionSizes(answers: readonly Pick<ScoredAnswer, 'session'>[]): number[] {
  const sizes = new Map<string, number>();
  let alone = 0;
  for (const { session } of answers) {
    if (!session) alone++;
    else sizes.set(session, (sizes.get(session) ?? 0) + 1);
  }
  return [...sizes.values(), ...new Array<number>(alone).fill(1)];
}

/**
 * Which answers would be served at the threshold: those with confidence of at least it, of a session the first `cap`.
 * Calls that are not among the answers count for nothing: of a thinned session more are measured than are served.
 * @param answers Those of a session in the order in which its calls came.
 */
export function servedAt(answers: readonly ScoredAnswer[], threshold: number, cap: number): boolean[] {
  const counts = new Map<string, number>();
  return answers.map(({ confidence, session }) => {
    if (confidence < threshold) return false;
    if (!session || cap === Number.POSITIVE_INFINITY) return true;
    const before = counts.get(session) ?? 0;
    if (before >= cap) return false;
    counts.set(session, before + 1);
    return true;
  });
}

/** The served and wrong calls of each session that has any, among the answers that would be served. */
export function tallySessions(
  answers: readonly ScoredAnswer[],
  threshold = Number.NEGATIVE_INFINITY,
  cap = Number.POSITIVE_INFINITY,
): SessionTally[] {
  const out: SessionTally[] = [];
  const bySession = new Map<string, { served: number; errors: number }>();
  const served = servedAt(answers, threshold, cap);
  answers.forEach(({ correct, session }, i) => {
    if (!served[i]) return;
    const errors = correct ? 0 : 1;
    const tally = session ? bySession.get(session) : undefined;
    if (tally) {
      tally.served++;
      tally.errors += errors;
      return;
    }
    const first = { served: 1, errors };
    out.push(first);
    if (session) bySession.set(session, first);
  });
  return out;
}

/** What would be served at the threshold, at most `cap` calls of a session, and how much of it wrong. */
export function riskAt(
  answers: readonly ScoredAnswer[],
  threshold: number,
  cap = Number.POSITIVE_INFINITY,
): RiskPoint {
  let [served, errors] = [0, 0];
  servedAt(answers, threshold, cap).forEach((isServed, i) => {
    if (!isServed) return;
    served++;
    if (!answers[i]!.correct) errors++;
  });
  const coverage = answers.length === 0 ? 0 : served / answers.length;
  return { threshold, served, errors, coverage };
}

/** The risk-coverage curve, strictest threshold first, at most `points` of them, evenly over coverage. */
export function riskCurve(
  answers: readonly ScoredAnswer[],
  { points = GRID, cap }: { readonly points?: number; readonly cap?: number } = {},
): RiskPoint[] {
  const servable = answers.filter(({ confidence }) => confidence !== NOT_SERVABLE);
  const sorted = Float64Array.from(servable, ({ confidence }) => confidence)
    .sort()
    .reverse();
  const thresholds = new Set<number>();
  const count = Math.min(points, sorted.length);
  for (let i = 1; i <= count; i++) thresholds.add(sorted[Math.ceil((i * sorted.length) / count) - 1]!);
  return [...thresholds].map((threshold) => riskAt(answers, threshold, cap));
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
  const { cap } = clustering;
  const burst = burstOf(tallySessions(validation, 0, cap), cap);
  const ranked = riskCurve(validation, { cap })
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
    order.push({ threshold: point.threshold, test: point.test, chance: point.chance });
  }
  return order;
}

/**
 * The errors of an error's session, on average: 1 where errors are independent, up to `cap` where whole sessions are
 * wrong. Two errors in between are added, so that few errors say little.
 */
export function burstOf(sessions: readonly SessionTally[], cap: number): number {
  if (cap === 1) return 1;
  let [errors, squares] = [2, 1 + cap];
  for (const session of sessions) {
    errors += session.errors;
    squares += session.errors ** 2;
  }
  return Math.min(cap, Math.max(1, squares / errors));
}

export interface Forecast {
  readonly chance: number;
  readonly test: SessionTest;
}

/**
 * The chance that `served` fresh calls pass, after the errors seen at `point`, by the test with which it is best: a
 * beta-binomial forecast (Jeffreys prior) of the bursts in which errors come.
 * @param burst From burstOf.
 */
export function forecast(
  point: Pick<RiskPoint, 'served' | 'errors'>,
  served: number,
  clustering: Clustering,
  level: number,
  burst: number,
): Forecast {
  const { cap, epsilon, fill } = clustering;
  const bursts = Math.max(1, Math.round(served / burst));
  const [wrong, fine] = [point.errors / burst + 0.5, (point.served - point.errors) / burst + 0.5];
  const chanceOf = (most: number): number => (most < 0 ? 0 : betaBinomialTail(most, bursts, wrong, fine));
  if (cap === 1)
    return {
      chance: chanceOf(errorsAllowed(Math.round(served), epsilon, level)),
      test: { kind: 'binomial', cap },
    };
  let best: Forecast = { chance: 0, test: { kind: 'bet', cap, share: 1 } };
  const consider = (chance: number, test: SessionTest): void => {
    if (chance > best.chance) best = { chance, test };
  };
  // Sessions as long as that of an average call, as many as that makes.
  const length = fill * cap;
  for (const share of BETS) {
    const stake = share / ((1 - epsilon) * cap);
    const gain = Math.log1p(stake * epsilon * length);
    const loss = -Math.log(Math.max(1e-9, 1 - stake * (burst - epsilon * Math.max(burst, length))));
    const most = Math.floor(((served / length) * gain - Math.log(1 / level)) / (gain + loss));
    consider(chanceOf(most), { kind: 'bet', cap, share });
  }
  // A thinning keeps served/cap calls, give or take what unequal sessions make uncertain.
  const kept = served / cap;
  const calls = Math.floor(kept - (fill < 1 ? 1.3 * Math.sqrt(kept * (1 - fill)) : 0));
  for (const quantile of QUANTILES) {
    const allowed = errorsAllowed(calls, epsilon, quantile * level);
    if (allowed < 0) break;
    // With unequal sessions no test is passed by every thinning.
    if (quantile === 1 && fill < 1) continue;
    const most = mostWith((count) => binomialTail(allowed, count, burst / cap) >= quantile, allowed);
    consider(chanceOf(most), { kind: 'thinned', cap, quantile });
  }
  return best;
}

/** The largest count from `start` on for which a condition holds that holds for `start` and then ends. */
function mostWith(holds: (count: number) => boolean, start: number): number {
  let [low, high] = [start, start + 1];
  while (holds(high) && high < 1e6) [low, high] = [high, high * 2];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
