/**
 * How a field writes the values that it copies, learnt from examples: by which edits, how it spells them, and what else they
 * are called: `NYC` for `New York`.
 * Does not: find where a value stands (align.ts), or decide whether a field copies (plan.ts).
 */
import type { Json } from '../../core/json.ts';
import { type Place, placesOf, type Source } from './align.ts';
import { daysFromToday } from './days.ts';
import {
  dayAfter,
  type Edits,
  fixed,
  isQuantity,
  QUANTITY_EDITS,
  TEXT_EDITS,
  type Writing,
  written,
} from './edits.ts';
import { foldedWords } from './spelling.ts';
import { sliceOf } from './units.ts';

/** A value of an answer, and the places of the input that it may have been copied from. */
export interface Single {
  readonly value: Json;
  readonly places: readonly Place[];
  /** The input. */
  readonly source: Source;
}

export const NOT_WRITTEN: Writing = { edits: [] };

/** The places that give this value by this writing. */
export function copyPlaces({ value, places, source }: Single, writing: Writing): readonly Place[] {
  if (writing.edits.length === 0) return [];
  const gives = ({ words }: Place): boolean => written(writing, words, source.quoted) === value;
  const own = places.filter(gives);
  if (own.length > 0) return own;
  return (writing.aliases ?? [])
    .filter(([, meant]) => meant === value)
    .flatMap(([words]) => placesOf(source, words).filter(gives));
}

/**
 * For each field, by its values, the writing that gives most of them, and which share; simpler edits where it is the same. What a
 * value is called where one field asks for it, it is called for all; and where one field of a name reads `two` as 2, those of
 * other tools do, whose examples have only met digits.
 */
export function learnWritings(
  fields: readonly { readonly name: string; readonly values: readonly Single[] }[],
): readonly { readonly writing: Writing; readonly share: number }[] {
  const anchors = anchorsOf(fields.flatMap(({ values }) => values));
  const scalars = fields.map(({ values }) => values.filter(({ value }) => value !== null && value !== ''));
  const own = scalars.map((values) => bestWriting(values, anchors));
  const best = own.map((writing, i) => {
    const readers = own.filter(
      (other, j) => fields[j]!.name === fields[i]!.name && other.edits.some(isQuantity),
    );
    const values = scalars[i]!;
    return readers.find((reader) => explainedBy(values, reader) >= explainedBy(values, writing)) ?? writing;
  });
  const isNamed = ({ edits }: Writing): boolean =>
    edits.length > 0 && !edits.some((edit) => isQuantity(edit) || edit.startsWith('day after '));
  const aliases = agreeing(
    scalars.flatMap((values, i) => (isNamed(best[i]!) ? aliasesOf(values, best[i]!) : [])),
  );
  return scalars.map((values, i) => {
    const meant = new Set(values.map(({ value }) => value));
    const names = isNamed(best[i]!) ? aliases.filter(([, value]) => meant.has(value)) : [];
    const writing = names.length === 0 ? best[i]! : { ...best[i]!, aliases: names };
    return { writing, share: explainedBy(values, writing) / Math.max(1, values.length) };
  });
}

/** How many of the values a writing gives. */
const explainedBy = (values: readonly Single[], writing: Writing): number =>
  values.filter((single) => copyPlaces(single, writing).length > 0).length;

/** Each alias once; none that stands for one value here and for another one there. */
function agreeing(aliases: NonNullable<Writing['aliases']>): NonNullable<Writing['aliases']> {
  const meant = new Map<string, Set<string>>();
  for (const [words, value] of aliases) {
    const folded = foldedWords(words);
    meant.set(folded, (meant.get(folded) ?? new Set()).add(value));
  }
  const seen = new Set<string>();
  return aliases.filter(([words]) => {
    const folded = foldedWords(words);
    if (seen.has(folded) || meant.get(folded)!.size > 1) return false;
    seen.add(folded);
    return true;
  });
}

function bestWriting(scalars: readonly Single[], anchors: readonly string[]): Writing {
  const quantities: Edits = [...QUANTITY_EDITS, ...fixedOf(scalars)];
  const candidates: Edits[] = [
    ...TEXT_EDITS.map((edit) => [edit]),
    ...quantities.map((edit) => [edit]),
    ...quantities.flatMap((quantity) => TEXT_EDITS.map((edit) => [quantity, edit])),
    ...anchors.map((anchor) => [dayAfter(anchor)]),
  ];
  const found = scalars.filter(({ places }) => places.length > 0);
  const names = namesOf(scalars);
  let best = NOT_WRITTEN;
  let most = 0;
  for (const edits of candidates) {
    const writing = edits.includes('spelt') ? { edits, names } : { edits };
    const explained = explainedBy(found, writing);
    // One more word that is edited otherwise is a coincidence, not a habit.
    if (explained > most + (most > 0 ? Math.max(1, found.length / 200) : 0)) {
      best = writing;
      most = explained;
    }
  }
  return best;
}

/** Where all values have as many decimals: that edit. */
function fixedOf(values: readonly Single[]): Edits {
  const decimals = new Set(
    values.map(({ value }) =>
      typeof value === 'string' ? (/^\d+\.(\d{1,4})$/.exec(value)?.[1]?.length ?? 0) : 0,
    ),
  );
  const [only = 0] = decimals;
  return decimals.size === 1 && only > 0 ? [fixed(only)] : [];
}

/** Most names of a field that are kept. */
const MAX_NAMES = 500;

/** Values that are met more than once, and that words alone do not spell; the most frequent last. */
function namesOf(values: readonly Single[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { value } of values)
    if (typeof value === 'string' && value !== foldedWords(value))
      counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .filter(([, n]) => n >= 2)
    .sort(([a, n], [b, m]) => n - m || (a > b ? -1 : 1))
    .slice(-MAX_NAMES)
    .map(([name]) => name);
}

/** Units of the longest alias, and conversations that one is met in at least. */
const [MAX_ALIAS, MIN_MET] = [3, 2];
/** Share of the conversations in which it stands for the same value, where it stands as values do, and wherever it stands. */
const [MIN_MEANT, MIN_OF_ALL] = [0.8, 0.25];
const MAX_ALIASES = 300;
/** A word that stands before so few of the values tells nothing. */
const USUAL_BEFORE = 0.02;

/**
 * What users say, in one conversation after another, where a value does not stand itself: after words that values stand
 * after, and hardly ever where another value is meant.
 */
function aliasesOf(values: readonly Single[], writing: Writing): NonNullable<Writing['aliases']> {
  const befores = new Map<string, number>();
  const missing: Single[] = [];
  for (const single of values) {
    const places = copyPlaces(single, writing);
    if (places.length === 0) missing.push(single);
    for (const word of new Set(places.map(({ before }) => before)))
      befores.set(word, (befores.get(word) ?? 0) + 1);
  }
  const follows = (before: string): boolean =>
    (befores.get(before) ?? 0) > USUAL_BEFORE * (values.length - missing.length);
  const candidates = new Map<string, Map<string, Meaning>>();
  for (const { value, source } of missing)
    if (typeof value === 'string')
      for (const { folded, words, before } of stretchesOf(source)) {
        if (folded.length < 2 || folded === foldedWords(value) || !follows(before)) continue;
        const meanings = candidates.get(folded) ?? new Map<string, Meaning>();
        candidates.set(folded, meanings);
        const meaning = meanings.get(value) ?? { words, value, met: new Set<string>() };
        meanings.set(value, meaning);
        meaning.met.add(conversationOf(source));
      }
  const likely = new Map<string, Meaning & { readonly alike: Set<string>; readonly all: Set<string> }>();
  for (const [folded, meanings] of candidates) {
    const [best] = [...meanings.values()].sort((a, b) => b.met.size - a.met.size);
    if (best!.met.size >= MIN_MET) likely.set(folded, { ...best!, alike: new Set(), all: new Set() });
  }
  for (const { source, value } of likely.size === 0 ? [] : values)
    for (const { folded, before } of stretchesOf(source)) {
      const conversation = JSON.stringify([conversationOf(source), value]);
      likely.get(folded)?.all.add(conversation);
      if (follows(before)) likely.get(folded)?.alike.add(conversation);
    }
  const kept: { readonly apart: string; readonly words: string; readonly value: string }[] = [];
  const sure = [...likely]
    .filter(
      ([, { met, alike, all }]) => met.size >= MIN_MEANT * alike.size && met.size >= MIN_OF_ALL * all.size,
    )
    .sort(([a, x], [b, y]) => a.length - b.length || y.met.size - x.met.size || (a < b ? -1 : 1));
  // `to LAX` says no more than `LAX`.
  for (const [, { words, value }] of sure) {
    const apart = ` ${words.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')} `;
    if (!kept.some((other) => other.value === value && apart.includes(other.apart)))
      kept.push({ apart, words, value });
  }
  return kept.slice(0, MAX_ALIASES).map(({ words, value }) => [words, value]);
}

interface Meaning {
  readonly words: string;
  readonly value: string;
  /** Conversations. */
  readonly met: Set<string>;
}

/** What the inputs of one conversation have in common, and those of others hardly: how it begins. */
const conversationOf = ({ units: { text } }: Source): string => {
  const [first] = text.matchAll(USERS);
  return first === undefined ? text : text.slice(0, first.index + first[0].length);
};

/** What users say; of an input that is no conversation, all of it. */
const USERS = /^user: .*(?:\n(?!assistant: |tool: |user: ).*)*/gm;

interface Stretch {
  readonly folded: string;
  readonly words: string;
  /** The word before it. */
  readonly before: string;
}

const stretches = new WeakMap<Source, readonly Stretch[]>();

/** Stretches of a few words that users said. */
function stretchesOf(source: Source): readonly Stretch[] {
  const known = stretches.get(source);
  if (known !== undefined) return known;
  const { units, lower } = source;
  const { text, starts, ends } = units;
  const said = [...text.matchAll(USERS)].map(({ index, 0: words }) => [index, index + words.length] as const);
  if (said.length === 0) said.push([0, text.length]);
  const isWord = (unit: number): boolean => /^[\p{L}\p{N}]/u.test(text.slice(starts[unit], ends[unit]));
  const made: Stretch[] = [];
  let at = 0;
  for (const [from, to] of said) {
    while (at < starts.length && starts[at]! < from) at++;
    for (; at < starts.length && starts[at]! < to; at++) {
      if (at === 0 || !isWord(at)) continue;
      const before = lower.slice(starts[at - 1], ends[at - 1]);
      for (let end = at + 1; end <= at + MAX_ALIAS && (ends[end - 1] ?? to + 1) <= to; end++) {
        if (!isWord(end - 1)) continue;
        const words = sliceOf(units, { start: at, end });
        made.push({ folded: foldedWords(words), words, before });
      }
    }
  }
  stretches.set(source, made);
  return made;
}

/** Days that are tried as the one beside which others are named. */
const MAX_ANCHORS = 3;

/**
 * The days beside which the dates of all fields are named, likeliest first: an input says `tomorrow` of one field and names
 * the day of another, so that only together they tell.
 */
function anchorsOf(values: readonly Pick<Single, 'value' | 'places'>[]): readonly string[] {
  const votes = new Map<string, number>();
  for (const { value, places } of values) {
    if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) continue;
    for (const { words } of places) {
      const days = daysFromToday(words.toLowerCase());
      if (days === undefined) continue;
      const day = new Date(Date.parse(`${value}T00:00:00Z`) - days * 86_400_000);
      if (Number.isNaN(day.getTime())) continue;
      const anchor = day.toISOString().slice(0, 10);
      votes.set(anchor, (votes.get(anchor) ?? 0) + 1);
    }
  }
  return [...votes]
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, MAX_ANCHORS)
    .map(([anchor]) => anchor);
}
