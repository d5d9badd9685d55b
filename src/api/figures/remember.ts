/**
 * Figures that take long are not worked out anew each time that they are looked at: a page that is open asks every few
 * seconds. The longer they take, the longer they stay as they are.
 * Does not: outlive a change of what serves: the caller puts that into the name.
 */

export interface Remembered {
  /** What `work` gave for this name a moment ago, or gives now. Those who ask meanwhile wait for the same. */
  of<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** How much longer than they took figures are kept: a page that is always open takes at most a tenth of the time. */
const TIMES = 10;
const MAX_MS = 60_000;
const MAX_NAMES = 50;

interface Entry {
  readonly value: Promise<unknown>;
  until: number;
}

export function remembered(now: () => number): Remembered {
  const entries = new Map<string, Entry>();
  return {
    of: <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const known = entries.get(name);
      if (known && now() < known.until) return known.value as Promise<T>;
      const began = now();
      const value = work();
      const entry: Entry = { value, until: Number.POSITIVE_INFINITY };
      entries.delete(name);
      entries.set(name, entry);
      const [oldest] = entries.keys();
      if (entries.size > MAX_NAMES && oldest !== undefined) entries.delete(oldest);
      value.then(
        () => {
          entry.until = now() + Math.min(MAX_MS, TIMES * (now() - began));
        },
        () => entries.delete(name),
      );
      return value;
    },
  };
}
