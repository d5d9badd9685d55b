/** A cache of bounded size, for what was done before. */

/**
 * A map that forgets what has not been used for long: entries live in two halves, and once the younger one weighs
 * half the limit, the older one goes. (Keeping exact order of use costs more than the look-up itself.)
 */
export function boundedCache<T>(
  limit: number,
  weigh: (value: T) => number,
): { get(id: string): T | undefined; set(id: string, value: T): void } {
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  let weight = 0;
  const set = (id: string, value: T): void => {
    young.set(id, value);
    weight += weigh(value);
    if (weight < limit / 2) return;
    old = young;
    young = new Map();
    weight = 0;
  };
  return {
    get(id) {
      const value = young.get(id);
      if (value !== undefined) return value;
      const older = old.get(id);
      if (older !== undefined) set(id, older);
      return older;
    },
    set,
  };
}
