/**
 * WordPiece of an uncased BERT with the place of every piece in the original text: normalisation (control characters
 * dropped, accents taken off, lower case; \uXXXX is the character it stands for), splitting at white space and punctuation, then the longest pieces of the
 * vocabulary. Gives the ids that the model's own tokenizer gives (huggingface/tokenizers: BertNormalizer,
 * BertPreTokenizer, WordPiece), which has no offsets in JavaScript, but for keys. Time and memory are linear in the text.
 */

import type { Range } from './worth-reading.ts';

/** The pieces of a text, one array for each property. */
export interface Pieces {
  readonly ids: readonly number[];
  /** UTF-16 offsets into the text; the characters of a piece are [start, end). */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Which word each piece belongs to, from 0 on. */
  readonly words: readonly number[];
}

export interface Tokeniser {
  readonly cls: number;
  readonly sep: number;
  /** The pieces of some parts of a text, of all of it where none are given; a word ends where its part ends. */
  split(text: string, parts?: readonly Range[]): Pieces;
}

/** Words with more normalised characters than this are one unknown piece (WordPiece's max_input_chars_per_word). */
const LONGEST_WORD = 100;
/**
 * So long a word with three digits is one unknown piece too: a key or a hash, of which the model knows nothing and
 * which would make a dozen pieces. The recognisers know the numbers that are so long.
 */
const KEY_LENGTH = 14;
/** Words whose pieces are kept for the next time; emptied when full. */
const REMEMBERED = 20_000;

/** A word's pieces: ids, and where each ends among the word's normalised UTF-16 units. */
interface WordPieces {
  readonly ids: readonly number[];
  readonly ends: readonly number[];
}

export function tokeniser(vocabulary: ReadonlyMap<string, number>): Tokeniser {
  const id = (piece: string): number => vocabulary.get(piece) ?? 0;
  const unknown = id('[UNK]');
  const known = new Map<string, WordPieces>();
  const piecesOf = (word: string): WordPieces => {
    const seen = known.get(word);
    if (seen !== undefined) return seen;
    if (known.size >= REMEMBERED) known.clear();
    const isKey = word.length >= KEY_LENGTH && /\d.*\d.*\d/.test(word);
    const made = (isKey ? null : longestPieces(word, vocabulary)) ?? { ids: [unknown], ends: [word.length] };
    known.set(word, made);
    return made;
  };
  return {
    cls: id('[CLS]'),
    sep: id('[SEP]'),
    split: (text, parts = [{ start: 0, end: text.length }]) => split(text, parts, piecesOf, unknown),
  };
}

function split(
  text: string,
  parts: readonly Range[],
  piecesOf: (word: string) => WordPieces,
  unknown: number,
): Pieces {
  const [ids, starts, ends, words]: [number[], number[], number[], number[]] = [[], [], [], []];
  let count = 0;
  // The word that is being read: its normalised characters, and for each UTF-16 unit of them where its original is.
  let word = '';
  let from: number[] = [];
  let to: number[] = [];
  let characters = 0;
  const finish = (): void => {
    if (characters === 0) return;
    const first = from[0]!;
    if (characters > LONGEST_WORD) add(unknown, first, to.at(-1)!);
    else {
      const pieces = piecesOf(word);
      let at = 0;
      pieces.ids.forEach((piece, i) => {
        const end = pieces.ends[i]!;
        add(piece, from[at]!, to[end - 1]!);
        at = end;
      });
    }
    count++;
    word = '';
    from = [];
    to = [];
    characters = 0;
  };
  const add = (piece: number, start: number, end: number): void => {
    ids.push(piece);
    starts.push(start);
    ends.push(end);
    words.push(count);
  };
  const put = (normal: string, start: number, end: number): void => {
    characters++;
    if (characters > LONGEST_WORD) {
      // It will be one unknown piece: only its end matters.
      to[to.length - 1] = end;
      return;
    }
    word += normal;
    for (let i = 0; i < normal.length; i++) {
      from.push(start);
      to.push(end);
    }
  };
  for (const part of parts) {
    for (let at = part.start; at < part.end; ) {
      const escaped = escapeAt(text, at);
      const code = escaped ?? text.codePointAt(at)!;
      const next = at + (escaped !== null ? 6 : code > 0xffff ? 2 : 1);
      if (code < 128) {
        const kind = ASCII[code]!;
        if (kind === SPACE) finish();
        else if (kind === WORD) put(LOWER[code]!, at, next);
        else if (kind === MARK) {
          finish();
          put(LOWER[code]!, at, next);
          finish();
        }
      } else {
        const { form, alone } = otherCharacter(code);
        if (form === ' ') finish();
        else if (form !== '') {
          if (alone) finish();
          for (const character of form) put(character, at, next);
          if (alone) finish();
        }
      }
      at = next;
    }
    finish();
  }
  return { ids, starts, ends, words };
}

/** The UTF-16 unit that \uXXXX at `at` stands for, as JSON in a text has it; null where there is no such escape. */
function escapeAt(text: string, at: number): number | null {
  if (text.charCodeAt(at) !== 92 || text.charCodeAt(at + 1) !== 117) return null;
  const digits = text.slice(at + 2, at + 6);
  return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : null;
}

/**
 * The text with the escaped line ends and tabs of JSON in it (\n, \t, \r) as white space, of the same length: names
 * that stand beside one are words then.
 */
export function withoutEscapes(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\{1,4}[nrt]/g, (written) => '\n'.padStart(written.length, ' '));
}

/** Null where some part of the word is no piece of the vocabulary. */
function longestPieces(word: string, vocabulary: ReadonlyMap<string, number>): WordPieces | null {
  const [ids, ends]: [number[], number[]] = [[], []];
  for (let start = 0; start < word.length; ) {
    let end = word.length;
    let found: number | undefined;
    for (; end > start; end--) {
      const part = word.slice(start, end);
      found = vocabulary.get(start === 0 ? part : `##${part}`);
      if (found !== undefined) break;
    }
    if (found === undefined) return null;
    ids.push(found);
    ends.push(end);
    start = end;
  }
  return { ids, ends };
}

const [DROPPED, SPACE, WORD, MARK] = [0, 1, 2, 3] as const;

const ASCII: readonly number[] = Array.from({ length: 128 }, (_, code) => {
  if (code === 32 || code === 9 || code === 10 || code === 13) return SPACE;
  if (code < 32 || code === 127) return DROPPED;
  return /[a-zA-Z0-9]/.test(String.fromCharCode(code)) ? WORD : MARK;
});
const LOWER: readonly string[] = Array.from({ length: 128 }, (_, code) =>
  String.fromCharCode(code).toLowerCase(),
);

interface Character {
  /** Normalised: '' is dropped, ' ' separates words. */
  readonly form: string;
  /** Punctuation and ideographs are words of their own. */
  readonly alone: boolean;
}

/** By code point, filled as they are met. */
const others = new Map<number, Character>();

function otherCharacter(code: number): Character {
  const seen = others.get(code);
  if (seen !== undefined) return seen;
  const made = readCharacter(code);
  if (others.size >= REMEMBERED) others.clear();
  others.set(code, made);
  return made;
}

function readCharacter(code: number): Character {
  const original = String.fromCodePoint(code);
  if (code === 0xfffd || /^[\p{Cc}\p{Cf}\p{Co}\p{Cs}]$/u.test(original)) return { form: '', alone: false };
  if (/^[\p{Zs}\p{Zl}\p{Zp}\u0085]$/u.test(original)) return { form: ' ', alone: false };
  const form = original
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase();
  return { form, alone: isIdeograph(code) || /^\p{P}$/u.test(form) };
}

/** The blocks that BERT's own code names. */
function isIdeograph(code: number): boolean {
  return (
    (code >= 0x4e00 && code <= 0x9fff) ||
    (code >= 0x3400 && code <= 0x4dbf) ||
    (code >= 0x20000 && code <= 0x2a6df) ||
    (code >= 0x2a700 && code <= 0x2b73f) ||
    (code >= 0x2b740 && code <= 0x2b81f) ||
    (code >= 0x2b820 && code <= 0x2ceaf) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0x2f800 && code <= 0x2fa1f)
  );
}
