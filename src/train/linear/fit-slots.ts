/**
 * Fits the weights with which a slot's value is told from other tokens of its shape: softmax over the candidates of
 * each example, AdaGrad, seeded.
 * Does not: make features (models/pointing).
 */
import type { OutputKind } from '../../core/answer.ts';
import type { Example } from '../../core/dataset.ts';
import { seededRandom } from '../../core/random.ts';
import { type CopyPlan, slotValues, valueTokens } from '../../models/classifier/answer-template.ts';
import {
  candidatesFor,
  POINTING_PLACES,
  pointingChances,
  pointingFeatures,
} from '../../models/classifier/slot-ranker.ts';

const [EPOCHS, RATE] = [20, 0.1];

/** Weights of all the plan's slots, one after the other. */
export function fitPointing(
  kind: OutputKind,
  plan: CopyPlan,
  examples: readonly Example[],
  seed: number,
): Float32Array {
  const out = new Float32Array(plan.slots.length * POINTING_PLACES);
  const random = seededRandom(seed);
  const read = examples.map(({ input, answer }) => {
    const tokens = valueTokens(input);
    return { input, tokens, values: slotValues(kind, plan, tokens, answer) };
  });
  plan.slots.forEach((slot, s) => {
    const weights = out.subarray(s * POINTING_PLACES, (s + 1) * POINTING_PLACES);
    const squares = new Float32Array(POINTING_PLACES).fill(1e-6);
    // Only examples with a choice teach anything.
    const lessons = read.flatMap(({ input, tokens, values }) => {
      const candidates = candidatesFor(slot, tokens);
      const right = candidates.indexOf(values.get(slot.name) ?? '');
      if (right < 0 || candidates.length < 2) return [];
      return [{ right, features: pointingFeatures(candidates, tokens, input) }];
    });
    for (let epoch = 0; epoch < EPOCHS; epoch++)
      for (const { right, features } of random.shuffle(lessons)) {
        const chances = pointingChances(features, weights);
        features.forEach((places, i) => {
          const g = chances[i]! - (i === right ? 1 : 0);
          for (const place of places) {
            squares[place]! += g * g;
            weights[place]! -= (RATE * g) / Math.sqrt(squares[place]!);
          }
        });
      }
  });
  return out;
}
