/**
 * What a model has to say about each example to give its answer: the form, the option of each chosen field, and which
 * stretches of the input are values of which tag.
 * Does not: learn the plan (plan.ts), or answer (compose.ts).
 */
import { answerKindOf, type OutputKind } from '../../core/answer.ts';
import type { Json } from '../../core/json.ts';
import { classesOf } from '../classifier/answer-classes.ts';
import type { Place } from './align.ts';
import {
  ABSENT,
  COPY,
  type ExtractionPlan,
  type Field,
  hasParent,
  isFilled,
  learnPlan,
  OTHER,
  type ReadExample,
  readExample,
} from './plan.ts';
import { hasTools, mapLeaves } from './tree.ts';
import type { Span } from './units.ts';
import { copyPlaces } from './writing.ts';

export interface TagSpan extends Span {
  readonly tag: number;
}

export interface Target {
  readonly input: string;
  /** As JSON: the answer without its fields, an object, or a text that is one of a few; '' where it can be neither. */
  readonly form: string;
  /** Option of each chosen field, by the field's place in the plan; absent where the field could not be there. */
  readonly options: ReadonlyMap<number, string>;
  /** Of each field with a tag that could be there, by its place in the plan: whether it is copied; absent where nobody knows. */
  readonly copied: ReadonlyMap<number, boolean>;
  /** In the order of the input, without overlap. */
  readonly spans: readonly TagSpan[];
  /** Units that say nothing: a value stands there too, or one may. */
  readonly ignored: readonly Span[];
  /** Fields whose value can neither be copied nor chosen here. */
  readonly lost: readonly Field[];
}

/** Marks a repeated field's place in a form: a character of Unicode's private use area, and the field's number. */
const MARK = '\uE010';
export const placeholder = (field: number): string => `${MARK}${field}`;
/** The field that a value in a form stands for; null where it is a value. */
export const fieldOfPlaceholder = (value: Json): number | null =>
  typeof value === 'string' && /^\uE010\d+$/.test(value) ? Number(value.slice(MARK.length)) : null;

export interface Lesson {
  readonly plan: ExtractionPlan;
  /** Forms that are met at least twice, most frequent first; '' stands for all others together, where there are any. */
  readonly forms: readonly string[];
  readonly targets: readonly Target[];
}

/** The plan of a task's examples, and what each of them teaches. */
export function learnTargets(
  kind: OutputKind,
  examples: readonly { readonly input: string; readonly answer: string; readonly sessionId?: string }[],
): Lesson {
  const read = examples.map(({ input, answer, sessionId }) => readExample(kind, input, answer, sessionId));
  const plan = learnPlan(kind, read);
  const contexts = new Contexts();
  // What stands around values that are met once tells which of several places is meant.
  for (const each of read)
    for (const { places, tag } of valuesOf(plan, each))
      if (places.length === 1) contexts.add(tag, places[0]!);
  const texts = kind === 'mixed' ? textForms(examples) : [];
  const targets = read.map((each, i) =>
    each.tree === null && kind === 'mixed'
      ? { ...NOTHING, input: each.input, form: texts[i]! }
      : targetOf(kind, plan, each, contexts),
  );
  const counts = new Map<string, number>();
  for (const { form } of targets) counts.set(form, (counts.get(form) ?? 0) + 1);
  const forms = [...counts]
    .filter(([form, n]) => form !== '' && n >= 2)
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .map(([form]) => form);
  const known = new Set(forms);
  const isRare = ({ form }: Target): boolean => !known.has(form);
  return { plan, forms: targets.some(isRare) ? [...forms, ''] : forms, targets };
}

/** What a text teaches beside its form. */
const NOTHING: Omit<Target, 'input' | 'form'> = {
  options: new Map(),
  copied: new Map(),
  spans: [],
  ignored: [],
  lost: [],
};

/** The form of each answer that is a text, as JSON; '' for those that do not repeat, and for tool calls. */
function textForms(examples: readonly { readonly answer: string }[]): readonly string[] {
  const counted = examples.map(({ answer }) => ({ template: answer, weight: 1 }));
  return classesOf('mixed', counted).map((name) =>
    name === '' || answerKindOf('mixed', name) === 'tool' ? '' : JSON.stringify(name),
  );
}

/** Every copied value of an example with the places that it may stand at, in the order of the answer. */
function valuesOf(
  plan: ExtractionPlan,
  { leaves }: ReadExample,
): readonly { readonly field: number; readonly tag: number; readonly places: readonly Place[] }[] {
  return plan.fields.flatMap((each, field) => {
    const { key, tag, many } = each;
    if (tag === null) return [];
    return (leaves.get(key) ?? [])
      .filter((leaf) => isFilled(leaf, many))
      .flatMap(({ singles }) => singles.map((single) => ({ field, tag, places: copyPlaces(single, each) })));
  });
}

function targetOf(kind: OutputKind, plan: ExtractionPlan, example: ReadExample, contexts: Contexts): Target {
  const { input, tree, leaves } = example;
  if (tree === null) return { ...NOTHING, input, form: '', lost: [...plan.fields] };
  const { taken, ignored, failed } = settle(valuesOf(plan, example), contexts, input.includes('\n'));
  const options = new Map<number, string>();
  const lost = new Set<Field>();
  const copied = new Set<number>();
  const known = new Map<number, boolean>();
  plan.fields.forEach((field, i) => {
    const mine = leaves.get(field.key) ?? [];
    const isCopy = field.tag !== null && mine.every((leaf) => isFilled(leaf, field.many));
    if (mine.length > 0 && isCopy && !failed.has(i)) copied.add(i);
    if (field.repeated || !hasParent(kind, tree, field.path)) return;
    const said = mine.length === 0 ? ABSENT : copied.has(i) ? COPY : JSON.stringify(mine[0]!.value);
    const option = field.options.includes(said) ? said : OTHER;
    if (option === OTHER) lost.add(field);
    else if (field.tag !== null) known.set(i, copied.has(i));
    if (field.chosen) options.set(i, option);
  });
  const byKey = new Map(plan.fields.map((field, i) => [field.key, i]));
  const form = mapLeaves(
    tree,
    ({ key, value, repeated }) => {
      const i = byKey.get(key)!;
      if (!repeated) return undefined;
      return copied.has(i) ? placeholder(i) : value;
    },
    (path) => plan.kept.includes(JSON.stringify(path)) || (hasTools(kind) && path.length === 1),
  );
  return {
    input,
    form: JSON.stringify(form),
    options,
    copied: known,
    lost: [...lost],
    spans: taken.filter(({ field }) => copied.has(field)).map(({ tag, start, end }) => ({ tag, start, end })),
    ignored: [...ignored, ...taken.filter(({ field }) => !copied.has(field))],
  };
}

interface Taken extends TagSpan {
  readonly field: number;
}

/** An answer with more copied values is none to learn from: each is compared with each. */
const MAX_VALUES = 200;

/** A place for each value: those with least choice first, none over another, those of one tag in their order. */
function settle(
  values: ReturnType<typeof valuesOf>,
  contexts: Contexts,
  newestLast: boolean,
): {
  readonly taken: readonly Taken[];
  readonly ignored: readonly Span[];
  readonly failed: ReadonlySet<number>;
} {
  const taken: (Taken & { readonly nth: number })[] = [];
  const failed = new Set<number>();
  if (values.length > MAX_VALUES)
    return { taken: [], ignored: [], failed: new Set(values.map(({ field }) => field)) };
  const isFree = (span: Span): boolean =>
    taken.every(({ start, end }) => span.end <= start || span.start >= end);
  const order = values
    .map((value, nth) => ({ ...value, nth }))
    .sort((a, b) => a.places.length - b.places.length || a.nth - b.nth);
  for (const { field, tag, places, nth } of order) {
    const inOrder = ({ start }: Span): boolean =>
      taken.every((other) => other.tag !== tag || other.nth < nth === other.start < start);
    const possible = places.filter((place) => isFree(place) && inOrder(place));
    const place = contexts.best(tag, newestLast ? possible.toReversed() : possible);
    if (place === null) failed.add(field);
    else taken.push({ start: place.start, end: place.end, field, tag, nth });
  }
  const ignored = values.flatMap(({ places }) => places).filter(isFree);
  return { taken: taken.sort((a, b) => a.start - b.start), ignored, failed };
}

/** How often which words stand before and after the values of each tag. */
class Contexts {
  private readonly counts = new Map<string, number>();

  add(tag: number, place: Place): void {
    for (const key of keysOf(tag, place)) this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  /** The place whose surroundings are met most often, of equals the first; null where there is none. */
  best(tag: number, places: readonly Place[]): Place | null {
    let best: Place | null = null;
    let top = Number.NEGATIVE_INFINITY;
    for (const place of places) {
      const score = keysOf(tag, place).reduce((sum, key) => sum + Math.log1p(this.counts.get(key) ?? 0), 0);
      if (score <= top) continue;
      best = place;
      top = score;
    }
    return best;
  }
}

const keysOf = (tag: number, { before, after }: Place): readonly string[] => [
  `${tag} before ${before}`,
  `${tag} after ${after}`,
];
