/** Seeded draws for the example's mailbox and stand-in, so that a day can be played again from its seed. */
import { seededRandom } from '../../../src/core/random.ts';

export interface Draw {
  /** Uniform in [0, 1). */
  next(): number;
  /** True with probability p. */
  chance(p: number): boolean;
  /** Uniform integer from low to high, both included. */
  between(low: number, high: number): number;
  /** One of the items, uniformly; the list must not be empty. */
  pick<T>(items: readonly T[]): T;
  /** One of the items by weight; the list must not be empty. */
  weigh<T>(items: readonly (readonly [item: T, weight: number])[]): T;
  /** Standard normal (Box–Muller). */
  normal(): number;
}

export function drawFrom(seed: number): Draw {
  const { next, below, pick, normal } = seededRandom(seed);
  return {
    next,
    pick,
    normal,
    chance: (p) => next() < p,
    between: (low, high) => low + below(high - low + 1),
    weigh: (items) => {
      let left = next() * items.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [item, weight] of items) {
        left -= weight;
        if (left < 0) return item;
      }
      return items.at(-1)![0];
    },
  };
}
