/**
 * Reciprocal rank fusion (Cormack, Clarke & Büttcher 2009, "Reciprocal Rank Fusion outperforms Condorcet and individual
 * Rank Learning Methods"): the score of what was found is the sum of 1 / (60 + its rank) over the lists it stands in. Scores of
 * retrievers need not be comparable for that.
 */
import type { Hit } from './retriever.ts';

const K = 60;

/** The lists as one, best first; of equal ones the earlier in the store. */
export function fuse(lists: readonly (readonly Hit[])[]): Hit[] {
  const scores = new Map<number, number>();
  for (const list of lists)
    list.forEach(({ at }, rank) => {
      scores.set(at, (scores.get(at) ?? 0) + 1 / (K + rank + 1));
    });
  return [...scores].map(([at, score]) => ({ at, score })).sort((a, b) => b.score - a.score || a.at - b.at);
}
