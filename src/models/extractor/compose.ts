/**
 * Composes an answer from what a model says of an input: the most probable form and options, the most probable tagging
 * of the units, and the values that follow.
 * Does not: run the model (model.ts), or weigh its signals (evaluate/confidence).
 */
import type { OutputKind } from '../../core/answer.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../../core/json.ts';
import type { UnitReading, ValueReading } from '../../core/runtime.ts';
import type { Signals } from '../../core/specialist.ts';
import { written } from './edits.ts';
import { type Extraction, groupsOf, tagCount } from './groups.ts';
import { ABSENT, COPY, type ExtractionPlan, type Field, hasParent, OTHER } from './plan.ts';
import { spellingsIn } from './spelling.ts';
import { bestTags, type FoundSpan, likeliestSpan, spansOfTags } from './tagging.ts';
import { fieldOfPlaceholder } from './targets.ts';
import { answerOfTree, hasTools, mapLeaves, setAt } from './tree.ts';
import { sliceOf, type Units } from './units.ts';

export interface Composed {
  /** As targetOf writes it; '' for none. */
  readonly answer: string;
  /** Which tools it would call, where it gives no answer (core/specialist: Prediction). */
  readonly choice?: string;
  /**
   * `probability` of the whole: the product of all that was chosen. `choice`, `tag`: the least of the options' and of the
   * units' probabilities. `value`: that of the least certain copied value. `familiarity`: as the model says. `presence`: of the
   * least sure copied value, where the model says so. Where nothing is copied these are as `choice`: that there is no value says
   * nothing for the answer.
   */
  readonly signals: Signals;
}

const NONE: Composed = {
  answer: '',
  signals: { probability: 0, choice: 0, tag: 0, value: 0, familiarity: 0 },
};

export function composeAnswer(
  kind: OutputKind,
  extraction: Extraction,
  units: Units,
  reading: UnitReading,
): Composed {
  const composed = composeForm(kind, extraction, units, reading);
  // A signal of all answers, or of none: what is not read at all must not look as if it were there.
  if (reading.values === undefined || composed.signals.presence !== undefined) return composed;
  const { choice = 0 } = composed.signals;
  return { ...composed, signals: { ...composed.signals, presence: composed.answer === '' ? 0 : choice } };
}

function composeForm(kind: OutputKind, extraction: Extraction, units: Units, reading: UnitReading): Composed {
  const { forms } = extraction;
  const picks = picked(extraction, reading.options);
  const form = picks.get(null)?.option ?? forms[0] ?? '';
  const frame = parseJson(form);
  const chosen = picks.get(null)?.probability ?? 1;
  if (typeof frame === 'string') {
    const { familiarity } = reading;
    const signals = { probability: chosen, choice: chosen, tag: chosen, value: chosen, familiarity };
    return { answer: frame, signals };
  }
  if (!isObject(frame)) return NONE;
  const composed = composeTree(kind, extraction, frame, units, reading, picks);
  return composed === null
    ? { ...NONE, choice: hasTools(kind) ? Object.keys(frame).join(' ') : '' }
    : composed;
}

/** The answer that has this form; null where a value cannot be found. */
function composeTree(
  kind: OutputKind,
  { plan }: Extraction,
  frame: JsonObject,
  units: Units,
  reading: UnitReading,
  picks: ReadonlyMap<number | null, PickedOption>,
): Composed | null {
  const choices = [picks.get(null)?.probability ?? 1];
  /** The option of each field; null where it is copied if something is found. */
  const options = plan.fields.map((field, i): string | null => {
    if (field.repeated || !hasParent(kind, frame, field.path)) return ABSENT;
    const pick = picks.get(i);
    const copied = reading.copied?.[i] ?? Number.NaN;
    if (pick === undefined && field.tag === null) return field.options[0] ?? ABSENT;
    if (pick === undefined && Number.isNaN(copied)) return null;
    if (pick === undefined) {
      // That it is not there is a decision, too, which may be wrong.
      choices.push(Math.max(copied, 1 - copied));
      return copied >= 0.5 ? COPY : (field.options.find((each) => each !== COPY) ?? COPY);
    }
    choices.push(pick.probability);
    return pick.option;
  });
  const wanted = placeholdersIn(frame);
  const active = plan.fields.flatMap(({ tag }, i) => {
    const option = options[i]!;
    const isTold = tag !== null && reading.values?.[tag] === undefined;
    return isTold && (option === null || option === COPY || wanted.has(i)) ? [tag] : [];
  });
  const count = tagCount(plan);
  const tagging = bestTags(reading.tags, count, active);
  const found = Map.groupBy(spansOfTags(tagging), ({ tag }) => tag);
  const used: FoundSpan[] = [];
  const settled = apart(
    plan.fields.flatMap(({ tag }, i) => {
      const value = tag === null ? null : reading.values?.[tag];
      return value && (options[i] === COPY || wanted.has(i)) ? [{ ...value, tag: tag! }] : [];
    }),
  );
  const take = (field: Field, most: number): readonly FoundSpan[] => {
    const value = reading.values?.[field.tag!] && settled.get(field.tag!);
    const all =
      value === undefined
        ? (found.get(field.tag!) ?? [])
        : value === null
          ? []
          : [{ ...value, tag: field.tag! }];
    const spans = mostProbable(all, most);
    used.push(...spans);
    return spans;
  };
  const quoted = spellingsIn(units.text);
  const copiedFrom = (field: Field, span: FoundSpan): Json | undefined =>
    written(field, sliceOf(units, span), quoted);

  const repeated = new Map<number, Json[]>();
  for (const [i, times] of wanted) {
    const field = plan.fields[i]!;
    const values = take(field, times).map((span) => copiedFrom(field, span));
    if (values.length < times || values.includes(undefined)) return null;
    repeated.set(i, values as Json[]);
  }
  const tree = mapLeaves(frame, ({ value }) => {
    const i = fieldOfPlaceholder(value);
    return i === null ? value : repeated.get(i)!.shift()!;
  });
  for (const [i, field] of plan.fields.entries()) {
    let option = options[i]!;
    if (option === null || option === COPY) {
      let spans = take(field, field.many ? Number.POSITIVE_INFINITY : 1);
      const fallback = option === null ? field.options.find((each) => each !== COPY) : undefined;
      if (spans.length > 0 || fallback === undefined) {
        // It is always there: then where it is most likely.
        if (spans.length === 0) {
          const isNowhere = reading.values?.[field.tag!] === null;
          const forced = isNowhere ? null : likeliestSpan(reading.tags, count, field.tag!);
          if (forced === null) return null;
          spans = [forced];
          used.push(forced);
        }
        const values = spans.map((span) => copiedFrom(field, span));
        if (values.includes(undefined)) return null;
        setAt(tree, field.path, field.many ? (values as Json[]) : values[0]!);
        continue;
      }
      option = fallback;
    }
    if (option === OTHER) return null;
    if (option !== ABSENT) setAt(tree, field.path, JSON.parse(option) as Json);
  }
  const read = used.filter(({ tag }) => reading.values?.[tag] !== undefined);
  const told = [...tagging.probabilities, ...read.map(({ probability }) => probability)];
  const presences = used.flatMap(({ tag }) => reading.values?.[tag]?.presence ?? []);
  const likely = told.reduce((product, probability) => product * probability, 1);
  const choice = Math.min(...choices);
  return {
    answer: answerOfTree(kind, inOrder(tree, plan)),
    signals: {
      probability: choices.reduce((product, probability) => product * probability, likely),
      choice,
      tag: Math.min(1, ...(used.length === 0 ? [choice] : []), ...told),
      value: used.length === 0 ? choice : Math.min(...used.map(({ probability }) => probability)),
      familiarity: reading.familiarity,
      ...(reading.values === undefined || presences.length === 0 ? {} : { presence: Math.min(...presences) }),
    },
  };
}

/**
 * The values of tags, none over another: the surest keep their place, and of the others the best that is free is taken, with
 * its share of what is left. Where none is free a value stays where it is, and is not to be trusted.
 */
function apart(
  values: readonly (NonNullable<ValueReading> & { readonly tag: number })[],
): ReadonlyMap<number, FoundSpan> {
  const taken = new Map<number, FoundSpan>();
  const isFree = ({ start, end }: Pick<FoundSpan, 'start' | 'end'>): boolean =>
    [...taken.values()].every((other) => end <= other.start || start >= other.end);
  for (const { tag, start, end, probability, others } of values.toSorted(
    (a, b) => b.probability - a.probability,
  )) {
    if (taken.has(tag)) continue;
    const free = [{ start, end, probability }, ...others].filter(isFree);
    const mass = [{ start, end, probability }, ...others].reduce((sum, each) => sum + each.probability, 0);
    const left = free.reduce((sum, each) => sum + each.probability, 0) + Math.max(0, 1 - mass);
    const [best] = free;
    taken.set(
      tag,
      best === undefined
        ? { tag, start, end, probability: 0 }
        : {
            tag,
            start: best.start,
            end: best.end,
            probability: Math.min(1, best.probability / Math.max(1e-12, left)),
          },
    );
  }
  return taken;
}

interface PickedOption {
  readonly option: string;
  readonly probability: number;
}

/** The most probable option of each group, by its field; null stands for the form. */
function picked(
  extraction: Extraction,
  probabilities: Float32Array,
): ReadonlyMap<number | null, PickedOption> {
  return new Map(
    groupsOf(extraction).map(({ field, options, offset }) => {
      let best = 0;
      for (let k = 1; k < options.length; k++)
        if (probabilities[offset + k]! > probabilities[offset + best]!) best = k;
      return [field, { option: options[best]!, probability: probabilities[offset + best]! }];
    }),
  );
}

/** How often each repeated field stands in a form. */
function placeholdersIn(frame: JsonObject): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  mapLeaves(frame, ({ value }) => {
    const i = fieldOfPlaceholder(value);
    if (i !== null) counts.set(i, (counts.get(i) ?? 0) + 1);
    return value;
  });
  return counts;
}

/** At most this number of the spans, the most probable ones, in order. */
function mostProbable(spans: readonly FoundSpan[], most: number): readonly FoundSpan[] {
  if (spans.length <= most) return spans;
  const kept = new Set(spans.toSorted((a, b) => b.probability - a.probability).slice(0, most));
  return spans.filter((span) => kept.has(span));
}

/** The tree with its keys, outside of lists, in the order that the plan has learnt. */
function inOrder(tree: JsonObject, { order }: ExtractionPlan): JsonObject {
  const places = new Map(order.map((key, place) => [key, place]));
  const walk = (object: JsonObject, path: readonly string[]): JsonObject => {
    const placeOf = (name: string): number => places.get(JSON.stringify([...path, name])) ?? order.length;
    return Object.fromEntries(
      Object.entries(object)
        .sort(([a], [b]) => placeOf(a) - placeOf(b))
        .map(([name, value]) => [name, isObject(value) ? walk(value, [...path, name]) : value]),
    );
  };
  return walk(tree, []);
}
