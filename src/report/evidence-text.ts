/**
 * What the exam's figures are worth, in words, for the terminal and the page.
 * Does not: hold figures (core/specialist), or say why the gate decided (its reason does).
 */

import type { ConfidenceQuality, Evidence } from '../core/specialist.ts';
import type { Mean, OutcomeReport } from '../core/status-report.ts';
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

/** Specialist and LLM against what feedback says is correct; '' where it says nothing of the held-back calls. */
export function truthText({ truth }: Evidence): string {
  if (!truth) return '';
  const { specialist, llm, scope, complete, high, margin, delta, nonInferior } = truth;
  const which = scope === 'served' ? 'exam calls that it would serve' : 'calibration calls';
  const known = complete
    ? `Against the corrected record (${plural(specialist.n, 'call')} compared, one a session)`
    : `Of ${count(truth.heldBack)} held-back calls feedback tells the truth of ${count(truth.known)} (${plural(specialist.n, 'call')} compared, one a session)`;
  if (specialist.n === 0) return ` ${known}.`;
  const bound = `${(100 * high).toFixed(1)} points`;
  const verdict = nonInferior
    ? `with ${percent(1 - delta)} confidence it errs at most ${bound} more often than the LLM: no worse within ${percent(margin)}`
    : `its error may be up to ${bound} above the LLM’s, so that it is not shown to be no worse within ${percent(margin)}`;
  const caution = complete
    ? ''
    : ' People speak of some calls and not of others, so this is no part of the proof.';
  return ` ${known}: on the ${which} the specialist is wrong in ${rate(specialist)}, the LLM in ${rate(llm)}; ${verdict}.${caution}`;
}

/** A metric by session, in a line each; none where no metric was given. */
export function outcomeLines(outcomes: readonly OutcomeReport[]): string[] {
  if (outcomes.length === 0) return [];
  const side = ({ n, mean, low, high }: Mean): string => {
    if (n === 0) return 'no session';
    const between = low === null || high === null ? '' : ` (${short(low)}–${short(high)})`;
    return `${short(mean)}${between} in ${plural(n, 'session')}`;
  };
  return [
    'Outcomes by session, as observed: the sessions differ in more than in who served.',
    ...outcomes.map(
      ({ name, withSpecialists, llmAlone }) =>
        `  ${name}: with specialists ${side(withSpecialists)}; LLM alone ${side(llmAlone)}.`,
    ),
  ];
}

const short = (value: number): string => Number(value.toPrecision(3)).toString();

/** How far the confidence can be trusted, and what answering by it would earn. */
export function confidenceText({ calibrationError, riskCoverageArea, scores }: ConfidenceQuality): string {
  const earned = scores.map(({ target, score }) => `${score.toFixed(2)} at ${target}`).join(', ');
  return (
    `Confidence and accuracy differ by ${percent(calibrationError)} on average (ECE); the mean error over all coverages is ` +
    `${percent(riskCoverageArea)} (AURC). Mean score, right +1, abstained 0, wrong −t/(1−t): ${earned}.`
  );
}
