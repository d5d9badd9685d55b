/**
 * Which stretch of the input is the value of a tag: the candidates, ranked against each other by a linear score, softmax over
 * all of them and "none". Stretches that give the same value speak for it together.
 * Does not: propose candidates (candidates.ts), fit the weights (train/tagger), or tag units (model.ts).
 */
import type { Span } from '../extractor/units.ts';
import { type Candidate, noneOf } from './candidates.ts';

/** How probable each candidate is, and "none", which comes last. */
export function spanProbabilities(
  candidates: readonly Candidate[],
  tag: number,
  weights: Float32Array,
): Float64Array {
  const scores = new Float64Array(candidates.length + 1);
  candidates.forEach(({ features }, i) => {
    let sum = 0;
    for (const place of features) sum += weights[place]!;
    scores[i] = sum;
  });
  scores[candidates.length] = weights[noneOf(tag)]!;
  let top = Number.NEGATIVE_INFINITY;
  for (const score of scores) if (score > top) top = score;
  let total = 0;
  for (let i = 0; i < scores.length; i++) total += scores[i] = Math.exp(scores[i]! - top);
  for (let i = 0; i < scores.length; i++) scores[i]! /= total;
  return scores;
}

/** A value where it stands best, and the probability that it is this one, if any. */
interface ValueSpan extends Span {
  readonly probability: number;
}

/** Values beside the most probable one that are kept. */
const MAX_OTHERS = 4;

/** What is said of a tag: the most probable value, where it stands best; and whether there is one at all. */
export interface TagReading {
  /** Null where there is no candidate. */
  readonly value: (ValueSpan & { readonly others: readonly ValueSpan[] }) | null;
  /** Log odds that there is a value, within ±MAX_ODDS. */
  readonly odds: number;
}

/** Log odds beyond this are as good as certain. */
export const MAX_ODDS = 9;

/** The log odds of a probability, kept finite. */
export function oddsOf(probability: number): number {
  const least = 1 / (1 + Math.exp(MAX_ODDS));
  const p = Math.min(1 - least, Math.max(least, probability));
  return Math.log(p / (1 - p));
}

/**
 * What the form is chosen by, beside the words: for each tag whether a value is as sure as values are, in [-1, 1]. A tool
 * that asks for a number is called once there is one; among hundreds of words that would hardly count.
 * @param usual For each tag the log odds that nearly all values have.
 */
export function foundVector(odds: readonly number[], usual: Float32Array): Float32Array {
  return Float32Array.from(odds, (each, tag) => Math.min(1, Math.max(-1, (each - usual[tag]!) / 2)));
}

/** As a probability: what is usual at the least is 0.12, 4 above it 0.88. */
export const presenceOf = (odds: number, usual: number): number => 1 / (1 + Math.exp(usual + 2 - odds));

/** @param probabilities as spanProbabilities gives them. */
export function readTag(candidates: readonly Candidate[], probabilities: Float64Array): TagReading {
  const byKey = new Map<string, { sum: number; best: number }>();
  candidates.forEach(({ key }, i) => {
    const p = probabilities[i]!;
    const known = byKey.get(key);
    if (!known) byKey.set(key, { sum: p, best: i });
    else {
      known.sum += p;
      if (p > probabilities[known.best]!) known.best = i;
    }
  });
  const some = 1 - probabilities[candidates.length]!;
  const odds = oddsOf(some);
  const [top, ...others] = [...byKey.values()]
    .sort((a, b) => b.sum - a.sum)
    .slice(0, 1 + MAX_OTHERS)
    .map(({ sum, best }): ValueSpan => {
      const { start, end } = candidates[best]!;
      return { start, end, probability: Math.min(1, sum / Math.max(1e-12, some)) };
    });
  return { value: top === undefined ? null : { ...top, others }, odds };
}
