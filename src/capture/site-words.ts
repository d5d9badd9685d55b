/**
 * How texts say the words of a site, and putting these back where redaction took them for somebody: a value whole, each of its
 * words in small letters or as a plural, a first name beside a word of its value.
 * Does not: find a site's words (vocabulary.ts).
 */
import { ENTITY_KINDS, type EntityKind } from '../core/entity.ts';
import { isFirstName } from './redact/name-lists.ts';
import { type RedactContext, redactEntities, redactText } from './redact/redact.ts';
import { anyWholeWord } from './whole-words.ts';

/** A word as it may stand in a text: `taken` is what may be taken for somebody, the rest has to stand beside it. */
export interface Place {
  readonly before: string;
  readonly taken: string;
  readonly after: string;
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

/** First names of a value, which may be somebody's, beside the next or the last word of it ("Linnea duvet"), in their forms. */
function firstNamesOf(value: string): Place[] {
  const words = wordsIn(value);
  return words.flatMap((name, i) => {
    if (!isFirstName(name)) return [];
    const beside = (other: string | undefined): string[] =>
      other === undefined || isFirstName(other) ? [] : formsOf(other);
    return [...new Set([name, name.toLowerCase()])].flatMap((taken) => [
      ...beside(words[i + 1]).map((after) => ({ before: '', taken, after: ` ${after}` })),
      ...beside(words[i - 1]).map((before) => ({ before: `${before} `, taken, after: '' })),
    ]);
  });
}

/** All places in which a site's words may be taken for somebody, each once. */
export function placesOf(words: readonly string[]): Place[] {
  const alone = (taken: string): Place => ({ before: '', taken, after: '' });
  const names = words.flatMap(firstNamesOf);
  const all = [
    ...[...withTheirWords(words)].map(alone),
    ...names,
    ...names.map(({ before, taken, after }) => alone(before + taken + after)),
  ];
  return [...new Map(all.map((place) => [JSON.stringify(place), place])).values()];
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
 * Puts words back where their surrogates stand. Redaction is deterministic, so the surrogates follow from the words.
 * @param places Of a site's words, all of them or those that were taken.
 */
export function restorer(places: readonly Place[], context: RedactContext): (text: string) => string {
  const originals = new Map<string, string>();
  for (const { before, taken, after } of places) {
    const kinds = /[\d@]/.test(taken) ? ENTITY_KINDS : NAMES;
    const surrogates = kinds.map((kind) =>
      redactEntities(taken, [{ start: 0, end: taken.length, kind }], [], context),
    );
    for (const surrogate of [redactText(taken, context), ...surrogates])
      if (surrogate !== taken && surrogate.length >= MIN_WORD)
        originals.set(before + surrogate + after, before + taken + after);
  }
  if (originals.size === 0) return (text) => text;
  const any = anyWholeWord([...originals.keys()]);
  return (text) => text.replace(any, (surrogate) => originals.get(surrogate) ?? surrogate);
}
