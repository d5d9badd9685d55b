/** The features that are known to a head of the linear extractor, and how much each tells. */
import type { Features } from '../../models/tagger/features.ts';
import type { TaggerHead } from '../../models/tagger/model.ts';

/** Rows for the features that at least two of the texts or units have, the most frequent ones; smooth idf. */
export function knownRows(seen: readonly Features[], most: number): Pick<TaggerHead, 'rows' | 'idf'> {
  const counts = new Map<number, number>();
  for (const features of seen) for (const hash of features) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  const kept = [...counts]
    .filter(([, n]) => n >= 2)
    .sort(([a, n], [b, m]) => m - n || a - b)
    .slice(0, most);
  return {
    rows: new Map(kept.map(([hash], row) => [hash, row])),
    idf: Float32Array.from(kept, ([, n]) => Math.log((1 + seen.length) / (1 + n)) + 1),
  };
}
