/**
 * Fits the confidence model: how a specialist's signals combine to its probability of being correct, from its predictions
 * on the validation split. Weights are never negative: a surer signal must not lower the confidence.
 * Does not: choose a threshold (gate.ts), or apply the model (stats/confidence).
 */

import { type ConfidenceModel, DISTRIBUTION_SIGNALS, type Signals } from '../core/specialist.ts';
import { signalLogit } from '../stats/confidence.ts';

export interface GradedSignals {
  readonly signals: Signals;
  readonly correct: boolean;
}

/**
 * Logistic regression on the signals' log odds, by Newton's method with coordinate descent for the bound at 0
 * (as glmnet does, Friedman et al. 2010). The ridge pulls towards equal weights, not towards 0, so that a validation
 * split with hardly an error still leaves a usable order; targets are Platt's (1999), so that it stays finite.
 */
export function fitConfidence(graded: readonly GradedSignals[], ridge = 1): ConfidenceModel {
  const names = Object.keys(graded[0]?.signals ?? {})
    .filter((name) => graded.every(({ signals }) => signals[name] !== undefined))
    .sort();
  const d = names.length;
  const prior = d === 0 ? 0 : 1 / d;
  const rows = graded.map(({ signals }) => [...names.map((name) => signalLogit(signals[name])), 1]);
  const correct = graded.filter((each) => each.correct).length;
  const high = (correct + 1) / (correct + 2);
  const low = 1 / (graded.length - correct + 2);
  const w = [...names.map(() => prior), 0];
  for (let round = 0; round < 50; round++) {
    const gradient = w.map((weight, j) => (j < d ? ridge * (weight - prior) : 0.01 * ridge * weight));
    const hessian = w.map((_, j) => w.map((_, k) => (j === k ? (j < d ? ridge : 0.01 * ridge) : 0)));
    rows.forEach((row, i) => {
      const p = 1 / (1 + Math.exp(-row.reduce((sum, x, j) => sum + x * w[j]!, 0)));
      const miss = p - (graded[i]!.correct ? high : low);
      const curve = Math.max(1e-6, p * (1 - p));
      for (let j = 0; j <= d; j++) {
        gradient[j]! += miss * row[j]!;
        for (let k = 0; k <= d; k++) hessian[j]![k]! += curve * row[j]! * row[k]!;
      }
    });
    const step = boundedStep(w, gradient, hessian, d);
    // Damped: a full Newton step can overshoot where almost all are right.
    const size = Math.max(...step.map(Math.abs));
    const scale = Math.min(1, 2 / Math.max(size, 1e-12));
    for (let j = 0; j <= d; j++) w[j]! += scale * step[j]!;
    if (size < 1e-8) break;
  }
  const weights = w.slice(0, d).map((weight) => Math.max(0, weight));
  const floors = floorsOf(graded);
  return { signals: names, weights, bias: w[d]!, ...(Object.keys(floors).length > 0 ? { floors } : {}) };
}

/** The quantile that a floor is set by: of fewer than 200 calls the lowest value. */
const FLOOR_QUANTILE = 0.005;
/** Below it by a tenth: what is at the edge is for the confidence to say, and numbers that count up drift a little. */
const FLOOR_SHARE = 0.9;

/** The floors of the distribution signals, from the calls that the confidence is fitted on. */
function floorsOf(graded: readonly GradedSignals[]): Signals {
  const floors: Record<string, number> = {};
  for (const name of DISTRIBUTION_SIGNALS) {
    // Where there is no answer, all signals are 0.
    const values = graded.flatMap(({ signals }) => signals[name] || []).sort((a, b) => a - b);
    const lowest = values[Math.floor(FLOOR_QUANTILE * values.length)];
    if (lowest !== undefined) floors[name] = FLOOR_SHARE * lowest;
  }
  return floors;
}

/** Minimises the quadratic model of the loss, keeping the first `bounded` weights at or above 0. */
function boundedStep(
  w: readonly number[],
  gradient: readonly number[],
  hessian: readonly (readonly number[])[],
  bounded: number,
): number[] {
  const step = w.map(() => 0);
  for (let sweep = 0; sweep < 200; sweep++) {
    let change = 0;
    for (let j = 0; j < w.length; j++) {
      const slope = gradient[j]! + hessian[j]!.reduce((sum, h, k) => sum + h * step[k]!, 0);
      let next = step[j]! - slope / hessian[j]![j]!;
      if (j < bounded) next = Math.max(next, -w[j]!);
      change = Math.max(change, Math.abs(next - step[j]!));
      step[j] = next;
    }
    if (change < 1e-10) break;
  }
  return step;
}
