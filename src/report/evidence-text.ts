/**
 * What the exam's figures are worth, in words, for the terminal and the page.
 * Does not: hold figures (core/specialist), or say why the gate decided (its reason does).
 */
import type { ConfidenceQuality, Evidence } from '../core/specialist.ts';
import { count, percent, plural, rate } from './words.ts';

/** What calls of sessions are worth, and the rate on inputs that are new; '' where both say nothing more. */
export function unseenText({ exam: { servedError, unseenError } }: Evidence): string {
  const worth =
    servedError.effectiveN === undefined
      ? ''
      : `, as sure as ${count(servedError.effectiveN)} independent calls would make it`;
  if (!unseenError || unseenError.n === servedError.n) return worth;
  return `${worth}; on the ${count(unseenError.n)} whose input was not in training, ${rate(unseenError)}`;
}

/** What the exam could have seen; '' where it was not opened. */
export function vetoText({ exam: { veto }, gate: { epsilon } }: Evidence): string {
  if (!veto) return '';
  return veto.errors === null
    ? ' They are too few to contradict the gate.'
    : ` From ${plural(veto.errors, 'error')} on it would have been refused, which an error of ${percent(2 * epsilon)} would have brought about with a chance of ${percent(veto.power)}.`;
}

/** How far the confidence can be trusted, and what answering by it would earn. */
export function confidenceText({ calibrationError, riskCoverageArea, scores }: ConfidenceQuality): string {
  const earned = scores.map(({ target, score }) => `${score.toFixed(2)} at ${target}`).join(', ');
  return (
    `Confidence and accuracy differ by ${percent(calibrationError)} on average (ECE); the mean error over all coverages is ` +
    `${percent(riskCoverageArea)} (AURC). Mean score, right +1, abstained 0, wrong −t/(1−t): ${earned}.`
  );
}
