/**
 * Fits the weights by which the stretches that may be a tag's value are ranked: softmax over the candidates of an example,
 * where all that give the right value are right together, AdaGrad, seeded.
 * Does not: make candidates or features (models/tagger/candidates).
 */

import type { OutputKind } from '../../core/answer.ts';
import { seededRandom } from '../../core/random.ts';
import { hasParent } from '../../models/extractor/plan.ts';
import type { Lesson, Target } from '../../models/extractor/targets.ts';
import { treeOf } from '../../models/extractor/tree.ts';
import { unitsOf } from '../../models/extractor/units.ts';
import {
  type Candidate,
  candidatesFor,
  noneOf,
  SPAN_PLACES,
  spanKey,
  type TagValues,
} from '../../models/tagger/candidates.ts';
import { groundOf } from '../../models/tagger/ground.ts';
import { spanProbabilities } from '../../models/tagger/spans.ts';

const [EPOCHS, RATE] = [12, 0.1];

interface Choice {
  readonly tag: number;
  readonly candidates: readonly Candidate[];
  /** The right ones; none: "none" is right. */
  readonly right: ReadonlySet<number>;
}

/** What an example teaches: its target, its answer, and what a unit tagger says that has not learnt from it. */
export interface SpanExample {
  readonly target: Target;
  readonly answer: string;
  readonly tags: Float32Array;
}

export function fitSpans(
  kind: OutputKind,
  { plan }: Lesson,
  examples: readonly SpanExample[],
  values: readonly TagValues[],
  count: number,
  seed: number,
): Float32Array {
  const weights = new Float32Array(SPAN_PLACES);
  const squares = new Float32Array(SPAN_PLACES).fill(1e-6);
  const random = seededRandom(seed);
  const choices = examples.flatMap(({ target, answer, tags }): Choice[] => {
    const tree = treeOf(kind, answer);
    if (tree === null) return [];
    const ground = groundOf(unitsOf(target.input));
    return Array.from({ length: plan.tags }, (_, tag) => tag).flatMap((tag): Choice[] => {
      const gold = target.spans.filter((span) => span.tag === tag);
      const mine = plan.fields.filter((field) => field.tag === tag && hasParent(kind, tree, field.path));
      if (mine.length === 0) return [];
      // Something is there that was not found in the input: it teaches nothing.
      const isLost = mine.some((field) => target.lost.includes(field));
      if (gold.length === 0 && isLost) return [];
      const own = gold.length === 1 ? spanKey(values[tag]!.writings, ground, gold[0]!) : null;
      const candidates = candidatesFor(ground, tag, values[tag]!, tags, count, gold, own);
      const right = new Set(candidates.flatMap(({ key }, i) => (key === own ? [i] : [])));
      return gold.length > 1 ? [] : [{ tag, candidates, right }];
    });
  });
  const step = (places: Iterable<number>, g: number): void => {
    for (const place of places) {
      const square = squares[place]! + g * g;
      squares[place] = square;
      weights[place]! -= (RATE * g) / Math.sqrt(square);
    }
  };
  for (let epoch = 0; epoch < EPOCHS; epoch++)
    for (const { tag, candidates, right } of random.shuffle(choices)) {
      const probabilities = spanProbabilities(candidates, tag, weights);
      const last = candidates.length;
      let mass = right.size === 0 ? probabilities[last]! : 0;
      for (const i of right) mass += probabilities[i]!;
      const isRight = (i: number): boolean => (i === last ? right.size === 0 : right.has(i));
      for (let i = 0; i <= last; i++) {
        const p = probabilities[i]!;
        const g = p - (isRight(i) ? p / Math.max(1e-9, mass) : 0);
        if (Math.abs(g) < 1e-3) continue;
        step(i === last ? [noneOf(tag)] : candidates[i]!.features, g);
      }
    }
  return weights;
}
