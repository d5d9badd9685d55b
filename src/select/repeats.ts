/**
 * Whether a task's answers could be proved without a judge: structured ones, and texts that the LLM repeats.
 * Does not: judge texts that differ.
 */
import { answerKindOf, type OutputKind } from '../core/answer.ts';
import type { Example } from '../core/dataset.ts';
import { textKey } from '../core/text-form.ts';

/** As often a text has to be met among the training calls. */
const MIN_TEXTS = 5;
/** Below this share of the calls no coverage is worth a training. */
const MIN_SHARE = 0.02;

/**
 * Why nothing worth while could be proved; null where it could.
 * @param noJudge Why no judge decides whether texts are equally good; null where one does.
 */
export function whyNotRepeated(
  kind: OutputKind,
  train: readonly Example[],
  noJudge: string | null = 'there is none',
): string | null {
  if ((kind !== 'text' && kind !== 'mixed') || noJudge === null) return null;
  const calls = (examples: readonly Example[]): number =>
    examples.reduce((sum, { weight }) => sum + weight, 0);
  const [texts, others] = [
    train.filter(({ answer }) => answerKindOf(kind, answer) === 'text'),
    train.filter(({ answer }) => answerKindOf(kind, answer) !== 'text'),
  ];
  const repeated = [...Map.groupBy(texts, ({ answer }) => textKey(answer)).values()]
    .map(calls)
    .filter((times) => times >= MIN_TEXTS)
    .reduce((sum, times) => sum + times, 0);
  const all = calls(train);
  if (all === 0 || repeated + calls(others) >= MIN_SHARE * all) return null;
  return `Its answers are free text that hardly repeats: ${repeated} of ${all} training calls have an answer met ${MIN_TEXTS} times or more. Whether two other texts are equally good takes a judge model, and ${noJudge}.`;
}
