/**
 * How a field writes the values that it copies, learnt from examples: by which edits, how it spells them, and what else they
 * are called: `NYC` for `New York`.
 * Does not: find where a value stands (align.ts), or decide whether a field copies (plan.ts).
 */
import type { Json } from '../../core/json.ts';
import { type Place, placesOf, sourceOf } from './align.ts';
import { daysFromToday } from './days.ts';
import {
  dayAfter,
  type Edits,
  fixed,
  isReading,
  QUANTITY_EDITS,
  TEXT_EDITS,
  type Writing,
  written,
} from './edits.ts';
import { foldedWords, type Spellings } from './spelling.ts';
import { sliceOf, unitsOf } from './units.ts';

/** A value of an answer, and the places of the input that it may have been copied from. */
export interface Single {
  readonly value: Json;
  readonly places: readonly Place[];
  readonly input: string;
  /** How the input's JSON spells values. */
  readonly quoted: Spellings;
  /** Which inputs are of one conversation. */
  readonly conversation: string;
}

export const NOT_WRITTEN: Writing = { edits: [] };

/** The places that give this value by this writing, in order. */
export function copyPlaces({ value, places, input, quoted }: Single, writing: Writing): readonly Place[] {
  if (writing.edits.length === 0) return [];
  const gives = ({ words }: Place): boolean => written(writing, words, quoted) === value;
  const own = places.filter(gives);
  if (own.length > 0) return own;
  const lower = input.toLowerCase();
  const names = (writing.aliases ?? []).filter(
    ([words, meant]) => meant === value && lower.includes(words.toLowerCase()),
  );
  if (names.length === 0) return [];
  const source = sourceOf(input);
  return names
    .flatMap(([words]) => placesOf(source, words).filter(gives))
    .sort((a, b) => a.start - b.start || a.end - b.end);
}

/**
 * For each field, by its values, the writing that gives most of them, and which share; simpler edits where it is the same.
 * Fields of one name are the same thing to several tools: what a value is called where one asks for it, it is called for all,
 * and where one reads `two` as 2 the others do, whose examples have only met digits. A name of a value holds for other fields,
 * too, that have the value.
 */
export function learnWritings(
  fields: readonly { readonly name: string; readonly values: readonly Single[] }[],
): readonly { readonly writing: Writing; readonly share: number }[] {
  const anchors = anchorsOf(fields.flatMap(({ values }) => values));
  const scalars = fields.map(({ values }) => values.filter(({ value }) => value !== null && value !== ''));
  const own = scalars.map((values) => bestWriting(values, anchors));
  const best = own.map((writing, i): Writing => {
    const most = explainedBy(scalars[i]!, writing);
    const reader = own.find(
      ({ edits }, j) =>
        j !== i &&
        fields[j]!.name === fields[i]!.name &&
        edits.some(isReading) &&
        explainedBy(scalars[i]!, { edits }) >= most,
    );
    // What it cannot read is written as it always was here.
    return reader === undefined
      ? writing
      : { ...writing, edits: [...new Set([...reader.edits, ...writing.edits])] };
  });
  const isNamed = ({ edits }: Writing): boolean => edits.length > 0 && !edits.some(isReading);
  const aliases = agreeing(
    scalars.flatMap((values, i) => (isNamed(best[i]!) ? aliasesOf(values, best[i]!) : [])),
  );
  /** Of all fields of a name. */
  const valuesOf = Map.groupBy(
    scalars.flatMap((values, i) => values.map(({ value }) => ({ name: fields[i]!.name, value }))),
    ({ name }) => name,
  );
  return scalars.map((values, i) => {
    const meant = new Set((valuesOf.get(fields[i]!.name) ?? []).map(({ value }) => value));
    const folded = new Set([...meant].map((value) => foldedWords(String(value))));
    // Words that are a value themselves stand for nothing else.
    const names = isNamed(best[i]!)
      ? aliases.filter(([words, value]) => meant.has(value) && !folded.has(foldedWords(words)))
      : [];
    const plain = explainedBy(values, best[i]!);
    const named = { ...best[i]!, aliases: names };
    const writing = names.length > 0 && explainedBy(values, named) >= plain ? named : best[i]!;
    return { writing, share: explainedBy(values, writing) / Math.max(1, values.length) };
  });
}

/** Another edit is worth it where it is right at a share of the places that is greater by this. */
const CLEARLY_MORE = 0.05;

/** The share of a value's places that give it, in the mean: a result has `Standard`, whoever speaks of it says `standard`. */
function shareOfPlaces(values: readonly Single[], writing: Writing): number {
  const shares = values
    .filter(({ places }) => places.length > 0)
    .map(
      ({ value, places, quoted }) =>
        places.filter(({ words }) => written(writing, words, quoted) === value).length / places.length,
    );
  return shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
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
  let best = { writing: NOT_WRITTEN, explained: 0, share: 0 };
  for (const edits of candidates) {
    const writing = edits.includes('spelt') ? { edits, names } : { edits };
    const explained = explainedBy(found, writing);
    // One more word that is edited otherwise is a coincidence, not a habit.
    const isMore = explained > best.explained + (best.explained > 0 ? Math.max(1, found.length / 200) : 0);
    // An anchor is not chosen so: beside another day other words are the date by chance.
    const isAnchored = edits.some((edit) => edit.startsWith('day after '));
    if (!isMore && (explained < best.explained || isAnchored)) continue;
    const share = shareOfPlaces(found, writing);
    if (isMore || share > best.share + CLEARLY_MORE) best = { writing, explained, share };
  }
  return best.writing;
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

/** Values that several conversations have met; none that may be somebody's own, as codes and addresses are. */
function namesOf(values: readonly Single[]): readonly string[] {
  const met = new Map<string, Set<string>>();
  for (const { value, conversation } of values)
    if (typeof value === 'string' && /^[\p{L}\p{M}\s'’.,&()-]+$/u.test(value))
      met.set(value, (met.get(value) ?? new Set()).add(conversation));
  return [...met]
    .filter(([, conversations]) => conversations.size >= MIN_MET)
    .sort(([a, n], [b, m]) => m.size - n.size || (a < b ? -1 : 1))
    .slice(0, MAX_NAMES)
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
  for (const { value, input, conversation } of missing)
    if (typeof value === 'string')
      for (const { folded, words, before } of stretchesOf(input)) {
        if (folded.length < 2 || folded === foldedWords(value) || !follows(before)) continue;
        const meanings = candidates.get(folded) ?? new Map<string, Meaning>();
        candidates.set(folded, meanings);
        const meaning = meanings.get(value) ?? { words, value, met: new Set<string>() };
        meanings.set(value, meaning);
        meaning.met.add(conversation);
      }
  const likely = new Map<string, Meaning & { readonly alike: Set<string>; readonly all: Set<string> }>();
  for (const [folded, meanings] of candidates) {
    const [best] = [...meanings.values()].sort((a, b) => b.met.size - a.met.size);
    if (best!.met.size >= MIN_MET) likely.set(folded, { ...best!, alike: new Set(), all: new Set() });
  }
  for (const { input, value, conversation } of likely.size === 0 ? [] : values) {
    const meant = JSON.stringify([conversation, value]);
    for (const { folded, before } of stretchesOf(input)) {
      const known = likely.get(folded);
      known?.all.add(meant);
      if (known && follows(before)) known.alike.add(meant);
    }
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

/** What a user said, without the label before it. */
const USERS = /^user: (.*(?:\n(?!assistant: |tool: |user: ).*)*)/gm;
/** Characters of what users say that are looked at, the newest. */
const MAX_SAID = 2_000;

/** Which inputs are of one conversation, where nobody says: those that begin with the same words of a user. */
export function conversationIn(input: string): string {
  const [first] = input.matchAll(USERS);
  return first?.[1] ?? input;
}

interface Stretch {
  readonly folded: string;
  readonly words: string;
  /** The word before it. */
  readonly before: string;
}

/** Stretches of a few words that users said; of an input that is no conversation, of its end. */
function* stretchesOf(input: string): Generator<Stretch> {
  const said = [...input.matchAll(USERS)].map((match) => match[1]!);
  // As before the first word of a message that has a label.
  const first = said.length === 0 ? '' : ':';
  if (said.length === 0) said.push(input);
  let left = MAX_SAID;
  for (const text of said.toReversed()) {
    const units = unitsOf(text.slice(-left));
    const { starts } = units;
    const word = (unit: number): string => sliceOf(units, { start: unit, end: unit + 1 });
    for (let start = 0; start < starts.length; start++) {
      if (!isWord(word(start))) continue;
      const before = start === 0 ? first : word(start - 1).toLowerCase();
      for (let end = start + 1; end <= Math.min(starts.length, start + MAX_ALIAS); end++) {
        if (!isWord(word(end - 1))) continue;
        const words = sliceOf(units, { start, end });
        yield { folded: foldedWords(words), words, before };
      }
    }
    left -= text.length;
    if (left <= 0) return;
  }
}

const isWord = (unit: string): boolean => /^[\p{L}\p{N}]/u.test(unit);

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
