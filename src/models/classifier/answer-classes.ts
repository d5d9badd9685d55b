/**
 * The classes of a classifier over answer templates: those that are met often enough to be an answer, and those that stand
 * for what is too rare, on which it abstains.
 * Does not: make templates (answer-template.ts), or choose among classes (linear.ts).
 */
import { answerKindOf, type OutputKind, toolChoiceOf } from '../../core/answer.ts';
import { textKey } from '../../core/text-form.ts';

/** An example's template, and how many calls it stands for. */
export interface CountedTemplate {
  readonly template: string;
  readonly weight: number;
}

/** How often a text has to be met to be an answer of its own; other templates, whose values are filled in, sooner. */
const [MIN_TEXTS, MIN_TEMPLATES] = [5, 2];

/** Begins a class that gives no answer, though it says which tools would be called; a private character as those of slots. */
const WITHHELD = '\uE003';

/** What a class without an answer says of the tools that would be called: '' for none; null for a class with an answer. */
export function withheldChoice(name: string): string | null {
  if (name === '') return '';
  return name.startsWith(WITHHELD) ? name.slice(WITHHELD.length) : null;
}

/**
 * The class of each example: its template, or one without an answer where that is met too seldom: '' for texts and JSON,
 * one for each choice of tools. Texts that say the same are one class, in their most frequent spelling.
 */
export function classesOf(kind: OutputKind, counted: readonly CountedTemplate[]): string[] {
  const keyOf = (template: string): string => (isText(kind, template) ? textKey(template) : template);
  const groups = Map.groupBy(counted, ({ template }) => keyOf(template));
  const names = new Map<string, string>();
  for (const [key, group] of groups) {
    const calls = group.reduce((sum, { weight }) => sum + weight, 0);
    const { template } = group[0]!;
    const met = isText(kind, template) ? calls : group.length;
    if (met < (isText(kind, template) ? MIN_TEXTS : MIN_TEMPLATES)) continue;
    const spellings = Map.groupBy(group, (each) => each.template);
    names.set(key, [...spellings].sort((a, b) => b[1].length - a[1].length)[0]![0]);
  }
  return counted.map(({ template }) => {
    const name = names.get(keyOf(template));
    const choice = name === undefined ? toolChoiceOf(kind, template) : '';
    return name ?? (choice === '' ? '' : WITHHELD + choice);
  });
}

const isText = (kind: OutputKind, template: string): boolean => answerKindOf(kind, template) === 'text';

/**
 * Why a classifier over these classes (one per training example) cannot work; null where it can. With most seen only once
 * there is nothing to choose from. Where answers are texts, or texts among others, it abstains on those that do not repeat.
 */
export function whyNotClassified(kind: OutputKind, counted: readonly CountedTemplate[]): string | null {
  const all = counted.length;
  if (kind === 'text' || kind === 'mixed') {
    const repeated = classesOf(kind, counted).filter((name) => withheldChoice(name) === null).length;
    return repeated > 0
      ? null
      : `None of its answers repeats: of ${all} none is met ${MIN_TEXTS} times, as texts have to be without a judge.`;
  }
  const counts = new Map<string, number>();
  for (const { template } of counted) counts.set(template, (counts.get(template) ?? 0) + 1);
  const rare = counted.filter(({ template }) => counts.get(template) === 1).length;
  if (rare * 2 > all)
    return `Its answers are too varied to choose among: ${rare} of ${all} have a form seen only once.`;
  return null;
}
