/**
 * Random splits of recorded answers, and what three ways to choose a threshold make of each: the gate, a naive threshold,
 * and conformal risk control. The truth about a threshold is its error over all answers of the data set.
 * Does not: read the data (recorded.ts).
 */
import { type Random, seededRandom } from '../../src/core/random.ts';
import type { Rate } from '../../src/core/specialist.ts';
import { fitConfidence, type GradedSignals } from '../../src/evaluate/confidence.ts';
import { testThresholds } from '../../src/evaluate/gate.ts';
import { riskAt, type ScoredAnswer } from '../../src/evaluate/gate-order.ts';
import { confidenceOf } from '../../src/stats/confidence.ts';
import { rateOf } from '../../src/stats/statistics.ts';
import type { RecordedAnswers } from './recorded.ts';

const DELTA = 0.05;

export type Method = 'gate' | 'naive' | 'conformal';
export const METHODS: readonly Method[] = ['gate', 'naive', 'conformal'];

export interface SplitFigures {
  /** Splits in which the error of what is served exceeds epsilon. */
  readonly violations: Rate;
  /** Mean share served, refusals included. */
  readonly coverage: number;
}

/** @param runs Random splits: a sixth to validation (at most 400), a third to calibration (at most 600). */
export function simulateSplits(
  { answers, epsilon }: RecordedAnswers,
  runs: number,
  seed = 1,
): Readonly<Record<Method, SplitFigures>> {
  const random = seededRandom(seed);
  const validationSize = Math.min(400, Math.floor(answers.length / 6));
  const calibrationSize = Math.min(600, Math.floor(answers.length / 3));
  const sums: Record<Method, { broken: number; coverage: number }> = {
    gate: { broken: 0, coverage: 0 },
    naive: { broken: 0, coverage: 0 },
    conformal: { broken: 0, coverage: 0 },
  };
  for (let run = 0; run < runs; run++) {
    const drawn = draw(random, answers.length, validationSize + calibrationSize);
    const graded = drawn.map((i) => answers[i]!);
    const model = fitConfidence(graded.slice(0, validationSize));
    const score = ({ signals, correct }: GradedSignals): ScoredAnswer => ({
      confidence: confidenceOf(model, signals),
      correct,
    });
    const all = answers.map(score);
    const validation = graded.slice(0, validationSize).map(score);
    const calibration = graded.slice(validationSize).map(score);
    const thresholds: Record<Method, number | null> = {
      gate: testThresholds(validation, calibration, { epsilon, delta: DELTA }).chosen?.threshold ?? null,
      naive: naiveThreshold(calibration, epsilon),
      conformal: conformalThreshold(calibration, epsilon),
    };
    for (const method of METHODS) {
      const threshold = thresholds[method];
      if (threshold === null) continue;
      const { served, errors, coverage } = riskAt(all, threshold);
      if (errors > epsilon * served) sums[method].broken++;
      sums[method].coverage += coverage / runs;
    }
  }
  const figures = (method: Method): SplitFigures => ({
    violations: rateOf(sums[method].broken, runs),
    coverage: sums[method].coverage,
  });
  return { gate: figures('gate'), naive: figures('naive'), conformal: figures('conformal') };
}

/** The threshold that serves most at an error of at most epsilon among those it was chosen on. */
function naiveThreshold(calibration: readonly ScoredAnswer[], epsilon: number): number | null {
  let best: number | null = null;
  sweep(calibration, (threshold, served, errors) => {
    if (errors <= epsilon * served) best = threshold;
  });
  return best;
}

/**
 * Conformal risk control (Angelopoulos, Bates, Fisch, Lei, Schuster 2024, arXiv 2208.02814) with the loss "served and
 * wrong": the least strict λ with n/(n+1) · mean loss + 1/(n+1) ≤ epsilon. It bounds the expected share of all calls
 * that are served wrongly, not the error among the served, nor the chance that a bound breaks.
 */
function conformalThreshold(calibration: readonly ScoredAnswer[], epsilon: number): number | null {
  const n = calibration.length;
  let best: number | null = null;
  let over = false;
  sweep(calibration, (threshold, _, errors) => {
    over ||= (errors + 1) / (n + 1) > epsilon;
    if (!over) best = threshold;
  });
  return best;
}

/** Every threshold, strictest first, with what it serves and how much of it wrong. */
function sweep(
  answers: readonly ScoredAnswer[],
  on: (threshold: number, served: number, errors: number) => void,
): void {
  const sorted = answers.toSorted((a, b) => b.confidence - a.confidence);
  let errors = 0;
  sorted.forEach(({ confidence, correct }, i) => {
    if (!correct) errors++;
    if (sorted[i + 1]?.confidence !== confidence) on(confidence, i + 1, errors);
  });
}

/** `count` of the numbers below n, without repetition, in random order. */
function draw(random: Random, n: number, count: number): number[] {
  const numbers = Array.from({ length: n }, (_, i) => i);
  for (let i = 0; i < count; i++) {
    const j = i + random.below(n - i);
    [numbers[i], numbers[j]] = [numbers[j]!, numbers[i]!];
  }
  return numbers.slice(0, count);
}
