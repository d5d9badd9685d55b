/**
 * Dense retrieval: exact search over unit vectors, of which a stored input may have several, one of the whole and one of
 * each of its parts; the nearest counts (the maximal similarity of Khattab & Zaharia 2020, arXiv 2004.12832, by parts
 * in place of tokens). One vector alone cannot tell apart all sets of parts (arXiv 2508.21038).
 * Does not: make vectors (an Encoder does).
 */
import { type Hit, type RetrievalQuery, type Retriever, topHits } from './retriever.ts';

export interface DenseVectors {
  readonly dimensions: number;
  /** Unit vectors, one after the other. */
  readonly vectors: Float32Array;
  /** The stored input that each of them belongs to. */
  readonly owners: Uint32Array;
}

export interface DenseRetriever extends Retriever {
  /** Cosine of the query with the nearest vector of this stored input, in [0, 1]; 0 without a vector. */
  similarity(query: RetrievalQuery, at: number): number;
}

/** @param all How many inputs are stored. */
export function denseRetriever(stored: DenseVectors, all: number): DenseRetriever {
  const { vectors, dimensions, owners } = stored;
  /** Of the latest query: a search and the similarities of what it found read the same scores. */
  let latest: { readonly vector: Float32Array; readonly scores: Float32Array } | null = null;
  const scoresOf = (vector: Float32Array): Float32Array => {
    if (latest?.vector === vector) return latest.scores;
    const scores = new Float32Array(all);
    for (let i = 0; i < owners.length; i++) {
      const score = dot(vectors, i * dimensions, vector);
      if (score > scores[owners[i]!]!) scores[owners[i]!] = score;
    }
    latest = { vector, scores };
    return scores;
  };
  return {
    name: 'dense',
    search: ({ vector }, k, except): Hit[] => (vector === null ? [] : topHits(scoresOf(vector), k, except)),
    similarity: ({ vector }, at) => (vector === null ? 0 : Math.min(1, scoresOf(vector)[at] ?? 0)),
  };
}

function dot(vectors: Float32Array, from: number, query: Float32Array): number {
  let sum = 0;
  for (let d = 0; d < query.length; d++) sum += vectors[from + d]! * query[d]!;
  return sum;
}
