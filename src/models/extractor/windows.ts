/**
 * An input as the encoder reads it: its units as pieces of words, in windows of as many as the encoder takes at once. The
 * newest window is the last one and counts most in the input's vector; of what is too long, the beginning is not read.
 * Does not: run the encoder (model.ts).
 */
import type { WindowedText } from '../encoder/packed-texts.ts';
import type { Tokeniser } from '../token-classifier/pieces.ts';
import type { Units } from './units.ts';

export interface ReadUnits extends WindowedText {
  /** Token of each unit's first piece, counted over all windows in their order; -1 where it is not read. */
  readonly tokenOf: Int32Array;
}

/** Windows that are read at most: about a thousand tokens, at the encoder's own 256. */
const MAX_WINDOWS = 4;
/** How much a window counts beside the one after it. */
const OLDER = 0.5;

/** @param maxTokens Of a window, with the two markers at its ends. */
export function windowsOfUnits(
  { text, starts, ends }: Units,
  tokeniser: Tokeniser,
  maxTokens: number,
): ReadUnits {
  const parts = starts.map((start, unit) => ({ start, end: ends[unit]! }));
  const pieces = tokeniser.split(text, parts);
  const room = maxTokens - 2;
  // Units as ranges of pieces, from the last one back into windows.
  const unitOf: number[] = [];
  let unit = 0;
  for (const at of pieces.starts) {
    while (ends[unit]! <= at) unit++;
    unitOf.push(unit);
  }
  const cuts = [pieces.ids.length];
  for (let w = 0; w < MAX_WINDOWS && cuts[0]! > 0; w++) {
    let from = Math.max(0, cuts[0]! - room);
    // Not within a unit, unless one alone is longer than a window.
    while (from > 0 && from < cuts[0]! && unitOf[from] === unitOf[from - 1]) from++;
    cuts.unshift(from === cuts[0] ? Math.max(0, cuts[0]! - room) : from);
  }
  const windows: number[][] = [];
  const tokenOf = new Int32Array(starts.length).fill(-1);
  let token = 0;
  for (let w = 0; w + 1 < cuts.length; w++) {
    const [from, to] = [cuts[w]!, cuts[w + 1]!];
    windows.push([tokeniser.cls, ...pieces.ids.slice(from, to), tokeniser.sep]);
    token++;
    for (let at = from; at < to; at++, token++) if (tokenOf[unitOf[at]!] === -1) tokenOf[unitOf[at]!] = token;
    token++;
  }
  if (windows.length === 0) windows.push([tokeniser.cls, tokeniser.sep]);
  return { windows, shares: windows.map((_, w) => OLDER ** (windows.length - 1 - w)), tokenOf };
}
