/**
 * How far a confidence can be trusted: whether it is right as often as it says, whether it ranks right answers before wrong
 * ones, and what answering by it would earn.
 * Does not: fit a confidence (evaluate/confidence), or choose a threshold (evaluate/gate).
 */
import type { ConfidenceQuality, ReliabilityBin } from '../core/specialist.ts';

/** One answer with its confidence, in [0, 1], and whether it was right. */
export interface Answered {
  readonly confidence: number;
  readonly correct: boolean;
}

/** Confidence targets of Kalai et al. 2025 (arXiv 2509.04664), at which abstaining scores 0. */
const TARGETS = [0.5, 0.75, 0.9] as const;

/** All measures over the answers; zeros and no bins where there are none. */
export function qualityOf(answers: readonly Answered[]): ConfidenceQuality {
  const bins = reliability(answers);
  return {
    bins,
    calibrationError: expectedCalibrationError(bins),
    riskCoverageArea: riskCoverageArea(answers),
    scores: TARGETS.map((target) => ({ target, score: abstentionScore(answers, target) })),
  };
}

/**
 * The reliability diagram (DeGroot and Fienberg 1983): at most `count` bins of equally many answers, lowest confidence
 * first. Answers of one confidence stand in one bin.
 */
export function reliability(answers: readonly Answered[], count = 10): ReliabilityBin[] {
  const sorted = answers.toSorted((a, b) => a.confidence - b.confidence);
  const bins: ReliabilityBin[] = [];
  for (let i = 0, bin = 1; i < sorted.length; bin++) {
    let end = Math.max(i + 1, Math.round((bin * sorted.length) / count));
    while (end < sorted.length && sorted[end]!.confidence === sorted[end - 1]!.confidence) end++;
    const own = sorted.slice(i, end);
    if (own.length > 0) {
      bins.push({
        n: own.length,
        correct: own.filter(({ correct }) => correct).length,
        confidence: own.reduce((sum, { confidence }) => sum + confidence, 0) / own.length,
      });
    }
    i = end;
  }
  return bins;
}

/** ECE (Naeini et al. 2015): the mean distance of confidence and accuracy over the bins, weighted by their size; in [0, 1]. */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number {
  const n = bins.reduce((sum, bin) => sum + bin.n, 0);
  const distance = bins.reduce(
    (sum, { n: own, correct, confidence }) => sum + Math.abs(correct - own * confidence),
    0,
  );
  return n === 0 ? 0 : distance / n;
}

/**
 * AURC (Geifman et al. 2019): the error rate among the most confident answers, averaged over how many are given; in [0, 1],
 * lower is better. Answers of one confidence count with their mean error, so that no order among them is assumed.
 */
export function riskCoverageArea(answers: readonly Answered[]): number {
  const sorted = answers.toSorted((a, b) => b.confidence - a.confidence);
  let area = 0;
  let errors = 0;
  for (let i = 0; i < sorted.length; ) {
    let end = i;
    let wrong = 0;
    while (end < sorted.length && sorted[end]!.confidence === sorted[i]!.confidence)
      if (!sorted[end++]!.correct) wrong++;
    for (let k = i + 1; k <= end; k++) area += (errors + (wrong * (k - i)) / (end - i)) / k;
    errors += wrong;
    i = end;
  }
  return sorted.length === 0 ? 0 : area / sorted.length;
}

/**
 * Mean score at a confidence target t (Kalai et al. 2025, arXiv 2509.04664): right +1, abstained 0, wrong −t/(1−t), where
 * answers below t are abstained from. Answering pays exactly where the probability of being right is above t.
 */
export function abstentionScore(answers: readonly Answered[], target: number): number {
  if (answers.length === 0) return 0;
  const given = answers.filter(({ confidence }) => confidence >= target);
  const correct = given.filter((answer) => answer.correct).length;
  return (correct - ((given.length - correct) * target) / (1 - target)) / answers.length;
}
