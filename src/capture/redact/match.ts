/** What recognisers share: a place in a text, its kind, and what to put there instead. */

import type { Entity, EntityKind } from '../../core/entity.ts';
import { drawFor, drawLike } from './draw.ts';
import type { RedactContext } from './recognise.ts';
import type { Scan } from './scan.ts';

export interface Match extends Entity {
  /**
   * The surrogate. It holds no quote, backslash or control character that its original did not, so that JSON around
   * it stays JSON.
   */
  readonly make: (key: Uint8Array) => string;
}

/**
 * Finds one family of personal data. Runs in time linear in the text: it looks only at places that the scan lists,
 * and at each of them no further than a bound of its own.
 */
export type Recogniser = (scan: Scan) => Match[];

/** A match whose surrogate has a drawn letter for each letter and a drawn digit for each digit. */
export function alike(scan: Scan, kind: EntityKind, start: number, end: number): Match {
  const original = scan.text.slice(start, end);
  return { start, end, kind, make: (key) => drawLike(drawFor(key, kind, original), original) };
}

/**
 * Those of the matches that stay, in order and without overlaps: where two overlap, the one of the earlier group, or
 * the one that begins first, or the longer one.
 * @param groups Matches by recogniser, most certain first.
 */
export function withoutOverlaps<T extends Entity>(groups: readonly (readonly T[])[]): T[] {
  const ranked = groups.flatMap((matches, rank) => matches.map((match) => ({ match, rank })));
  if (ranked.length < 2) return ranked.map(({ match }) => match);
  ranked.sort((a, b) => a.match.start - b.match.start || a.rank - b.rank || b.match.end - a.match.end);
  const kept: typeof ranked = [];
  for (const item of ranked) {
    const last = kept.at(-1);
    if (last === undefined || item.match.start >= last.match.end) kept.push(item);
    else if (item.rank < last.rank) kept[kept.length - 1] = item;
  }
  return kept.map(({ match }) => match);
}

/** The text with each of the matches, which are in order and do not overlap, replaced by its surrogate. */
export function replaceMatches(
  text: string,
  matches: readonly Match[],
  { key, onReplace }: Pick<RedactContext, 'key' | 'onReplace'>,
): string {
  let out = '';
  let at = 0;
  for (const match of matches) {
    const surrogate = match.make(key);
    onReplace?.(text.slice(match.start, match.end), surrogate);
    out += text.slice(at, match.start) + surrogate;
    at = match.end;
  }
  return out + text.slice(at);
}
