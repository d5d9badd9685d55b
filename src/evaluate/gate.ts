/**
 * The gate: picks the confidence threshold under which a specialist hands over, with a bound on the error above it.
 *
 * Learn-then-Test (Angelopoulos, Bates, Candès, Jordan, Lei 2021, arXiv 2110.01052) with split fixed-sequence
 * testing. For a threshold λ, H(λ): "the error among calls with confidence ≥ λ is above ε". Which thresholds are
 * tested, and in which order, is settled on the validation split alone. Then on the calibration split, in that order,
 * each H is tested at level δ with the exact binomial tail until one cannot be rejected; the last rejected threshold
 * is chosen.
 * Why it is valid: given the validation split the order is fixed, and the calibration calls are fresh. A broken
 * bound needs a true H rejected; the first true H in the order is rejected with chance ≤ δ, and none is tested after
 * it unless it was. Choosing the model, its confidence and the order on train and validation costs nothing.
 * What it assumes: calibration calls and later calls are exchangeable. The exam (later in time) and the audits check it.
 *
 * Does not: decide right or wrong (scorers/), or serve (deploy/).
 */
import type { GateResult, RiskPoint } from '../core/specialist.ts';
import {
  betaBinomialTail,
  binomialTail,
  callsNeeded,
  errorsAllowed,
  incompleteBeta,
} from '../stats/statistics.ts';

/** One answer with its confidence and whether it was right. */
export interface Scored {
  /** NOT_SERVABLE where it would not be given, whatever the threshold. */
  readonly confidence: number;
  readonly right: boolean;
}

/** Below every threshold: an answer that the online decision refuses before it looks at the confidence. */
export const NOT_SERVABLE = -1;

export interface GateOptions {
  readonly epsilon: number;
  readonly delta: number;
}

/** Beyond this, "so many more calls" is no help to anyone. */
const MAX_CALLS = 20_000;

/** At most so many thresholds are looked at: finer steps would only be stopped by the next single error. */
const GRID = 40;

/** Chooses the threshold on `calibration`; the order of the tests comes from `validation`. */
export function runGate(
  validation: readonly Scored[],
  calibration: readonly Scored[],
  { epsilon, delta }: GateOptions,
): GateResult {
  const n = calibration.length;
  const order = testOrder(validation, n, { epsilon, delta });
  const fixed = { epsilon, delta, n };
  let chosen: (RiskPoint & { pValue: number }) | null = null;
  let failed: (RiskPoint & { pValue: number }) | null = null;
  for (const threshold of order) {
    const point = riskAt(calibration, threshold);
    const tested = { ...point, pValue: binomialTail(point.errors, point.served, epsilon) };
    if (point.served === 0 || tested.pValue > delta) {
      failed = tested;
      break;
    }
    chosen = tested;
  }
  if (chosen) {
    const { threshold, served, errors, pValue } = chosen;
    const reason =
      `Serves ${served} of ${n} held-back calls with ${plural(errors, 'error')}: with ${percent(1 - delta)} ` +
      `confidence at most ${percent(epsilon)} of what it serves is wrong.`;
    return { ...fixed, passed: true, threshold, served, errors, pValue, reason, moreCalls: 0 };
  }
  const { served = 0, errors = 0, pValue = 1 } = failed ?? {};
  const moreCalls = estimateMoreCalls(validation, calibration, { epsilon, delta });
  const reason = `${whyNot(n, served, errors, { epsilon, delta })} ${
    moreCalls === null
      ? 'More calls of this kind would not help: no threshold comes close to the bound.'
      : `About ${moreCalls} more held-back calls of the same quality would be needed.`
  }`;
  return { ...fixed, passed: false, threshold: null, served, errors, pValue, reason, moreCalls };
}

/** What would be served at the threshold, and how much of it wrong. */
export function riskAt(scored: readonly Scored[], threshold: number): RiskPoint {
  let served = 0;
  let errors = 0;
  for (const { confidence, right } of scored) {
    if (confidence < threshold) continue;
    served++;
    if (!right) errors++;
  }
  return { threshold, served, errors, coverage: scored.length === 0 ? 0 : served / scored.length };
}

/** The risk-coverage curve, strictest threshold first, at most `points` of them, evenly over coverage. */
export function riskCurve(scored: readonly Scored[], points = GRID): RiskPoint[] {
  const servable = scored.map(({ confidence }) => confidence).filter((each) => each !== NOT_SERVABLE);
  const sorted = servable.sort((a, b) => b - a);
  const thresholds = new Set<number>();
  const count = Math.min(points, sorted.length);
  for (let i = 1; i <= count; i++) thresholds.add(sorted[Math.ceil((i * sorted.length) / count) - 1]!);
  return [...thresholds].map((threshold) => riskAt(scored, threshold));
}

/**
 * The thresholds worth testing, most promising first, from validation alone: the one with the best chance to pass,
 * then each that trades some of that chance for more coverage. A threshold that another beats in both is left out.
 * The chance is a beta-binomial forecast of the calibration errors (Jeffreys prior).
 */
function testOrder(validation: readonly Scored[], calibrationSize: number, options: GateOptions): number[] {
  const ranked = riskCurve(validation)
    .map((point) => ({ ...point, chance: passChance(point, point.coverage * calibrationSize, options) }))
    .sort((a, b) => b.chance - a.chance || b.coverage - a.coverage);
  const order: number[] = [];
  let coverage = 0;
  for (const point of ranked) {
    if (point.coverage <= coverage) continue;
    coverage = point.coverage;
    order.push(point.threshold);
  }
  return order;
}

/** The chance that `served` fresh calls pass the test, after the errors seen at `point`. */
export function passChance(
  point: Pick<RiskPoint, 'served' | 'errors'>,
  served: number,
  { epsilon, delta }: GateOptions,
): number {
  const m = Math.round(served);
  const allowed = errorsAllowed(m, epsilon, delta);
  if (allowed < 0) return 0;
  return betaBinomialTail(allowed, m, point.errors + 0.5, point.served - point.errors + 0.5);
}

/** Held-back calls beyond the present ones with which some threshold would pass more likely than not; null: none. */
function estimateMoreCalls(
  validation: readonly Scored[],
  calibration: readonly Scored[],
  options: GateOptions,
): number | null {
  const pooled = [...validation, ...calibration];
  let best = Number.POSITIVE_INFINITY;
  for (const point of riskCurve(pooled)) {
    if (point.errors >= options.epsilon * point.served) continue;
    // Validation calls may be earlier than those held back, and many more: what has changed since counts as it is now.
    const now = calibration.length === 0 ? point : riskAt(calibration, point.threshold);
    // With few calls served an observed rate says little: only thresholds under which a tenth is served count.
    if (now.coverage < 0.1 || isAbove(now, options)) continue;
    // With endless calls a threshold passes as often as its true error is under epsilon.
    const [wrong, right] = [point.errors + 0.5, point.served - point.errors + 0.5];
    if (incompleteBeta(options.epsilon, wrong, right) < 0.6) continue;
    let n = callsNeeded(0, options.epsilon, options.delta);
    while (n < MAX_CALLS && passChance(point, n * now.coverage, options) < 0.5) n = Math.ceil(n * 1.1);
    if (n < MAX_CALLS) best = Math.min(best, n);
  }
  if (!Number.isFinite(best)) return null;
  // Enough calls on paper and failed all the same: it was close; a tenth more is the least that says something new.
  return Math.max(best - calibration.length, Math.ceil(calibration.length * 0.1), 1);
}

/** Whether so many errors would be unlikely (below delta) if their share were at most epsilon. */
const isAbove = ({ errors, served }: RiskPoint, { epsilon, delta }: GateOptions): boolean =>
  1 - binomialTail(errors - 1, served, epsilon) < delta;

function whyNot(n: number, served: number, errors: number, { epsilon, delta }: GateOptions): string {
  const least = callsNeeded(0, epsilon, delta);
  if (n < least)
    return `Only ${n} held-back calls: even without an error at least ${least} are needed for ${percent(epsilon)} at ${percent(1 - delta)} confidence.`;
  if (served < least)
    return `Its surest answers are too few: ${served} of ${n} held-back calls at the most promising threshold (${plural(errors, 'error')}), and at least ${least} without an error are needed.`;
  return `${plural(errors, 'error')} in ${served} held-back calls at the most promising threshold; at most ${errorsAllowed(served, epsilon, delta)} would have passed at ${percent(epsilon)}.`;
}

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;
const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
