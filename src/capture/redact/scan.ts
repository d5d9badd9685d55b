/**
 * One pass over a text that lists the places where recognisers may begin: runs of digits, runs of letters and
 * digits, words that announce something (cues), @, colons. Recognisers look at these places alone, so a text costs one
 * pass and a bounded amount per place; `steps` counts both, which makes the bound testable.
 */
import { CUES, type Cue, type CueTable, SIEVE_BITS } from './cues.ts';
import { classOf, DIGIT, HASH_START, hashStep, isCjk, isUpper, LETTER } from './letters.ts';

export interface FoundCue {
  readonly start: number;
  readonly end: number;
  readonly cue: Cue;
}

export interface Scan {
  readonly text: string;
  /** Starts and ends of maximal runs of digits with no letter beside them, in turn. */
  readonly numbers: readonly number[];
  /** Starts and ends of maximal runs of letters and digits with both in them, in turn. */
  readonly mixed: readonly number[];
  readonly cues: readonly FoundCue[];
  /** The bits of CUE that any of the cues has. */
  readonly families: number;
  readonly ats: readonly number[];
  /** Colons with a hexadecimal digit or a colon on both sides. */
  readonly colons: readonly number[];
  /** Whether there are Chinese, Japanese or Korean characters. */
  readonly cjk: boolean;
  /** Question marks and ampersands. */
  readonly queries: readonly number[];
  /** Where "://" stands. */
  readonly schemes: readonly number[];
  /** Where "--" begins after something else than a hyphen. */
  readonly dashes: readonly number[];
  /** Characters looked at so far, by the pass and by the recognisers. */
  steps: number;
  /** The sticky pattern at this very place; what it matched counts as steps. */
  at(pattern: RegExp, index: number): RegExpExecArray | null;
}

const isHexOrColon = (code: number): boolean =>
  (code >= 48 && code <= 58) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);

const BACKSLASH = 92;
const MAX_WORD_LENGTH = 40;
/** n, r and t: what an escape of white space ends in. */
const isEscape = (code: number): boolean => code === 110 || code === 114 || code === 116;

/** In a run of letters and digits longer than this, words of one and two letters are chance. */
const MIXED_LENGTH = 12;

/** Without the cues of one and two letters inside the run that begins at `start`, but for its first word. */
function dropShort(cues: FoundCue[], start: number): void {
  for (let i = cues.length - 1; i >= 0 && (cues[i]?.start ?? 0) > start; i--)
    if ((cues[i]?.cue.word.length ?? 0) < 3) cues.splice(i, 1);
}

export function scanText(text: string, table: CueTable = CUES): Scan {
  const numbers: number[] = [];
  const mixed: number[] = [];
  const cues: FoundCue[] = [];
  const ats: number[] = [];
  const colons: number[] = [];
  const queries: number[] = [];
  const schemes: number[] = [];
  const dashes: number[] = [];
  let cjk = false;
  let families = 0;
  const n = text.length;
  const { byHash, sieve } = table;
  const addCues = (start: number, end: number, hash: number): void => {
    const found = sieve[hash & SIEVE_BITS] === 1 ? byHash.get(hash) : undefined;
    if (found === undefined) return;
    const word = text.slice(start, end).toLowerCase();
    for (const cue of found) {
      if (cue.word !== word) continue;
      cues.push({ start, end, cue });
      families |= cue.families;
    }
  };
  for (let i = 0; i < n; ) {
    const code = text.charCodeAt(i);
    if (code === 32) {
      i++;
      continue;
    }
    if (classOf(code) === 0) {
      if (code === 64 || code === 0xff20) ats.push(i);
      else if (code === 58) {
        if (isHexOrColon(text.charCodeAt(i - 1)) && isHexOrColon(text.charCodeAt(i + 1))) colons.push(i);
        else if (text.charCodeAt(i + 1) === 47 && text.charCodeAt(i + 2) === 47) schemes.push(i);
      } else if (code === 63 || code === 38) queries.push(i);
      else if (code === 45) {
        if (text.charCodeAt(i + 1) === 45 && text.charCodeAt(i - 1) !== 45) dashes.push(i);
      } else if (code === BACKSLASH) {
        // The letter of an escape is not part of the word after it.
        if (isEscape(text.charCodeAt(i + 1))) i++;
      } else if (isCjk(code)) cjk = true;
      i++;
      continue;
    }
    // A run of letters and digits. In it, a capital after a small letter begins a new word (phoneNumber).
    const start = i;
    let letters = false;
    let digits = false;
    let wordStart = i;
    let hash = HASH_START;
    let before = 0;
    let beforeUpper = false;
    for (; i < n; i++) {
      const c = text.charCodeAt(i);
      // Most characters: a small letter after another.
      if (c >= 97 && c <= 122 && before === LETTER) {
        hash = hashStep(hash, c);
        beforeUpper = false;
        continue;
      }
      const kind = classOf(c);
      if (kind === 0) break;
      if (kind === DIGIT) {
        if (before === LETTER) addCues(wordStart, i, hash);
        digits = true;
      } else {
        letters = true;
        const upper = isUpper(c);
        if (before === DIGIT || (before === LETTER && upper && !beforeUpper)) {
          if (before === LETTER) addCues(wordStart, i, hash);
          wordStart = i;
          hash = HASH_START;
        }
        hash = hashStep(hash, c);
        beforeUpper = upper;
      }
      before = kind;
    }
    if (before === LETTER) addCues(wordStart, i, hash);
    // Random letters and digits hold any word.
    if (i - start > MAX_WORD_LENGTH) while ((cues.at(-1)?.start ?? -1) >= start) cues.pop();
    else if (digits && letters && i - start > MIXED_LENGTH) dropShort(cues, start);
    if (digits) (letters ? mixed : numbers).push(start, i);
  }
  return {
    text,
    numbers,
    mixed,
    cues,
    families,
    ats,
    colons,
    queries,
    schemes,
    dashes,
    cjk,
    steps: n,
    at(pattern, index) {
      pattern.lastIndex = index;
      const match = pattern.exec(text);
      this.steps += 1 + (match?.[0].length ?? 0);
      return match;
    },
  };
}

/** How far before a number the word that announces it may end, in characters. */
const WINDOW = 48;

/**
 * The nearest cue of one of the families that ends before `at` in the same sentence, no further back than `window`
 * characters; undefined where there is none. A line end ends the sentence unless only punctuation stands between.
 * @param families Bits of CUE.
 */
export function cueBefore(scan: Scan, at: number, families: number, window = WINDOW): FoundCue | undefined {
  const { cues, text } = scan;
  if (cues.length === 0) return undefined;
  let low = 0;
  let high = cues.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cues[middle]?.end ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  let seen = at;
  let words = false;
  for (let i = low - 1; i >= 0; i--) {
    const cue = cues[i];
    if (cue === undefined || cue.end < at - window) return undefined;
    for (; seen > cue.end; seen--) {
      scan.steps++;
      const code = text.charCodeAt(seen - 1);
      if (classOf(code) === LETTER) {
        if (isEscape(code) && text.charCodeAt(seen - 2) === BACKSLASH) {
          if (words) return undefined;
        } else words = true;
      } else if (code === 10 && words) return undefined;
      // An abbreviation (no.) is followed by what it announces, a sentence by another one.
      else if ((code === 33 || code === 63 || code === 59) && seen < at) return undefined;
      else if (code === 46 && words && /\s/.test(text[seen] ?? '') && !isAbbreviated(text, seen - 1))
        return undefined;
    }
    if ((cue.cue.families & families) !== 0) return cue;
    words = true;
  }
  return undefined;
}

const isAbbreviated = (text: string, dot: number): boolean =>
  /(?:^|[^\p{L}])(?:no|nr|num|tel|ref|geb|dr|mr|mrs|st|art|n|f)$/iu.test(
    text.slice(Math.max(0, dot - 5), dot),
  );

/** Whether nothing of a word, a number or a path goes on before `start`. */
export function beginsHere(text: string, start: number, glue = '.-_/#@'): boolean {
  if (start === 0) return true;
  const code = text.charCodeAt(start - 1);
  if (classOf(code) !== 0) return isEscape(code) && text.charCodeAt(start - 2) === BACKSLASH;
  const char = text[start - 1] ?? '';
  if (!glue.includes(char)) return true;
  // "- 123" and "(see 4.) 123" begin, "a-123" goes on.
  return (
    start === 1 ||
    (char !== '#' && char !== '@' && char !== '_' && /[\s([{"',:;]/.test(text[start - 2] ?? ' '))
  );
}

/** Whether nothing of a word or a number goes on at `end`: a full stop may follow, a decimal may not. */
export function endsHere(text: string, end: number): boolean {
  const code = text.charCodeAt(end);
  if (Number.isNaN(code)) return true;
  if (classOf(code) !== 0 || code === 95) return false;
  const next = classOf(text.charCodeAt(end + 1));
  if (code === 46 || code === 47) return next !== DIGIT;
  return !(code === 45 || code === 64) || next === 0;
}
