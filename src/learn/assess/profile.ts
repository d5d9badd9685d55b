/**
 * What a task's calls look like: how often they repeat, how much of their answers is copied, how varied those are.
 * Does not: say what can be served (probe.ts).
 */
import { answerKindOf, type OutputKind, parseAnswer } from '../../core/answer.ts';
import type { TaskProfile } from '../../core/assessment.ts';
import type { Contradictions, Example } from '../../core/dataset.ts';
import { isObject, type Json } from '../../core/json.ts';
import { textKey } from '../../core/text-form.ts';

/** An answer met as often as this is a routine. */
const OFTEN = 5;
/** Fewer calls with an input that comes again say little of how often the LLM contradicts itself. */
const MIN_REPEATED = 20;

/** @param examples One for each call, repeats included. */
export function profileOf(
  kind: OutputKind,
  examples: readonly Example[],
  contradictions: Contradictions,
): TaskProfile {
  const n = Math.max(1, examples.length);
  const answers = [...countsOf(examples.map(({ answer }) => textKey(answer))).values()];
  const inputs = [...countsOf(examples.map(({ input }) => input)).values()];
  const from = (least: number, counts: readonly number[]): number =>
    counts.filter((times) => times >= least).reduce((sum, times) => sum + times, 0) / n;
  const { repeated, differing } = contradictions;
  return {
    answersRepeated: from(OFTEN, answers),
    inputsRepeated: from(2, inputs),
    copyable: copyableOf(kind, examples),
    distinctAnswers: answers.length,
    entropyBits: answers.reduce((sum, times) => sum - (times / n) * Math.log2(times / n), 0),
    contradicted: repeated < MIN_REPEATED ? null : differing / repeated,
  };
}

/** Of all values in the structured answers the share that stands in the input, in whatever case. Null where there are none. */
function copyableOf(kind: OutputKind, examples: readonly Example[]): number | null {
  if (kind === 'label' || kind === 'text') return null;
  let values = 0;
  let copied = 0;
  for (const { input, answer } of examples) {
    if (answerKindOf(kind, answer) === 'text') continue;
    const parsed = parseAnswer('mixed', answer);
    if (parsed === null || parsed.kind === 'text') continue;
    const text = input.toLowerCase();
    const found =
      parsed.kind === 'json' ? leaves(parsed.value) : parsed.uses.flatMap((use) => leaves(use.arguments));
    for (const value of found) {
      values++;
      if (text.includes(value.toLowerCase())) copied++;
    }
  }
  return values === 0 ? null : copied / values;
}

/** Its texts and numbers, as texts; flags and gaps are chosen, not copied. */
function leaves(value: Json): string[] {
  if (typeof value === 'number') return [String(value)];
  if (typeof value === 'string') return value.trim() === '' ? [] : [value.trim()];
  if (Array.isArray(value)) return value.flatMap(leaves);
  return isObject(value) ? Object.values(value).flatMap(leaves) : [];
}

function countsOf(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}
