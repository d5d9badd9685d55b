/**
 * How texts say the words of a site, and putting these back where redaction took them for somebody: a value whole, each of its
 * words in small letters or as a plural, a first name beside a word of its value.
 * Does not: find a site's words (vocabulary.ts).
 */
import { ENTITY_KINDS, type EntityKind } from '../core/entity.ts';
import { isFirstName } from './redact/name-lists.ts';
import { type RedactContext, redactEntities, redactText } from './redact/redact.ts';
import { isWordAt, isWordBefore, wholeWords } from './whole-words.ts';

/** What of a site's words may be taken for somebody, and where it is of them. However many values share it, it is one. */
export interface Place {
  readonly taken: string;
  /** Wherever it stands; else only beside one of these words. */
  readonly isAnywhere: boolean;
  readonly before: Beside;
  readonly after: Beside;
}

/** Words, and the length of the longest. */
interface Beside {
  readonly words: ReadonlySet<string>;
  readonly longest: number;
}

/** The words of a text, of letters alone. */
export function wordsIn(text: string): string[] {
  return text.split(/[^\p{L}\p{M}'’-]+/u).filter((word) => word.length > 0);
}

/** Shorter words stand in others by chance. */
const MIN_WORD = 3;

/**
 * A word of a value, as texts write it: in small letters too, and what is small as a plural. None that is a first name,
 * and none that is no plural: beside jam "james" is somebody.
 */
function formsOf(word: string): string[] {
  const small = word.toLowerCase();
  if (word !== small) return [word, small];
  return [word, pluralOf(word)].filter((form) => form === word || !isFirstName(form));
}

/** In English. */
function pluralOf(word: string): string {
  if (/(?:s|x|z|ch|sh)$/.test(word)) return `${word}es`;
  if (/[^aeiou]y$/.test(word)) return word.replace(/y$/, 'ies');
  if (/[^f]fe?$/.test(word)) return word.replace(/fe?$/, 'ves');
  return `${word}s`;
}

/** The words, and each word of them that is nobody's first name, in its forms: a text may say them apart. */
export function withTheirWords(words: readonly string[]): Set<string> {
  return new Set(
    words.flatMap((each) => [
      each,
      ...wordsIn(each)
        .filter((word) => word.length >= MIN_WORD && !isFirstName(word))
        .flatMap(formsOf),
    ]),
  );
}

/** A first name of a value, which may be somebody's, beside the next or the last word of it ("Linnea duvet"). */
interface Named {
  readonly taken: string;
  readonly side: 'before' | 'after';
  readonly word: string;
}

/** In their forms. */
function firstNamesOf(value: string): Named[] {
  const words = wordsIn(value);
  return words.flatMap((name, i) => {
    if (!isFirstName(name)) return [];
    const beside = (side: Named['side'], other: string | undefined, taken: string): Named[] =>
      other === undefined || isFirstName(other) ? [] : formsOf(other).map((word) => ({ taken, side, word }));
    return [...new Set([name, name.toLowerCase()])].flatMap((taken) => [
      ...beside('after', words[i + 1], taken),
      ...beside('before', words[i - 1], taken),
    ]);
  });
}

/** All that may be taken for somebody of a site's words, each once. */
export function placesOf(words: readonly string[]): Place[] {
  const names = words.flatMap(firstNamesOf);
  const anywhere = new Set([
    ...withTheirWords(words),
    ...names.map(({ taken, side, word }) => (side === 'after' ? `${taken} ${word}` : `${word} ${taken}`)),
  ]);
  const beside = Map.groupBy(names, ({ taken }) => taken);
  return [...new Set([...anywhere, ...beside.keys()])].map((taken) => {
    const own = beside.get(taken) ?? [];
    const on = (side: Named['side']): Beside => besideOf(own.filter((each) => each.side === side));
    return { taken, isAnywhere: anywhere.has(taken), before: on('before'), after: on('after') };
  });
}

function besideOf(named: readonly Named[]): Beside {
  const words = new Set(named.map(({ word }) => word));
  let longest = 0;
  for (const { length } of words) longest = Math.max(longest, length);
  return { words, longest };
}

/**
 * Finds the places that taken texts may have been, among all of a site's: those that were taken whole, and those each word of which
 * was, be it by one taker or by several beside each other. In time linear in those texts and in the places of their words.
 */
export function placeFinder(places: readonly Place[]): (taken: readonly string[]) => Place[] {
  const known = places.map((place) => ({ place, words: wordsIn(place.taken.toLowerCase()) }));
  const byText = Map.groupBy(known, ({ place }) => place.taken.toLowerCase());
  const byFirst = Map.groupBy(known, ({ words }) => words[0] ?? '');
  return (taken) => {
    const texts = new Set(taken.map((text) => text.toLowerCase()));
    const words = new Set([...texts].flatMap(wordsIn));
    const found = [
      ...[...texts].flatMap((text) => byText.get(text) ?? []),
      ...[...words].flatMap((word) =>
        (byFirst.get(word) ?? []).filter((each) => each.words.every((own) => words.has(own))),
      ),
    ];
    return [...new Set(found)].map(({ place }) => place);
  };
}

/**
 * What a word of letters may be taken for. Their surrogates are long and show as such; those of other kinds have a word's
 * length, and of "pan" might be "too", which would then be put back as "pan" wherever somebody wrote it.
 */
const NAMES: readonly EntityKind[] = ['person', 'organisation', 'address'];

/**
 * Puts words back where their surrogates stand. Redaction is deterministic, so the surrogates follow from the words. Linear in the
 * places, and in the text, however many values share a name.
 * @param places Of a site's words, all of them or those that were taken.
 */
export function restorer(places: readonly Place[], context: RedactContext): (text: string) => string {
  const originals = new Map<string, Place[]>();
  for (const place of places) {
    const { taken } = place;
    const kinds = /[\d@]/.test(taken) ? ENTITY_KINDS : NAMES;
    const surrogates = kinds.map((kind) =>
      redactEntities(taken, [{ start: 0, end: taken.length, kind }], [], context),
    );
    for (const surrogate of new Set([redactText(taken, context), ...surrogates])) {
      if (surrogate === taken || surrogate.length < MIN_WORD) continue;
      const known = originals.get(surrogate);
      if (known) known.push(place);
      else originals.set(surrogate, [place]);
    }
  }
  if (originals.size === 0) return (text) => text;
  const each = wholeWords(originals.keys());
  return (text) =>
    each(text, (surrogate, start, end, whole) => {
      const own = originals.get(surrogate) ?? [];
      // Where two words have one surrogate, what stands beside it tells more than that it may stand anywhere.
      const place =
        own.findLast(({ before, after }) => isBefore(before, whole, start) || isAfter(after, whole, end)) ??
        own.findLast(({ isAnywhere }) => isAnywhere);
      return place?.taken ?? null;
    });
}

/** Whether one of the words ends a space before the place, as a whole word. */
function isBefore({ words, longest }: Beside, text: string, at: number): boolean {
  if (text[at - 1] !== ' ') return false;
  for (let start = at - 2; start >= 0 && at - 1 - start <= longest && text[start] !== ' '; start--)
    if (!isWordBefore(text, start) && words.has(text.slice(start, at - 1))) return true;
  return false;
}

/** Whether one begins a space after it. */
function isAfter({ words, longest }: Beside, text: string, at: number): boolean {
  if (text[at] !== ' ') return false;
  for (let end = at + 2; end <= text.length && end - at - 1 <= longest && text[end - 1] !== ' '; end++)
    if (!isWordAt(text, end) && words.has(text.slice(at + 1, end))) return true;
  return false;
}
