/**
 * Near-duplicates: texts whose word shingles overlap (Broder 1997, "On the resemblance and containment of
 * documents"). The search is exact: with the shingles of each text in one global order, two texts of resemblance
 * ≥ t share one among the first |x| − ⌈t·|x|⌉ + 1 of each (prefix filter: Bayardo et al. 2007, "Scaling up all
 * pairs similarity search"), so that, unlike with MinHash, no pair is missed.
 */

const WORDS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}]+/gu;
const SHINGLE = 3;

/** The distinct word trigrams of a text, lower-cased; a shorter text is one shingle. */
export function shingles(text: string): ReadonlySet<string> {
  const words = text.toLowerCase().match(WORDS) ?? [];
  const out = new Set<string>();
  for (let i = 0; i + SHINGLE <= words.length; i++) out.add(words.slice(i, i + SHINGLE).join(' '));
  if (out.size === 0) out.add(words.length > 0 ? words.join(' ') : text);
  return out;
}

/** Jaccard's resemblance of two sets, in [0, 1]. */
export function resemblance(a: ReadonlySet<unknown>, b: ReadonlySet<unknown>): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let shared = 0;
  for (const each of small) if (large.has(each)) shared++;
  return shared / (a.size + b.size - shared);
}

export interface Neighbours {
  /** Positions among the texts added so far with resemblance ≥ the bound to text `i`, ascending. */
  near(i: number): number[];
  add(i: number): void;
}

/** An index over texts known beforehand; only those added are found. */
export function neighbours(texts: readonly string[], bound: number): Neighbours {
  const ids = new Map<string, number>();
  const counts: number[] = [];
  const sets = texts.map((text) => {
    const set = new Set<number>();
    for (const shingle of shingles(text)) {
      let id = ids.get(shingle);
      if (id === undefined) {
        id = ids.size;
        ids.set(shingle, id);
        counts.push(0);
      }
      counts[id] = counts[id]! + 1;
      set.add(id);
    }
    return set;
  });
  // Rarest first: short lists of candidates. The slack keeps rounding from shortening a prefix.
  const prefixes = sets.map((set) =>
    [...set]
      .sort((a, b) => counts[a]! - counts[b]! || a - b)
      .slice(0, set.size - Math.ceil(bound * set.size - 1e-9) + 1),
  );
  const lists = new Map<number, number[]>();
  return {
    near(i) {
      const set = sets[i]!;
      const candidates = new Set<number>();
      for (const shingle of prefixes[i]!) for (const other of lists.get(shingle) ?? []) candidates.add(other);
      return [...candidates].filter((other) => resemblance(set, sets[other]!) >= bound).sort((a, b) => a - b);
    },
    add(i) {
      for (const shingle of prefixes[i]!) {
        const list = lists.get(shingle);
        if (list) list.push(i);
        else lists.set(shingle, [i]);
      }
    },
  };
}
