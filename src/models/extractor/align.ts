/**
 * Finds where in an input a value of an answer may have been copied from: as it is written, in another case, with other
 * spaces and punctuation, or as a quantity written in another way.
 * Does not: choose among several places, or say what the copy has to look like (edits.ts, plan.ts).
 */
import type { Json } from '../../core/json.ts';
import { mayBeginDay, readDay } from './days.ts';
import { apply, QUANTITY_EDITS } from './edits.ts';
import { NUMBER_WORDS } from './quantities.ts';
import { type Spellings, spellingsIn } from './spelling.ts';
import { type Span, sliceOf, type Units, unitsOf } from './units.ts';

/** An input, made ready for looking values up in it. */
export interface Source {
  readonly units: Units;
  /** Of the same length as the text. */
  readonly lower: string;
  /** The letters and digits of all units. */
  readonly bare: Bare;
  /** Unit that begins, or ends, at a place of the text. */
  readonly startAt: ReadonlyMap<number, number>;
  readonly endAt: ReadonlyMap<number, number>;
  /** Spans that are a number, a date or a time as a whole, by what they say. */
  readonly quantities: ReadonlyMap<Json, readonly Span[]>;
  /** Spans that name a day, as long as they go. */
  readonly days: readonly Span[];
  /** How the text's JSON spells values. */
  readonly quoted: Spellings;
}

interface Bare {
  readonly text: string;
  readonly startAt: ReadonlyMap<number, number>;
  readonly endAt: ReadonlyMap<number, number>;
}

/** Units of the longest quantity: `two hundred and fifty-six thousand`. */
const MAX_QUANTITY = 9;

export function sourceOf(input: string): Source {
  const units = unitsOf(input);
  const { text, starts, ends } = units;
  return {
    units,
    lower: lowered(text),
    bare: bareOf(units),
    startAt: new Map(starts.map((at, unit) => [at, unit])),
    endAt: new Map(ends.map((at, unit) => [at, unit])),
    quantities: quantitiesOf(units),
    days: daysOf(units),
    quoted: spellingsIn(text),
  };
}

/** Lower case, character by character where the whole would change its length. */
export function lowered(text: string): string {
  const lower = text.toLowerCase();
  if (lower.length === text.length) return lower;
  return Array.from(text, (character) => {
    const small = character.toLowerCase();
    return small.length === character.length ? small : character;
  }).join('');
}

const MARKS = /[^\p{L}\p{M}\p{N}]+/gu;

function bareOf(units: Units): Bare {
  const startAt = new Map<number, number>();
  const endAt = new Map<number, number>();
  const parts: string[] = [];
  let at = 0;
  for (let unit = 0; unit < units.starts.length; unit++) {
    const part = lowered(sliceOf(units, { start: unit, end: unit + 1 })).replace(MARKS, '');
    if (part === '') continue;
    startAt.set(at, unit);
    at += part.length;
    endAt.set(at, unit);
    parts.push(part);
  }
  return { text: parts.join(''), startAt, endAt };
}

function quantitiesOf(units: Units): ReadonlyMap<Json, readonly Span[]> {
  const found = new Map<Json, Span[]>();
  const count = units.starts.length;
  for (let start = 0; start < count; start++) {
    const first = sliceOf(units, { start, end: start + 1 }).toLowerCase();
    if (
      !/^[\p{N}$€£]/u.test(first) &&
      !NUMBER_WORDS.has(first) &&
      !/^(noon|midnight|[a-z]{3,9})$/.test(first)
    )
      continue;
    const isWord = !/\d/.test(first) && !NUMBER_WORDS.has(first);
    for (let end = start + 1; end <= Math.min(count, start + MAX_QUANTITY); end++) {
      const words = sliceOf(units, { start, end });
      // Only months begin a quantity with a word that is none, and they are short.
      if (words.length > 60 || (isWord && end > start + 1 && !/\d/.test(words))) break;
      for (const edit of QUANTITY_EDITS) {
        const value = apply(edit, words);
        if (value === undefined) continue;
        const spans = found.get(value) ?? [];
        if (!spans.some((span) => span.start === start && span.end === end)) spans.push({ start, end });
        found.set(value, spans);
      }
    }
  }
  return found;
}

/** Units of the longest name of a day: `9 th of this month`. */
const MAX_DAY = 7;
/** Whatever the anchor: it decides which date a name is, not whether it is one. */
const SOME_DAY = '2024-01-01';

function daysOf(units: Units): readonly Span[] {
  const found: Span[] = [];
  const count = units.starts.length;
  for (let start = 0; start < count; start++) {
    if (!mayBeginDay(sliceOf(units, { start, end: start + 1 }).toLowerCase())) continue;
    for (let end = Math.min(count, start + MAX_DAY); end > start; end--) {
      if (readDay(sliceOf(units, { start, end }), SOME_DAY) === undefined) continue;
      found.push({ start, end });
      start = end - 1;
      break;
    }
  }
  return found;
}

/** A span that a value may have been copied from, with its words and those beside it ('' at an end of the input). */
export interface Place extends Span {
  readonly words: string;
  readonly before: string;
  readonly after: string;
}

/** Places of one value that are looked at: its first ones and its last ones. */
const MAX_PLACES = 32;

/** The places of a value, in order; none for what is no text and no number. */
export function placesOf(source: Source, value: Json): readonly Place[] {
  const { units } = source;
  const spans = spansOf(source, value);
  const half = MAX_PLACES / 2;
  const kept = spans.length > MAX_PLACES ? [...spans.slice(0, half), ...spans.slice(-half)] : spans;
  const word = (unit: number): string =>
    unit < 0 || unit >= units.starts.length
      ? ''
      : sliceOf(units, { start: unit, end: unit + 1 }).toLowerCase();
  return kept.map((span) => ({
    ...span,
    words: sliceOf(units, span),
    before: word(span.start - 1),
    after: word(span.end),
  }));
}

function spansOf(source: Source, value: Json): readonly Span[] {
  if (typeof value !== 'string') return typeof value === 'number' ? (source.quantities.get(value) ?? []) : [];
  if (value.trim() === '') return [];
  const needle = lowered(value);
  let spans = occurrences(source.lower, needle, source);
  if (spans.length === 0) spans = occurrences(source.bare.text, needle.replace(MARKS, ''), source.bare);
  const days = /^\d{4}-\d{2}-\d{2}$/.test(value) ? source.days : [];
  // Written with decimals that the words need not have.
  const number = /^\d+\.\d+$/.test(value) ? (source.quantities.get(Number(value)) ?? []) : [];
  const quantities = [...(source.quantities.get(value) ?? []), ...number, ...days];
  const others = quantities.filter(
    ({ start, end }, i) =>
      ![...spans, ...quantities.slice(0, i)].some((s) => s.start === start && s.end === end),
  );
  return [...spans, ...others].sort((a, b) => a.start - b.start || a.end - b.end);
}

function occurrences(
  text: string,
  needle: string,
  { startAt, endAt }: Pick<Bare, 'startAt' | 'endAt'>,
): Span[] {
  if (needle === '') return [];
  const spans: Span[] = [];
  for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) {
    const first = startAt.get(at);
    const last = endAt.get(at + needle.length);
    if (first !== undefined && last !== undefined && last >= first)
      spans.push({ start: first, end: last + 1 });
  }
  return spans;
}
