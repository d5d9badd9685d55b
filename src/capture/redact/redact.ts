/**
 * Replaces personal data and secrets in a text by surrogates of the same type and look. Pure: the same text and key
 * always give the same result, and the same person has the same surrogate in every text under one key. Texts that
 * are JSON stay JSON of the same shape.
 *
 * Two stages: redactText has recognisers with checks, for the hot path; redactEntities replaces what a finder of
 * entities gave for the result, and the names known in what belongs together.
 */
import type { Entity } from '../../core/entity.ts';
import { labelled, mapJsonStrings } from './json-strings.ts';
import { findKnownNames, isCommonWord, isParticle } from './known-names.ts';
import { type Match, replaceMatches, withoutOverlaps } from './match.ts';
import { isFirstName } from './name-lists.ts';
import { isBrand } from './names.ts';
import { matchesIn, type RedactContext, withoutKept } from './recognise.ts';
import { isSurrogateName } from './surrogate-names.ts';
import { entityMatches, ownWords } from './surrogates.ts';

export { entityTexts } from './entity-texts.ts';
export { obviousNames } from './names.ts';
export { compilePolicy } from './policy.ts';
export type { RedactContext } from './recognise.ts';
export { holdsSurrogate, surrogatesIn } from './surrogates.ts';
export { vocabularyOf } from './vocabulary.ts';

/**
 * The text without what recognisers with checks find: addresses, numbers, keys, tokens, … (see ENTITY_KINDS), but with
 * the names of people. Linear in the text. JSON stays JSON of the same shape; its keys are redacted too.
 */
export function redactText(text: string, context: RedactContext): string {
  return mapStrings(text, (value) => replaceMatches(value, matchesIn(value, context), context));
}

/**
 * Second stage, for a text that went through the first: replaces the entities that a finder gave for this very text,
 * and the names known in what belongs together wherever they stand in it, each of their words on its own too where it is
 * no common word. Linear in the text, whatever the number of names.
 * @param entities Offsets are of `text`; what the first stage has replaced is left alone.
 * @param names Whole names (see namesOfEntities). Give the same array for texts of the same session: its index is kept.
 */
export function redactEntities(
  text: string,
  entities: readonly Entity[],
  names: readonly string[],
  context: RedactContext,
): string {
  const found = entities.flatMap((entity) => entityMatches(text, entity, context));
  const matches = withoutKept(text, withoutOverlaps([found]), context);
  const made = replaceMatches(text, matches, context);
  const { policy } = context;
  if (names.length === 0 || !policy.kinds.has('person')) return made;
  return mapStrings(made, (value, prefix) =>
    replaceMatches(value, withoutKept(value, after(findKnownNames(value, names), prefix), context), context),
  );
}

const after = (matches: readonly Match[], prefix: number): Match[] =>
  matches.filter(({ start }) => start >= prefix);

/**
 * Maps the strings of a JSON text, or the text itself. The key stands before its value, as it would in plain text, and
 * is taken off again.
 */
function mapStrings(text: string, map: (value: string, prefix: number) => string): string {
  const json = mapJsonStrings(text, (value, label) => {
    if (label === '') return map(value, 0);
    const prefix = labelled('', label);
    const made = map(prefix + value, prefix.length);
    return made.startsWith(prefix) ? made.slice(prefix.length) : map(value, 0);
  });
  return json ?? map(text, 0);
}

/**
 * The names of people among the entities of a text, as written, each once, to be replaced in the other texts of the
 * session: whole, and each of their words.
 */
export function namesOfEntities(text: string, entities: readonly Entity[]): string[] {
  const names = new Set<string>();
  const small = new Set(entities.length > 0 ? (text.match(/(?<!\p{L})\p{Ll}\p{L}{2,}/gu) ?? []) : []);
  for (const { kind, start, end } of entities) {
    if (kind !== 'person') continue;
    const place = ownWords(text, { start, end });
    const name = unescaped(text.slice(place.start, place.end)).trim();
    const words = name.split(/[\s,]+/);
    if (!/\p{L}/u.test(name) || words.every((word) => isSurrogateName(word) || isParticle(word))) continue;
    if (isBrand(name) || (words.length === 1 && isCommonWord(name))) continue;
    // A word that the text has in small letters too is no name, whatever a finder took it for.
    const lower = name.toLowerCase();
    if (words.length === 1 && name !== lower && small.has(lower) && !isFirstName(lower)) continue;
    names.add(name);
  }
  return [...names];
}

/** The content of a JSON string, perhaps of one inside another, as it reads. */
function unescaped(written: string): string {
  let text = written;
  for (let depth = 0; depth < 4 && text.includes('\\'); depth++) {
    try {
      text = JSON.parse(`"${text}"`) as string;
    } catch {
      break;
    }
  }
  return text;
}
