/**
 * Names known from elsewhere, found in a text: whole names, and each of their words on its own where it is no common
 * word. One pass over the words of the text with look-ups by word, whatever the number of names.
 */
import type { Match } from './match.ts';
import { BRANDS, NOT_NAMES, PLACES, WORDS_TOO } from './name-lists.ts';
import { fullSurrogate, isSurrogateName, nameSurrogate } from './surrogate-names.ts';

interface Node {
  readonly next: Map<string, Node>;
  ends: boolean;
}

interface KnownNames {
  /** Whole names, word by word. */
  readonly whole: Node;
  /** Words that count on their own. */
  readonly alone: ReadonlySet<string>;
  /** Those of them that were written in small letters, which count so elsewhere too. */
  readonly small: ReadonlySet<string>;
}

export const WORD = /[\p{L}\p{M}][\p{L}\p{M}'’]{0,63}/gu;
const MAX_WORDS = 8;

/** Particles, which are parts of names and no names. */
const PARTICLES: ReadonlySet<string> = new Set(
  'van von de der den del da di la le du des dos das bin ibn al el y e zu zum ter ten'.split(' '),
);

export const isParticle = (word: string): boolean => PARTICLES.has(word.toLowerCase());

/** Whether a word means something else as well, so that it is a name only where its place says so. */
export function isCommonWord(word: string): boolean {
  const lower = word.toLowerCase();
  return WORDS_TOO.has(lower) || NOT_NAMES.has(lower) || PLACES.has(lower) || BRANDS.has(lower);
}

const cache = new WeakMap<readonly string[], KnownNames>();

function knownNames(names: readonly string[]): KnownNames {
  const known = cache.get(names);
  if (known) return known;
  const whole: Node = { next: new Map(), ends: false };
  const alone = new Set<string>();
  const small = new Set<string>();
  for (const name of names) {
    const words = (name.match(WORD) ?? []).map(bare).slice(0, MAX_WORDS);
    let node = whole;
    for (const word of words) {
      const lower = word.toLowerCase();
      const next = node.next.get(lower) ?? { next: new Map(), ends: false };
      node.next.set(lower, next);
      node = next;
      // Two letters suffice where words are that short.
      if (word.length < (/[\u2e80-\ud7af]/.test(word) ? 2 : 3) || isParticle(word)) continue;
      if (isCommonWord(word) || isSurrogateName(word)) continue;
      alone.add(lower);
      if (word === lower) small.add(lower);
    }
    if (words.length > 1) node.ends = true;
  }
  const made = { whole, alone, small };
  cache.set(names, made);
  return made;
}

/** Without a genitive: Anna's. */
const bare = (word: string): string => word.replace(/['’](?:s|S)?$/, '');

/** @param names Whole names as they were found; the same array is best given again, since its index is kept. */
export function findKnownNames(text: string, names: readonly string[]): Match[] {
  if (names.length === 0) return [];
  const { whole, alone, small } = knownNames(names);
  const found: Match[] = [];
  let done = 0;
  const words = wordsOf(text);
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === undefined || word.start < done) continue;
    const node = whole.next.get(word.lower);
    if (node === undefined && !alone.has(word.lower)) continue;
    const end = node === undefined ? 0 : wholeEnd(text, words, i, node);
    if (end > 0) {
      const name = text.slice(word.start, end);
      found.push({ start: word.start, end, kind: 'person', make: (key) => fullSurrogate(name, key) });
      done = end;
    } else if (alone.has(word.lower) && (!word.small || small.has(word.lower)) && word.free) {
      const { written } = word;
      found.push({
        start: word.start,
        end: word.start + written.length,
        kind: 'person',
        make: (key) => nameSurrogate(written, key),
      });
      done = word.start + written.length;
    }
  }
  return found;
}

interface Word {
  readonly start: number;
  readonly written: string;
  readonly lower: string;
  /** In small letters. */
  readonly small: boolean;
  /** Nothing of an identifier stands beside it. */
  readonly free: boolean;
}

function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  for (const match of text.matchAll(WORD)) {
    let start = match.index;
    let written = match[0];
    // The letter of an escape (\n) is not of the word.
    if (text[start - 1] === '\\' && /^[nrt]/.test(written) && written.length > 1) {
      start++;
      written = written.slice(1);
    }
    written = bare(written);
    const lower = written.toLowerCase();
    const free =
      !/[\p{N}_]/u.test(text[start - 1] ?? '') && !/[\p{N}_]/u.test(text[start + written.length] ?? '');
    words.push({ start, written, lower, small: written === lower && lower !== written.toUpperCase(), free });
  }
  return words;
}

/** The end of the longest whole name that begins at word `i`; 0 where none does. */
function wholeEnd(text: string, words: readonly Word[], i: number, first: Node): number {
  let node = first;
  let end = 0;
  let capital = false;
  for (let j = i; ; ) {
    const word = words[j];
    if (word === undefined || !word.free) break;
    if (!word.small) capital = true;
    if (node.ends && capital) end = word.start + word.written.length;
    j++;
    const next = words[j];
    if (
      next === undefined ||
      !/^(?:\.? |-|,? )$/.test(text.slice(word.start + word.written.length, next.start))
    )
      break;
    const following = node.next.get(next.lower);
    if (following === undefined) break;
    node = following;
  }
  return end;
}
