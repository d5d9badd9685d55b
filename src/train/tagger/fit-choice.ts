/**
 * Fits the choice among a field's options: weights of its own for each option, and weights on how the options are named in
 * the input that all of them share. AdaGrad, seeded.
 * Does not: make features (models/tagger).
 */
import { seededRandom } from '../../core/random.ts';
import type { Sparse } from '../../models/classifier/lexical.ts';
import { addLogits, type LinearWeights, softmax } from '../../models/classifier/linear.ts';
import { MATCH_PLACES } from '../../models/tagger/matches.ts';

export interface ChoiceExample {
  readonly vector: Sparse;
  /** For each option the places of its shared features. */
  readonly matches: readonly Uint32Array[];
  readonly label: number;
  readonly weight: number;
}

const [RATE, SHARED_RATE, NEGLIGIBLE] = [0.2, 0.4, 1e-3];

export function fitChoice(
  examples: readonly ChoiceExample[],
  classes: number,
  rows: number,
  { epochs, seed }: { readonly epochs: number; readonly seed: number },
): { readonly linear: LinearWeights; readonly matches: Float32Array } {
  const linear = { weights: new Float32Array(rows * classes), bias: new Float32Array(classes) };
  const matches = new Float32Array(MATCH_PLACES);
  const squares = {
    weights: new Float32Array(rows * classes).fill(1e-6),
    bias: new Float32Array(classes).fill(1e-6),
    matches: new Float32Array(MATCH_PLACES).fill(1e-6),
  };
  const logits = new Float64Array(classes);
  const random = seededRandom(seed);
  const step = (to: Float32Array, square: Float32Array, at: number, g: number, rate: number): void => {
    square[at]! += g * g;
    to[at]! -= (rate * g) / Math.sqrt(square[at]!);
  };
  for (let epoch = 0; epoch < epochs; epoch++) {
    const fall = 1 - (0.9 * epoch) / Math.max(1, epochs - 1);
    for (const { vector, matches: named, label, weight } of random.shuffle(examples)) {
      addLogits(linear, vector, null, 0, logits);
      for (let c = 0; c < classes; c++) for (const place of named[c]!) logits[c]! += matches[place]!;
      softmax(logits);
      for (let c = 0; c < classes; c++) {
        const g = weight * (logits[c]! - (c === label ? 1 : 0));
        if (Math.abs(g) < NEGLIGIBLE) continue;
        for (let t = 0; t < vector.places.length; t++)
          step(
            linear.weights,
            squares.weights,
            vector.places[t]! * classes + c,
            g * vector.values[t]!,
            RATE * fall,
          );
        step(linear.bias, squares.bias, c, g, RATE * fall);
        for (const place of named[c]!) step(matches, squares.matches, place, g, SHARED_RATE * fall);
      }
    }
  }
  return { linear, matches };
}
