/**
 * The words of a text as keyed hashes. Stored inputs are payload, so an index holds no word: whoever has the file, but not
 * the key, can look up none. Does not: keep the key (models/retrieval/index-file says where it is).
 */
import { hash } from 'node:crypto';

/** Words whose hashes are remembered; what comes after them is hashed again each time. */
const MAX_REMEMBERED = 100_000;
/** Of a longer text the first quarter of these characters and the last three: conversations are decided at their end. */
const MAX_CHARACTERS = 8_000;

/** Runs of letters and digits, each with the marks that join them in names, codes and numbers. */
const WORD = /[\p{L}\p{N}]+(?:['’.@_/:-][\p{L}\p{N}]+)*/gu;

export interface Terms {
  /** Hashes of a text's words, in order; 0 stands for none of them. */
  words(text: string): Uint32Array;
}

/** The words of a text as they are compared: compatibility form, lower case, English plural endings folded. */
export function wordsOf(text: string): string[] {
  const read =
    text.length <= MAX_CHARACTERS
      ? text
      : `${text.slice(0, MAX_CHARACTERS / 4)}\n${text.slice((-3 * MAX_CHARACTERS) / 4)}`;
  return (read.normalize('NFKC').toLowerCase().match(WORD) ?? []).map(singular);
}

/**
 * After Harman's S-stemmer ("How effective is suffixing?", JASIS 42, 1991): -ies → -y, else a final -s goes, but from -ss
 * and -us. Words with a digit or a mark are names and codes: they stay.
 */
function singular(word: string): string {
  if (word.length < 4 || !/^[a-z]*[^su\W\d_]s$/.test(word)) return word;
  return word.endsWith('ies') ? `${word.slice(0, -3)}y` : word.slice(0, -1);
}

/** @param key Secret of the index. */
export function keyedTerms(key: string): Terms {
  const known = new Map<string, number>();
  const hashOf = (word: string): number => {
    const found = known.get(word);
    if (found !== undefined) return found;
    // Never 0.
    const made = Number.parseInt(hash('sha256', `${key} ${word}`).slice(0, 8), 16) || 1;
    if (known.size < MAX_REMEMBERED) known.set(word, made);
    return made;
  };
  return { words: (text) => Uint32Array.from(wordsOf(text), hashOf) };
}
