/**
 * What share of its calls a candidate will serve once it is proved, foreseen from out-of-fold predictions: the gate itself is
 * run on drawn calls, many times over.
 *
 * Each draw resamples the sessions of the predictions (Efron 1979; by session, since its calls hang together: Field and Welsh
 * 2007), then draws from them a calibration split and an exam of the sizes that there will be, lets the gate choose its threshold
 * and measures what it serves. So the interval holds both kinds of chance: which calls the predictions were made on, and
 * which will be held back. What it does not hold: that later calls differ from these, and that another rung is better.
 * Does not: prove anything.
 */
import { seededRandom } from '../core/random.ts';
import { crossConfidences, estimate } from './estimate.ts';
import { canPass, testThresholds } from './gate.ts';
import { answeredOf, type GateRun, riskAt, type ScoredAnswer } from './gate-order.ts';
import type { GradedPrediction } from './predictions.ts';

export interface ForeseeOptions extends GateRun {
  /** Calls that the gate will have, and the exam. */
  readonly calibrationSize: number;
  readonly examSize: number;
  readonly seed: number;
  /** Default: 100. */
  readonly draws?: number;
}

export interface Foreseen {
  /** Over the draws; a draw in which the gate refuses counts as none served. */
  readonly mean: number;
  /** The twentieth parts at both ends lie outside. */
  readonly low: number;
  readonly high: number;
  /** Share of the draws in which the gate let it pass. */
  readonly passes: number;
  /** Share that would be served if held-back calls were plenty. */
  readonly withMoreCalls: number;
  /**
   * The calibration split with which it would pass four times of five or comes to nine tenths of that: the one that there is, or a
   * larger one; null where no number of calls does.
   */
  readonly calibrationNeeded: number | null;
}

/** Held-back calls that are plenty, and how far the number needed is told. */
const PLENTY = 20_000;
const STEP = 1.15;

export function foresee(graded: readonly GradedPrediction[], options: ForeseeOptions): Foreseen {
  const { calibrationSize, examSize, seed, draws = 100 } = options;
  const ample = estimate(graded, { ...options, calibrationSize: PLENTY }).coverage;
  const random = seededRandom(seed);
  const sessions = sessionsOf(crossConfidences(graded));
  const shares: number[] = [];
  let passed = 0;
  for (let draw = 0; draw < draws; draw++) {
    const pool = sessions.map(() => random.pick(sessions));
    const validation = pool.flatMap((session, i) => named(session, i));
    const drawn = (size: number): ScoredAnswer[] => {
      const out: ScoredAnswer[] = [];
      for (let i = 0; out.length < size; i++) out.push(...named(random.pick(pool), i));
      return out.slice(0, size);
    };
    const run = { ...options, answered: answeredOf(validation) };
    const calibration = drawn(calibrationSize);
    const { chosen, clustering } = canPass(calibration, run)
      ? testThresholds(validation, calibration, run)
      : { chosen: null, clustering: { cap: 1 } };
    if (chosen) passed++;
    shares.push(chosen ? riskAt(drawn(examSize), chosen.threshold, clustering.cap).coverage : 0);
  }
  const passes = passed / Math.max(1, draws);
  const sorted = shares.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (draws - 1))] ?? 0;
  return {
    mean: shares.reduce((sum, share) => sum + share, 0) / Math.max(1, draws),
    low: at(0.05),
    high: at(0.95),
    passes,
    withMoreCalls: ample,
    calibrationNeeded: passes >= 0.8 ? calibrationSize : calibrationNeeded(graded, options, ample),
  };
}

function sessionsOf(answers: readonly ScoredAnswer[]): ScoredAnswer[][] {
  return [...Map.groupBy(answers, ({ session }) => session).values()];
}

/** A session that is drawn twice is two. */
const named = (session: readonly ScoredAnswer[], i: number): ScoredAnswer[] =>
  session.length === 1
    ? session.map((each) => ({ ...each, session: undefined }))
    : session.map((each) => ({ ...each, session: `${i} ${each.session}` }));

/** The smallest calibration split, in steps of 15 %, with which the expectation is nine tenths of what plenty would give. */
function calibrationNeeded(
  graded: readonly GradedPrediction[],
  run: ForeseeOptions,
  ample: number,
): number | null {
  if (ample < MIN_COVERAGE) return null;
  const reaches = (size: number): boolean =>
    estimate(graded, { ...run, calibrationSize: Math.round(size) }).coverage >= 0.9 * ample;
  if (reaches(run.calibrationSize)) return run.calibrationSize;
  // The expectation grows with the calls: halve the steps.
  const steps = Math.ceil(Math.log(PLENTY / run.calibrationSize) / Math.log(STEP));
  let [low, high] = [0, Math.max(1, steps)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (reaches(run.calibrationSize * STEP ** middle)) high = middle;
    else low = middle;
  }
  return Math.round(run.calibrationSize * STEP ** high);
}

/** A share below this is worth no training. */
const MIN_COVERAGE = 0.02;
