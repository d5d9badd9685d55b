/**
 * The most probable tagging of an input's units, by the Viterbi algorithm over tags that may follow one another: nothing
 * goes on with a value that was not begun.
 * Does not: know what tags stand for (compose.ts).
 */
import { beginOf, insideOf } from './groups.ts';
import type { TagSpan } from './targets.ts';

export interface Tagging {
  /** Tag of each unit. */
  readonly tags: Uint16Array;
  /** Its probability. */
  readonly probabilities: Float64Array;
}

/** A stretch that is a value of a tag, and the least probability of a tag in it. */
export interface FoundSpan extends TagSpan {
  readonly probability: number;
}

const TINY = 1e-30;

/**
 * @param probabilities [units, count], units in the order of the input.
 * @param allowed The tags of values that there may be; others count as none.
 */
export function bestTags(probabilities: Float32Array, count: number, allowed: readonly number[]): Tagging {
  const units = probabilities.length / count;
  const states = [
    0,
    ...[...new Set(allowed)].sort((a, b) => a - b).flatMap((tag) => [beginOf(tag), insideOf(tag)]),
  ];
  let scores = new Float64Array(states.length);
  const from = new Uint16Array(units * states.length);
  for (let unit = 0; unit < units; unit++) {
    let top = 0;
    for (let s = 1; s < states.length; s++) if (scores[s]! > scores[top]!) top = s;
    const next = new Float64Array(states.length);
    for (let s = 0; s < states.length; s++) {
      // An inside follows its begin or itself, which stand one place before it and at it.
      const isInside = s > 0 && s % 2 === 0;
      let before = top;
      if (isInside) before = unit > 0 && scores[s]! > scores[s - 1]! ? s : s - 1;
      const score = unit === 0 && isInside ? Number.NEGATIVE_INFINITY : unit === 0 ? 0 : scores[before]!;
      next[s] = score + Math.log(Math.max(TINY, probabilities[unit * count + states[s]!]!));
      from[unit * states.length + s] = before;
    }
    scores = next;
  }
  const tags = new Uint16Array(units);
  const chosen = new Float64Array(units);
  let at = 0;
  for (let s = 1; s < states.length; s++) if (scores[s]! > scores[at]!) at = s;
  for (let unit = units - 1; unit >= 0; unit--) {
    tags[unit] = states[at]!;
    chosen[unit] = probabilities[unit * count + states[at]!]!;
    at = from[unit * states.length + at]!;
  }
  return { tags, probabilities: chosen };
}

/** The values of a tagging, in order. */
export function spansOfTags({ tags, probabilities }: Tagging): readonly FoundSpan[] {
  const spans: FoundSpan[] = [];
  for (let unit = 0; unit < tags.length; unit++) {
    const begin = tags[unit]!;
    if (begin === 0 || begin % 2 === 0) continue;
    let end = unit + 1;
    while (end < tags.length && tags[end] === begin + 1) end++;
    const probability = Math.min(...probabilities.subarray(unit, end));
    spans.push({ tag: (begin - 1) / 2, start: unit, end, probability });
  }
  return spans;
}

/** Where a value of the tag is most likely, though each unit alone is more likely something else; null without units. */
export function likeliestSpan(probabilities: Float32Array, count: number, tag: number): FoundSpan | null {
  const units = probabilities.length / count;
  const at = (unit: number, of: number): number => probabilities[unit * count + of]!;
  let start = -1;
  for (let unit = 0; unit < units; unit++)
    if (start < 0 || at(unit, beginOf(tag)) > at(start, beginOf(tag))) start = unit;
  if (start < 0) return null;
  let end = start + 1;
  while (end < units && at(end, insideOf(tag)) > Math.max(at(end, 0), at(end, beginOf(tag)))) end++;
  return { tag, start, end, probability: at(start, beginOf(tag)) };
}
