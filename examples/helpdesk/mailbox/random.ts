/** Seeded draws for the example's mailbox and stand-in, so that a day can be played again from its seed. */

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

/** Mulberry32 (public domain): 32 bits of state, enough for sampling. */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    chance: (p) => next() < p,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    pick: (items) => items[Math.floor(next() * items.length)]!,
    weigh: (items) => {
      let left = next() * items.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [item, weight] of items) {
        left -= weight;
        if (left < 0) return item;
      }
      return items.at(-1)![0];
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}
