/**
 * What a task's answers are, and the evidence on each kind of them, in words; and which calls were left out, and why.
 * Does not: hold figures (core/specialist, core/learning).
 */
import type { LeftOut, TaskReport } from '../core/learning.ts';
import type { Evidence, KindEvidence } from '../core/specialist.ts';
import { count, percent, plural, rate } from './words.ts';

/** 'tool', or 'mixed: 66 % text, 34 % tool'. */
export function kindText({ kind, kinds = {} }: TaskReport['task']): string {
  const shares = Object.entries(kinds).sort(([, a], [, b]) => b - a);
  if (kind !== 'mixed' || shares.length < 2) return kind;
  return `mixed: ${shares.map(([own, share]) => `${percent(share)} ${own}`).join(', ')}`;
}

const NAMES: Readonly<Record<KindEvidence['kind'], string>> = {
  tool: 'tool calls',
  json: 'JSON',
  label: 'labels',
  text: 'texts',
};

/** Evidence by the kind of the LLM's answers, on the exam or, where it stayed closed, on calibration; '' where there is one. */
export function byKindText({ exam, calibration }: Evidence): string {
  const byKind = exam.byKind ?? calibration.byKind;
  if (!byKind) return '';
  const { kinds, tools } = byKind;
  const parts = kinds.map(({ kind, accuracy, answered, coverage, servedError }) => {
    const served = exam.byKind
      ? `, ${percent(coverage.share)} served (${plural(servedError.hits, 'error')} in ${count(servedError.n)})`
      : '';
    return `${count(accuracy.n)} ${NAMES[kind]}: ${percent(accuracy.share)} correct, ${percent(1 - answered.share)} without an answer${served}`;
  });
  const apart = tools
    ? ` The right tool, or none, was chosen in ${rate(tools.choice)}; with the right tool the arguments are exact in ${rate(tools.arguments)}.`
    : '';
  if (kinds.length < 2 && apart === '') return '';
  return ` By kind of the LLM's answers, on the ${exam.byKind ? 'exam' : 'calibration'} split: ${parts.join('; ')}.${apart}`;
}

/** Why nothing is learnt from a call. */
const REASONS: Readonly<Record<string, string>> = {
  failed: 'the LLM answered with an error',
  'broken-off': 'the response broke off',
  partial: 'it continues what the provider stored, so it does not hold the whole conversation',
  truncated: 'a limit that the caller did not ask for cut the answer off',
  filtered: 'a safety filter, or the model’s refusal, ended the answer',
  'unknown-ending': 'the finish reason is not known',
  media: 'images, audio or files are in it',
  specialist: 'a specialist answered it',
  'too-few-calls': 'its call site has too few calls',
  'unlike-others': 'its prompt is like no other’s',
  excluded: 'a person has excluded its task',
  unfamiliar: 'it does not follow its task’s templates',
  thinned: 'so that audited calls weigh as others do',
  untimed: 'it has no time, and may have come before the task changed',
  policy: 'it asks for what no specialist serves',
  'broken-tool-call': 'the arguments are no JSON',
  'unsafe-number': 'a number would change when it is read',
  'other-kind': 'the answer is of a kind that the task’s are not',
  wrong: 'feedback calls the answer wrong',
  corrected: 'it came after calls that are held back',
};

/** 'truncated 12 (a limit … cut the answer off; one is call_1)', most calls first; '' where none were left out. */
export function leftOutText(leftOut: readonly LeftOut[]): string {
  return leftOut
    .map(({ reason, calls, example }) => {
      const words = [REASONS[reason] ?? '', example === null ? '' : `one is ${example}`].filter(
        (each) => each !== '',
      );
      return `${reason} ${count(calls)}${words.length > 0 ? ` (${words.join('; ')})` : ''}`;
    })
    .join(', ');
}
