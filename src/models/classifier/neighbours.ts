/**
 * Exact search for the nearest of some stored unit vectors. Ten thousand of 384 dimensions take a few milliseconds.
 * Does not: make vectors (an Encoder does).
 */

export interface VectorIndex {
  readonly dimensions: number;
  /** One after the other. */
  readonly vectors: Float32Array;
  /** The class of each. */
  readonly classes: Uint32Array;
}

export interface Neighbour {
  readonly at: number;
  /** Cosine, as all vectors have unit length. */
  readonly similarity: number;
}

/** The k stored vectors most similar to `query`, nearest first; `except` is left out. */
export function nearest(index: VectorIndex, query: Float32Array, k: number, except = -1): Neighbour[] {
  const { vectors, dimensions } = index;
  const best: Neighbour[] = [];
  let worst = Number.NEGATIVE_INFINITY;
  for (let at = 0, from = 0; from < vectors.length; at++, from += dimensions) {
    let dot = 0;
    for (let d = 0; d < dimensions; d++) dot += vectors[from + d]! * query[d]!;
    if (at === except || (best.length === k && dot <= worst)) continue;
    let place = best.length;
    while (place > 0 && best[place - 1]!.similarity < dot) place--;
    best.splice(place, 0, { at, similarity: dot });
    if (best.length > k) best.pop();
    if (best.length === k) worst = best[k - 1]!.similarity;
  }
  return best;
}

/** Votes by class, each neighbour's weight falling with its distance: exp((similarity − 1) / 0.1). */
export function vote(index: VectorIndex, neighbours: readonly Neighbour[]): Map<number, number> {
  const votes = new Map<number, number>();
  for (const { at, similarity } of neighbours) {
    const label = index.classes[at]!;
    votes.set(label, (votes.get(label) ?? 0) + Math.exp((similarity - 1) / 0.1));
  }
  return votes;
}
