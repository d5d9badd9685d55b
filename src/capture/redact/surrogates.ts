/** Surrogates by kind, for entities that a finder gives, and how surrogates are told from what people wrote. */

import type { Entity, EntityKind } from '../../core/entity.ts';
import { ageIn } from './born.ts';
import { handleSurrogate } from './context.ts';
import { dateSurrogate } from './dates.ts';
import { drawFor, drawLike } from './draw.ts';
import { emailSurrogate } from './email.ts';
import { isCommonWord, isParticle } from './known-names.ts';
import type { Match } from './match.ts';
import { NOT_NAMES } from './name-lists.ts';
import { isBrand } from './names.ts';
import { isSurrogatePhone, phoneSurrogate } from './phones.ts';
import { matchesIn, type RedactContext } from './recognise.ts';
import { addressSurrogate } from './streets.ts';
import { fullSurrogate, isSurrogateName } from './surrogate-names.ts';
import { walletSurrogate } from './wallets.ts';

/** How much of the text around an entity the recognisers see. */
const AROUND = 64;

/**
 * What to put in the place of an entity; null where it is left: its kind is off, or it is a brand or a surrogate.
 * The text went through the recognisers, so what they would take now, they made.
 */
export function entityMatch(text: string, entity: Entity, context: RedactContext): Match | null {
  const { kind } = entity;
  if (!context.policy.kinds.has(kind)) return null;
  const { start, end } = kind === 'person' ? ownWords(text, trimmed(text, entity)) : trimmed(text, entity);
  const original = text.slice(start, end);
  if (end <= start || !/[\p{L}\p{N}]/u.test(original) || original.includes('"')) return null;
  if (kind === 'person' || kind === 'organisation') {
    const words = original.match(/[\p{L}\p{M}'’]+/gu) ?? [];
    if (words.every((word) => isSurrogateName(word) || isParticle(word))) return null;
    if (kind === 'person' && isBrand(original)) return null;
  } else if (isMade(text, start, end, context)) return null;
  return { start, end, kind, make: (key) => surrogateOf(kind, original, key) };
}

/**
 * As entityMatch, for what the recognisers have left of an entity: of an address they may have made the street alone,
 * and its number, code and town still stand beside it.
 */
export function entityMatches(text: string, entity: Entity, context: RedactContext): Match[] {
  const whole = entityMatch(text, entity, context);
  if (whole !== null || entity.kind === 'person' || entity.kind === 'organisation')
    return whole ? [whole] : [];
  if (!context.policy.kinds.has(entity.kind)) return [];
  const from = Math.max(0, entity.start - AROUND);
  const made = matchesIn(text.slice(from, entity.end + AROUND), context)
    .map(({ start, end }) => ({ start: start + from, end: end + from }))
    .filter(({ start, end }) => start < entity.end && end > entity.start);
  let at = entity.start;
  return [...made, { start: entity.end, end: entity.end }].flatMap(({ start, end }) => {
    const { start: first, end: last } = trimmed(text, { kind: entity.kind, start: at, end: start });
    at = Math.max(at, end);
    const left = text.slice(first, last);
    if (first >= last || !/[\p{L}\p{N}]/u.test(left) || left.includes('"') || holdsSurrogate(left)) return [];
    return [
      { start: first, end: last, kind: entity.kind, make: (key) => surrogateOf(entity.kind, left, key) },
    ];
  });
}

function trimmed(text: string, { start, end }: Entity): { start: number; end: number } {
  let from = start;
  let to = end;
  while (from < to && /[\s,.;:()"'“”]/.test(text[from] ?? '')) from++;
  while (to > from && /[\s,;:("'“”\\]/.test(text[to - 1] ?? '')) to--;
  return { start: from, end: to };
}

/** Without the words at both ends that are no names ("Hi Mia", "Mia Thanks"); nothing where no other is left. */
export function ownWords(
  text: string,
  place: { start: number; end: number },
): { start: number; end: number } {
  const span = text.slice(place.start, place.end);
  // An escape may not be cut.
  if (span.includes('\\')) return place;
  const words = [...span.matchAll(/[\p{L}\p{M}][\p{L}\p{M}\p{N}'’-]*/gu)];
  const own = words.filter(([word]) => !NOT_NAMES.has(word.toLowerCase()));
  const first = own[0];
  const last = own.at(-1);
  if (words.length === own.length) return place;
  if (first === undefined || last === undefined) return { start: place.start, end: place.start };
  return {
    start: words[0] === first ? place.start : place.start + first.index,
    end: words.at(-1) === last ? place.end : place.start + last.index + last[0].length,
  };
}

/** Whether the recognisers would take something there, or it holds a name or a number of ours. */
function isMade(text: string, start: number, end: number, context: RedactContext): boolean {
  const from = Math.max(0, start - AROUND);
  const window = text.slice(from, end + AROUND);
  if (holdsSurrogate(text.slice(start, end))) return true;
  return matchesIn(window, context).some((match) => match.start + from < end && match.end + from > start);
}

function surrogateOf(kind: EntityKind, original: string, key: Uint8Array): string {
  return escapesKept(original, MAKERS[kind] ?? ((text) => drawLike(drawFor(key, kind, text), text)), key);
}

const MAKERS: Readonly<Partial<Record<EntityKind, (text: string, key: Uint8Array) => string>>> = {
  person: fullSurrogate,
  organisation: fullSurrogate,
  address: addressSurrogate,
  email: emailSurrogate,
  phone: phoneSurrogate,
  'birth-date': dateSurrogate,
  age: ageIn,
  username: handleSurrogate,
  wallet: walletSurrogate,
};

/** Letters that are written as escapes are read; other escapes (of white space, quotes) stay between what is made. */
function escapesKept(text: string, make: (text: string, key: Uint8Array) => string, key: Uint8Array): string {
  if (!text.includes('\\')) return make(text, key);
  const read = text.replace(LETTER_ESCAPE, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return read
    .split(/(\\+(?:u[0-9a-fA-F]{4}|.))/s)
    .map((piece, i) => (i % 2 === 1 || !/[\p{L}\p{N}]/u.test(piece) ? piece : make(piece, key)))
    .join('');
}

/** Not of control characters, quotes or backslashes, which JSON needs as escapes. */
const LETTER_ESCAPE = /\\+u(?!00(?:[01][0-9a-fA-F]|22|5[cC]))([0-9a-fA-F]{4})/g;

const EXAMPLE_HOST = /[\w-]{7,24}\.example\.(?:com|org|net)\b/gi;
const TEST_NETWORK = /\b198\.1[89]\.\d{1,3}\.\d{1,3}\b|\b2001:db8::[0-9a-f:]{4,19}|\b02[:-]?00[:.-]5e/gi;
const NUMBERS = /\(?\b[2-8]9\d\)?[ .-]{1,2}[2-9]\d\d[ .-]\d{4}\b/g;
const SOCIAL_SECURITY = /\b9\d\d-0\d-\d{4}\b/g;

/**
 * The surrogates in a text of the kinds that show as such: names, addresses at our example hosts, IP and MAC addresses,
 * North American phone and social security numbers. Best effort: others look like real ones, and one real word in
 * thousands looks like a name of ours.
 */
export function surrogatesIn(text: string): string[] {
  const matches = (pattern: RegExp): string[] => text.match(pattern) ?? [];
  return [
    ...[EXAMPLE_HOST, TEST_NETWORK, SOCIAL_SECURITY].flatMap(matches),
    ...matches(NUMBERS).filter(isSurrogatePhone),
    ...matches(/[\p{L}\p{M}]{7,22}/gu).filter((word) => isSurrogateName(word) && !isCommonWord(word)),
  ];
}

/** Whether a text holds a surrogate of a kind that shows as one. */
export function holdsSurrogate(text: string): boolean {
  return surrogatesIn(text).length > 0;
}
