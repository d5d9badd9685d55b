/**
 * The gate: picks the confidence threshold under which a specialist abstains, with a bound on the error above it.
 *
 * Learn-then-Test (Angelopoulos, Bates, Candès, Jordan, Lei 2021, arXiv 2110.01052) with split fixed-sequence
 * testing. For a threshold λ, H(λ): "the error among calls with confidence ≥ λ is above ε". Which thresholds are
 * tested, in which order and how, is settled on the validation split alone (gate-order.ts). Then on the calibration
 * split, in that order, each H is tested at the try's share of δ until one cannot be rejected; the last rejected
 * threshold is chosen. The test is exact: binomial where each session has one call, else by session (stats/sessions).
 * Why it is valid: given the validation split the order is fixed, and the calibration calls are fresh. A broken
 * bound needs a true H rejected; the first true H in the order is rejected with probability at most the level, and none
 * is tested after it unless it was. Choosing the model, its confidence and the order on earlier splits costs nothing.
 * What it assumes: calibration sessions and later ones are exchangeable. That no session has more served calls than the
 * test allows is not assumed: the router sees to it. The exam (later in time) and the audits check.
 *
 * Does not: decide correct or wrong (scorers/), count tries (the store), or serve (deploy/).
 */
import type { GateResult, RiskPoint } from '../core/specialist.ts';
import { effectiveCalls, sessionsPass, sessionsPValue } from '../stats/sessions.ts';
import { binomialTail, callsNeeded, errorsAllowed, incompleteBeta } from '../stats/statistics.ts';
import {
  burstOf,
  type Clustering,
  clusteringOfRun,
  forecast,
  type GateRun,
  levelOf,
  observedBound,
  riskAt,
  riskCurve,
  type ScoredAnswer,
  sensitivityOf,
  sessionSizes,
  type ThresholdTest,
  tallySessions,
  testOrder,
} from './gate-order.ts';

/** Beyond this, a number of calls is no help to anyone. */
const MAX_CALLS = 20_000;

interface Outcome {
  readonly chosen: ThresholdTest | null;
  /** The first that could not be rejected. */
  readonly failed: ThresholdTest | null;
  readonly clustering: Clustering;
  readonly level: number;
}

/** The tests alone, without words: what a simulation runs thousands of times. */
export function testThresholds(
  validation: readonly ScoredAnswer[],
  calibration: readonly ScoredAnswer[],
  run: GateRun,
): Outcome {
  const level = levelOf(run);
  const sizes = run.earlierSessions ?? sessionSizes(validation);
  const clustering = clusteringOfRun(run, sizes, calibration.length);
  const { cap, epsilon } = clustering;
  let chosen: ThresholdTest | null = null;
  for (const next of testOrder(validation, calibration.length, clustering, level)) {
    const tallies = tallySessions(calibration, next.threshold, cap);
    if (!sessionsPass(tallies, next.test, epsilon, level)) return { chosen, failed: next, clustering, level };
    chosen = next;
  }
  return { chosen, failed: null, clustering, level };
}

/** Chooses the threshold on `calibration`; the order of the tests comes from `validation`. */
export function runGate(
  validation: readonly ScoredAnswer[],
  calibration: readonly ScoredAnswer[],
  run: GateRun,
): GateResult {
  const { epsilon, delta, tryNumber } = run;
  const outcome = testThresholds(validation, calibration, run);
  const { chosen, clustering, level } = outcome;
  const { cap, epsilon: bound } = clustering;
  const last = chosen ?? outcome.failed;
  const point = riskAt(calibration, last?.threshold ?? Number.POSITIVE_INFINITY, cap);
  const tallies = tallySessions(calibration, point.threshold, cap);
  const pValue = last === null ? 1 : sessionsPValue(tallies, last.test, bound);
  const sessions = {
    count: tallies.length,
    cap,
    beyondCap: clustering.beyond,
    effectiveCalls: effectiveCalls(point, pValue, bound),
  };
  const n = calibration.length;
  // What could not pass, whatever the answers, was no try (canPass).
  const isTry = tryNumber !== undefined && couldPass(calibration, clustering, level);
  const result = {
    epsilon,
    delta,
    n,
    served: point.served,
    errors: point.errors,
    pValue,
    sessions,
    ...(run.judged ? { observedBound: bound } : {}),
    ...(isTry ? { tries: { number: tryNumber, delta: level } } : {}),
  };
  if (chosen) {
    const claim = `at most ${percent(epsilon)} of what it serves is ${run.judged ? 'worse than the LLM’s answer' : 'wrong'}`;
    const reason =
      `Serves ${point.served} of ${n} held-back calls with ${plural(point.errors, 'error')}: with ` +
      `${percent(1 - delta)} confidence ${claim}.`;
    const words = [reason, judgeWords(run), sessionWords(sessions), tryWords(result)].filter(
      (each) => each !== '',
    );
    return { ...result, passed: true, threshold: chosen.threshold, reason: words.join(' '), moreCalls: 0 };
  }
  // More calls mean another try, at that try's level.
  const next = isTry ? levelOf({ ...run, tryNumber: tryNumber + 1 }) : level;
  const moreCalls = estimateMoreCalls(validation, calibration, clustering, next);
  const more =
    moreCalls === null
      ? 'More calls of this kind would not help: no threshold comes close to the bound.'
      : `About ${moreCalls} more held-back calls of the same quality would be needed.`;
  const words = [
    whyNot(n, point, outcome, run),
    judgeWords(run),
    sessionWords(sessions),
    more,
    tryWords(result),
  ];
  const reason = words.filter((each) => each !== '').join(' ');
  return { ...result, passed: false, threshold: null, reason, moreCalls };
}

/** Whether these calibration calls could pass at all, with no error among them: a test that cannot is no try. */
export function canPass(calibration: readonly ScoredAnswer[], run: GateRun): boolean {
  const level = levelOf(run);
  const clustering = clusteringOfRun(run, run.earlierSessions ?? [], calibration.length);
  return couldPass(calibration, clustering, level);
}

/**
 * A try that is less likely to pass waits for more calls; the first one does not, as little is known before it. A try costs later
 * ones 2 ln(1 + 1/j) / epsilon calls without an error, 40 after the second at 2 %, and waiting for more calls costs hundreds.
 */
const MIN_CHANCE = 0.1;

/**
 * The refusal of a try that is not made, because the validation split says that it would hardly pass; null where it is worth
 * making. Nothing of the calibration split is looked at but its size, so it spends no part of delta.
 */
export function whyNotYet(
  validation: readonly ScoredAnswer[],
  calibrationSize: number,
  run: GateRun,
): GateResult | null {
  if ((run.tryNumber ?? 1) <= 1) return null;
  const level = levelOf(run);
  const sizes = run.earlierSessions ?? sessionSizes(validation);
  const clustering = clusteringOfRun(run, sizes, calibrationSize);
  const chance = testOrder(validation, calibrationSize, clustering, level)[0]?.chance ?? 0;
  if (chance >= MIN_CHANCE) return null;
  const { epsilon, delta } = run;
  const needed = estimateMoreCalls(validation, [], clustering, level);
  const moreCalls =
    needed === null ? null : Math.max(needed - calibrationSize, Math.ceil(calibrationSize * 0.1), 1);
  const more =
    moreCalls === null
      ? 'More calls of this kind would not help: no threshold comes close to the bound.'
      : `About ${moreCalls} more held-back calls make it worth a try.`;
  const reason = `Not tried: after what it got wrong on the validation split it would pass on ${calibrationSize} held-back calls with a chance of ${percent(chance)}, and each try takes its part of δ. ${more}`;
  return {
    epsilon,
    delta,
    n: calibrationSize,
    served: 0,
    errors: 0,
    pValue: 1,
    passed: false,
    threshold: null,
    reason,
    moreCalls,
  };
}

/**
 * By session a bet passes with the fewest calls, those of short sessions: a call without an error gains at most
 * ln(1 + x) ≤ x = epsilon / ((1 − epsilon) · cap), and ln(1/level) is needed.
 */
function couldPass(
  calibration: readonly ScoredAnswer[],
  { cap, epsilon }: Clustering,
  level: number,
): boolean {
  const { served } = riskAt(calibration, 0, cap);
  // A judge that shows nothing at this level.
  if (epsilon <= 0) return false;
  const needed = cap === 1 ? callsNeeded(0, epsilon, level) : (Math.log(1 / level) * (1 - epsilon)) / epsilon;
  return served / cap >= needed;
}

/** Held-back calls beyond the present ones with which some threshold would pass more likely than not; null: none. */
function estimateMoreCalls(
  validation: readonly ScoredAnswer[],
  calibration: readonly ScoredAnswer[],
  clustering: Clustering,
  level: number,
): number | null {
  const { epsilon, cap } = clustering;
  const pooled = [...validation, ...calibration];
  const burst = burstOf(tallySessions(pooled, 0, cap), cap);
  let best = Number.POSITIVE_INFINITY;
  for (const point of riskCurve(pooled, { cap })) {
    const { errors } = point;
    if (errors >= epsilon * point.served) continue;
    // Validation calls may be earlier than those held back, and many more: what has changed since counts as it is now.
    const now = calibration.length === 0 ? point : riskAt(calibration, point.threshold, cap);
    // With few calls served an observed rate says little: only thresholds under which a tenth is served count.
    if (now.coverage < 0.1 || isAbove(now, burst, epsilon, level)) continue;
    // With endless calls a threshold passes as often as its true error is under epsilon.
    const [wrong, fine] = [errors / burst + 0.5, (point.served - errors) / burst + 0.5];
    if (incompleteBeta(epsilon, wrong, fine) < 0.6) continue;
    let n = cap * callsNeeded(0, epsilon, level);
    const chance = (calls: number): number => forecast(point, calls, clustering, level, burst).chance;
    while (n < Math.min(best, MAX_CALLS) && chance(n * now.coverage) < 0.5) n = Math.ceil(n * 1.1);
    if (n < MAX_CALLS) best = Math.min(best, n);
  }
  if (!Number.isFinite(best)) return null;
  // Enough calls on paper and failed all the same: it was close; a tenth more is the least that says something new.
  return Math.max(best - calibration.length, Math.ceil(calibration.length * 0.1), 1);
}

/** Whether that number of errors would be unlikely (below the level) if their share were at most epsilon. */
const isAbove = (point: RiskPoint, burst: number, epsilon: number, level: number): boolean =>
  1 - binomialTail(point.errors / burst - 1, point.served / burst, epsilon) < level;

function whyNot(
  n: number,
  point: RiskPoint,
  { clustering: { cap, epsilon: bound }, level }: Outcome,
  run: GateRun,
): string {
  const { served, errors } = point;
  const { epsilon, delta } = run;
  if (bound <= 0)
    return 'The judge’s own errors are too uncertain at this try’s level to show anything: nothing was tested.';
  const sessions = callsNeeded(0, bound, level);
  const least = sessions * cap;
  const where = cap === 1 ? '' : ` in ${sessions} sessions`;
  if (n < least)
    return `Only ${n} held-back calls: even without an error at least ${least}${where} are needed for ${percent(epsilon)} at ${percent(1 - delta)} confidence.`;
  if (served < least)
    return `Its surest answers are too few: ${served} of ${n} held-back calls at the most promising threshold (${plural(errors, 'error')}), and at least ${least}${where} without an error are needed.`;
  const allowed =
    cap === 1
      ? `; at most ${errorsAllowed(served, bound, level)} would have passed at ${percent(epsilon)}`
      : `: too many for ${percent(epsilon)}`;
  return `${plural(errors, 'error')} in ${served} held-back calls at the most promising threshold${allowed}.`;
}

function sessionWords({
  count,
  cap,
  beyondCap,
  effectiveCalls: worth,
}: Required<GateResult>['sessions']): string {
  if (cap === 1 && beyondCap === 0) return '';
  const beyond =
    beyondCap === 0
      ? ''
      : ` Of a session at most ${plural(cap, 'call')} are served; those beyond (${percent(beyondCap)} of the calls before) stay with the LLM.`;
  return `Calls of a session are not independent: those of these ${plural(count, 'session')} are worth ${Math.floor(worth)} that are.${beyond}`;
}

/** What the judge's own errors cost; '' where there is none. */
function judgeWords(run: GateRun): string {
  if (!run.judged) return '';
  return `The judge finds worse at least ${percent(sensitivityOf(run))} of worse answers: so ${percent(observedBound(run))} is what the errors that it sees are tested for.`;
}

function tryWords({ delta, tries }: Pick<GateResult, 'delta' | 'tries'>): string {
  if (!tries) return '';
  return `Try ${tries.number} of this task: tested at δ = ${percent(tries.delta)}, so that all its tries together stay within ${percent(delta)}.`;
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
