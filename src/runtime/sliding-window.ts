/**
 * Numbers of the recent past, in a bounded amount of memory: a sum over a sliding window, and a high quantile.
 * Does not: know the time (it is passed in), or what is counted.
 */

export interface RecentSum {
  add(now: number, value: number): void;
  /** Of the last window, rounded up to whole slices: what is a slice older may still be in it. */
  total(now: number): number;
  /** The earliest time, now or later, at which the total is this or less if nothing is added. */
  atMost(now: number, limit: number): number;
}

const SLICES = 60;

export function recentSum(windowMs: number): RecentSum {
  const sliceMs = windowMs / SLICES;
  /** Oldest first; at most one more than SLICES. */
  let slices: { readonly index: number; value: number }[] = [];
  const prune = (now: number): void => {
    const oldest = Math.floor(now / sliceMs) - SLICES;
    if (slices[0] !== undefined && slices[0].index < oldest)
      slices = slices.filter(({ index }) => index >= oldest);
  };
  const total = (): number => slices.reduce((sum, { value }) => sum + value, 0);
  return {
    add(now, value) {
      prune(now);
      const index = Math.floor(now / sliceMs);
      const last = slices.at(-1);
      if (last?.index === index) last.value += value;
      else slices.push({ index, value });
    },
    total(now) {
      prune(now);
      return total();
    },
    atMost(now, limit) {
      prune(now);
      let left = total();
      let at = now;
      for (const { index, value } of slices) {
        if (left <= limit) break;
        left -= value;
        at = (index + SLICES + 1) * sliceMs;
      }
      return at;
    },
  };
}

export interface RecentQuantile {
  add(now: number, value: number): void;
  /** How many are known. */
  count(now: number): number;
  /** Null where too few are known. */
  value(now: number): number | null;
}

/** The 99 % quantile of fewer than a hundred numbers is their largest. */
const QUANTILE = 0.99;
const KEPT = 200;
/** Fewer say nothing about what is usual. */
const FEWEST = 5;
/** A machine that has become slower, by other work perhaps, is measured anew after this time. */
const RECENT_MS = 600_000;

/** The 99 % quantile of the last 200 numbers of the last ten minutes. */
export function recentQuantile(): RecentQuantile {
  let kept: { readonly at: number; readonly value: number }[] = [];
  let known: number | null = null;
  let stale = false;
  const prune = (now: number): void => {
    if (kept[0] === undefined || kept[0].at >= now - RECENT_MS) return;
    kept = kept.filter(({ at }) => at >= now - RECENT_MS);
    stale = true;
  };
  return {
    add(now, value) {
      kept.push({ at: now, value });
      if (kept.length > KEPT) kept.shift();
      stale = true;
    },
    count(now) {
      prune(now);
      return kept.length;
    },
    value(now) {
      prune(now);
      if (stale) {
        const sorted = kept.map((each) => each.value).sort((a, b) => a - b);
        known = sorted.length < FEWEST ? null : sorted[Math.ceil(QUANTILE * sorted.length) - 1]!;
        stale = false;
      }
      return known;
    },
  };
}
