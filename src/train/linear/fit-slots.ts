/**
 * Fits the weights with which a slot's value is distinguished from other tokens of its shape: softmax over the candidates of
 * each example, AdaGrad, seeded.
 * Does not: make features (models/classifier/slot-ranker).
 */
import type { OutputKind } from '../../core/answer.ts';
import type { Example } from '../../core/dataset.ts';
import { seededRandom } from '../../core/random.ts';
import { type CopyPlan, slotValues, valueTokens } from '../../models/classifier/answer-template.ts';
import {
  RANKER_PLACES,
  slotCandidates,
  slotFeatures,
  slotProbabilities,
} from '../../models/classifier/slot-ranker.ts';

const [EPOCHS, RATE] = [20, 0.1];

/** Weights of all the plan's slots, one after the other. */
export function fitSlotRanker(
  kind: OutputKind,
  plan: CopyPlan,
  examples: readonly Example[],
  seed: number,
): Float32Array {
  const out = new Float32Array(plan.slots.length * RANKER_PLACES);
  const random = seededRandom(seed);
  const read = examples.map(({ input, answer }) => {
    const tokens = valueTokens(input);
    return { input, tokens, values: slotValues(kind, plan, tokens, answer) };
  });
  plan.slots.forEach((slot, s) => {
    const weights = out.subarray(s * RANKER_PLACES, (s + 1) * RANKER_PLACES);
    const squares = new Float32Array(RANKER_PLACES).fill(1e-6);
    // Only examples with a choice teach anything.
    const lessons = read.flatMap(({ input, tokens, values }) => {
      const candidates = slotCandidates(slot, tokens);
      const correct = candidates.indexOf(values.get(slot.name) ?? '');
      if (correct < 0 || candidates.length < 2) return [];
      return [{ correct, features: slotFeatures(candidates, tokens, input) }];
    });
    for (let epoch = 0; epoch < EPOCHS; epoch++)
      for (const { correct, features } of random.shuffle(lessons)) {
        const probabilities = slotProbabilities(features, weights);
        features.forEach((places, i) => {
          const g = probabilities[i]! - (i === correct ? 1 : 0);
          for (const place of places) {
            squares[place]! += g * g;
            weights[place]! -= (RATE * g) / Math.sqrt(squares[place]!);
          }
        });
      }
  });
  return out;
}
