/**
 * Cuts the pieces of a text into windows that the model reads one by one: as many pieces as it may, ended at a line's
 * or a sentence's end where there is one. Where there is none, the next window begins some pieces earlier, so that
 * what stands at the cut is read with words on both sides.
 */
import type { Pieces } from './pieces.ts';

export interface Window {
  /** Pieces that are read: [start, end). */
  readonly start: number;
  readonly end: number;
  /** Pieces that are judged by this window: [from, to). Those of all windows make up the text. */
  readonly from: number;
  readonly to: number;
}

export interface WindowSizes {
  /** Most pieces of a window. */
  readonly most: number;
  /** Pieces that two windows share where the text is cut between words. */
  readonly shared: number;
}

/** The windows in order; each piece is judged by one. Together they hold at most twice the pieces, and one window. */
export function windowsOf(text: string, pieces: Pieces, { most, shared }: WindowSizes): readonly Window[] {
  const count = pieces.ids.length;
  const windows: Window[] = [];
  let [start, from] = [0, 0];
  while (from < count) {
    const full = Math.min(start + most, count);
    if (full === count) {
      windows.push({ start, end: count, from, to: count });
      break;
    }
    // Not in the first half: windows would become small, and many.
    const cut = restAfter(text, pieces, Math.max(from, start + Math.floor(most / 2)), full);
    if (cut !== null) {
      windows.push({ start, end: cut, from, to: cut });
      start = cut;
      from = cut;
    } else {
      const half = Math.floor(shared / 2);
      const to = Math.max(from + 1, wordStart(pieces, full - half, half));
      windows.push({ start, end: full, from, to });
      from = to;
      start = Math.min(from, Math.max(start + 1, wordStart(pieces, full - shared, half)));
    }
  }
  return windows;
}

/** The latest piece in (earliest, full] before which a line ends, or else a sentence; null where there is none. */
function restAfter(text: string, pieces: Pieces, earliest: number, full: number): number | null {
  let sentence: number | null = null;
  for (let i = full; i > earliest; i--) {
    const gap = text.slice(pieces.ends[i - 1]!, pieces.starts[i]!);
    if (gap.includes('\n')) return i;
    if (sentence === null && gap !== '' && '.!?;'.includes(text[pieces.ends[i - 1]! - 1]!)) sentence = i;
  }
  return sentence;
}

/** The first piece of the word at `at`, or `at` itself where that is more than `back` pieces before. */
function wordStart({ words }: Pieces, at: number, back: number): number {
  for (let i = at; i >= Math.max(0, at - back); i--) if (i === 0 || words[i] !== words[i - 1]) return i;
  return at;
}
