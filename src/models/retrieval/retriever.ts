/**
 * What every retriever of stored inputs is: asked alone, or several together (fusion.ts). Implementations: lexical.ts,
 * fields.ts, dense.ts.
 */

/** A query, read once for all retrievers. */
export interface RetrievalQuery {
  /** Keyed hashes of its words, in order (terms.ts). */
  readonly words: Uint32Array;
  /** The encoder's unit vector; null where there is no encoder: dense retrieval then finds nothing. */
  readonly vector: Float32Array | null;
}

/** A stored input that was found. */
export interface Hit {
  /** Its place among the stored inputs. */
  readonly at: number;
  /** Higher is more alike; only comparable among the hits of one search. */
  readonly score: number;
}

export interface Retriever {
  readonly name: string;
  /**
   * The `k` stored inputs most like the query, best first; of equal ones the earlier. Only those with anything in common
   * with it. Linear in what is stored, and bounded in the query's length.
   * @param except Place of an input that is left out, as if it were not stored.
   */
  search(query: RetrievalQuery, k: number, except?: number): readonly Hit[];
}

/** The places of the `k` highest scores above zero, best first; of equal ones the earlier. */
export function topHits(scores: Float32Array | Float64Array, k: number, except = -1): Hit[] {
  const best: Hit[] = [];
  let least = 0;
  for (let at = 0; at < scores.length; at++) {
    const score = scores[at]!;
    if (!(score > least) || at === except) continue;
    let place = best.length;
    while (place > 0 && best[place - 1]!.score < score) place--;
    best.splice(place, 0, { at, score });
    if (best.length > k) best.pop();
    if (best.length === k) least = best[k - 1]!.score;
  }
  return best;
}
