/**
 * Names of people in obvious positions: greetings, signatures, introductions, titles, labels.
 * Does not: find names in running prose (that takes a model), or replace them (known-names.ts).
 */

import type { Entity } from '../../core/entity.ts';
import { cueTable } from './cues.ts';
import { entityTexts } from './entity-texts.ts';
import { isParticle } from './known-names.ts';
import { withoutOverlaps } from './match.ts';
import { BRANDS, isFirstName, NOT_NAMES, PLACES, THINGS, WORDS_TOO } from './name-lists.ts';
import { ENDINGS, type Evidence, POSITIONS } from './name-positions.ts';
import { type Scan, scanText } from './scan.ts';
import { isSurrogateName } from './surrogate-names.ts';

const BY_FIRST_WORD = new Map<string, (typeof POSITIONS)[number][]>();
for (const position of POSITIONS) {
  for (const word of position.begins.split(' ')) {
    BY_FIRST_WORD.set(word, [...(BY_FIRST_WORD.get(word) ?? []), position]);
  }
}

/** The scan finds where any of the patterns may begin. */
const FIRST_WORDS = cueTable([[1, [...BY_FIRST_WORD.keys()].join(' ')]]);

interface NameSpan {
  readonly start: number;
  readonly name: string;
}

/** How far back a line's last words are looked at for a signature. */
const TAIL = 160;
/** Where Chinese texts say a name. */
const CHINESE = /(?:我叫|我是|姓名(?:是|为|:|：)|名字(?:是|叫))([\u4e00-\u9fff]{2,4})(?=[，。,.！!？?\s]|$)/g;

/** A word with a capital, and what makes a whole name of it: an initial, particles, another word with a capital. */
const CAPITAL = /(?<![\p{L}\p{N}_.@/\\-])\p{Lu}\p{Ll}{1,14}(?=[ -])/gu;
const REST =
  /(?:-\p{Lu}\p{Ll}{1,14})? (?:\p{Lu}\. )?(?:(?:van|von|de|der|den|del|da|di|la|el|bin|al|dos|do) ){0,2}(\p{Lu}\p{Ll}[\p{L}'’-]{1,24}|\p{Lu}['’]\p{Lu}\p{Ll}{1,24})(?![\p{L}\p{N}_(/@])/uy;

/** "San Diego Padres": a name of a place goes on. */
const OF_PLACES = /(?:San|Santa|São|St\.?|Saint|Fort|Port|Mount|Lake|Super|Hotel|Rue|Via) $/;

/** A common first name with a surname after it, wherever they stand. */
function wholeNames(scan: Scan, found: NameSpan[]): void {
  const { text } = scan;
  scan.steps += text.length;
  for (const { 0: first, index } of text.matchAll(CAPITAL)) {
    const lower = first.toLowerCase();
    if (!isFirstName(lower) || WORDS_TOO.has(lower) || PLACES.has(lower) || NOT_NAMES.has(lower)) continue;
    const rest = scan.at(REST, index + first.length);
    const surname = rest?.[1]?.toLowerCase().replace(/['’]s$/, '') ?? '';
    if (rest === null || NOT_NAMES.has(surname) || isSurrogateName(surname) || THINGS.has(surname)) continue;
    const name = (first + rest[0]).replace(/['’](?:s)?$/, '');
    if (!isBrand(name) && !OF_PLACES.test(text.slice(Math.max(0, index - 8), index)))
      found.push({ start: index, name });
  }
}

/** The spans of names in a plain text. @param scan Made with the first words of names; see scanNames. */
function nameSpans(scan: Scan): NameSpan[] {
  const { text } = scan;
  const found: NameSpan[] = [];
  const take = (match: RegExpExecArray | null, evidence: Evidence, offset = 0): void => {
    const start = match?.indices?.[1]?.[0];
    if (match === null || start === undefined) return;
    const name = trimName(match[1] ?? '', evidence, match[0]);
    if (name !== null) found.push({ start: start + offset, name });
  };
  for (const { start, cue } of scan.cues) {
    for (const { pattern, evidence } of BY_FIRST_WORD.get(cue.word) ?? []) {
      if (evidence === 'label' && cue.word === 'name' && isNameOfThing(text, start)) continue;
      take(scan.at(pattern, start), evidence);
    }
  }
  wholeNames(scan, found);
  const tail = Math.max(0, text.length - TAIL);
  for (const ending of ENDINGS) take(ending.exec(text.slice(tail)), 'weak', tail);
  if (scan.cjk) {
    for (const match of text.matchAll(CHINESE)) {
      const name = match[1] ?? '';
      found.push({ start: match.index + match[0].length - name.length, name });
    }
  }
  return found;
}

/** "artist name", "event name": the word before says that no customer follows. */
function isNameOfThing(text: string, start: number): boolean {
  const before = /(\p{L}+)[ _-]$/u.exec(text.slice(Math.max(0, start - 20), start))?.[1];
  return (
    before !== undefined &&
    !/^(?:full|first|last|user|customer|client|guest|passenger|contact|patient|employee|recipient|sender|person|traveler|traveller|holder|owner|the|my|your|his|her|their|our|a)$/i.test(
      before,
    )
  );
}

/**
 * Names in the places where names obviously stand ("My name is …", greetings, signatures, JSON fields such as
 * first_name), as entities of the text. Linear in the text.
 */
export function obviousNames(text: string): Entity[] {
  const { texts, place } = entityTexts(text, 0);
  const found = place(
    texts.map((plain) =>
      nameSpans(scanText(plain, FIRST_WORDS)).map(({ start, name }) => ({
        start,
        end: start + name.length,
        kind: 'person' as const,
      })),
    ),
  );
  return withoutOverlaps([found]);
}

/** For tests that count: the steps that the search takes in a plain text. */
export function stepsOfNames(text: string): number {
  const scan = scanText(text, FIRST_WORDS);
  nameSpans(scan);
  return scan.steps;
}

/**
 * The words that make up a name, or null where it is none.
 * @param whole What the pattern matched: the name with what stood before it.
 */
function trimName(candidate: string, evidence: Evidence, whole: string): string | null {
  const all = candidate
    .replace(/['’-]+$/, '')
    .split(' ')
    .filter((word) => word !== '');
  const kept: string[] = [];
  for (const word of all) {
    const lower = word.toLowerCase();
    const bare = lower.replace(/['’]s$/, '');
    const particle = kept.length > 0 && word === lower && isParticle(lower);
    if (NOT_NAMES.has(bare) && !particle) {
      // "Hi Customer" is no name at all; "Anna And" ends at Anna.
      if (kept.length === 0) return null;
      break;
    }
    // In small letters only a known name is one, or what follows it ("anna schmidt" on a label).
    const small = word === lower && !particle;
    if (small && (!isFirstName(lower) || WORDS_TOO.has(lower))) break;
    kept.push(word);
  }
  while (kept.length > 0 && isParticle(kept.at(-1) ?? '')) kept.pop();
  const first = kept[0];
  if (first === undefined) return null;
  if (kept.every((word) => isSurrogateName(word))) return null;
  if (isBrand(kept.join(' '))) return null;
  // Under a label, a place is a place: "name: Paris".
  const lower = first.toLowerCase();
  if (kept.length === 1 && PLACES.has(lower) && (evidence === 'label' || /^[Ff]rom|^[Vv]on/.test(whole)))
    return null;
  if (evidence !== 'strong' && !isFirstName(lower)) return null;
  // All capitals of two or three letters: an abbreviation.
  if (kept.length === 1 && first === first.toUpperCase() && first.length < 4 && !isFirstName(lower))
    return null;
  return kept.join(' ');
}

/** "Dr. Martens", "Hello Kitty": what is known as a thing. */
export function isBrand(name: string): boolean {
  const lower = name
    .toLowerCase()
    .replaceAll('.', '')
    .replace(/['’]s?$/, '');
  return BRANDS.has(lower) || BRANDS.has(lower.split(' ')[0] ?? '');
}
