/**
 * Cuts an input into units, the smallest stretches that a value can begin and end with: runs of letters, runs of digits,
 * and every other visible character by itself. So `10pm` is two units, and `$500` too.
 * Does not: know the encoder's vocabulary (windows.ts), or look for values (align.ts).
 */

/** The units of an input: unit i is text.slice(starts[i], ends[i]). */
export interface Units {
  /** What is read of the input. */
  readonly text: string;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** Units [start, end) of a text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Scripts that put no spaces between words: each character is a unit. */
const UNIT =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])\p{L}\p{M}*)+|\p{N}+|[^\s\p{Cc}\p{Cf}]/gu;

/** More than the encoder's windows hold (windows.ts): of a longer input the end is read, its newest part. */
const MAX_CHARACTERS = 8_000;

export function unitsOf(input: string): Units {
  const text = input.slice(-MAX_CHARACTERS);
  const starts: number[] = [];
  const ends: number[] = [];
  for (const match of text.matchAll(UNIT)) {
    starts.push(match.index);
    ends.push(match.index + match[0].length);
  }
  return { text, starts, ends };
}

/** The text of a span. */
export function sliceOf({ text, starts, ends }: Units, { start, end }: Span): string {
  return text.slice(starts[start], ends[end - 1]);
}
