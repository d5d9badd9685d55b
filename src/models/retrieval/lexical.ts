/**
 * Lexical retrieval by BM25 (Robertson & Zaragoza 2009, "The Probabilistic Relevance Framework", with the idf of Lucene,
 * which is never negative) over postings in flat arrays.
 * Does not: know words; they come as hashes.
 */
import { type Hit, type RetrievalQuery, type Retriever, topHits } from './retriever.ts';

const [K1, B] = [1.2, 0.75];
/** Of a longer query these many of its rarest terms are looked up: it bounds the time. */
const MAX_TERMS = 64;

/** Which stored inputs have a term, and how often: those of terms[i] are places[from[i]] to places[from[i + 1]]. */
export interface Postings {
  /** Ascending. */
  readonly terms: Uint32Array;
  /** One longer than `terms`. */
  readonly from: Uint32Array;
  readonly places: Uint32Array;
  readonly counts: Uint32Array;
}

/** The postings of stored inputs, each given by its terms; `0` is no term. */
export function buildPostings(inputs: readonly Uint32Array[]): Postings {
  const byTerm = new Map<number, number[]>();
  inputs.forEach((words, at) => {
    const counts = new Map<number, number>();
    for (const word of words) if (word !== 0) counts.set(word, (counts.get(word) ?? 0) + 1);
    for (const [word, count] of counts) {
      const list = byTerm.get(word);
      if (list) list.push(at, count);
      else byTerm.set(word, [at, count]);
    }
  });
  const terms = Uint32Array.from(byTerm.keys()).sort();
  const from = new Uint32Array(terms.length + 1);
  terms.forEach((term, i) => {
    from[i + 1] = from[i]! + byTerm.get(term)!.length / 2;
  });
  const [places, counts] = [new Uint32Array(from.at(-1)!), new Uint32Array(from.at(-1)!)];
  terms.forEach((term, i) => {
    const list = byTerm.get(term)!;
    for (let k = 0; k < list.length; k += 2) {
      places[from[i]! + k / 2] = list[k]!;
      counts[from[i]! + k / 2] = list[k + 1]!;
    }
  });
  return { terms, from, places, counts };
}

/** Where the term's postings are, or −1. */
export function placeOf({ terms }: Postings, term: number): number {
  let [low, high] = [0, terms.length - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = terms[middle]!;
    if (found === term) return middle;
    if (found < term) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Inverse document frequency of a term that `having` of `all` stored inputs have. */
export const idfOf = (having: number, all: number): number =>
  Math.log(1 + (all - having + 0.5) / (having + 0.5));

export interface LexicalRetriever extends Retriever {
  /** Share of the query's words, by their idf, that any stored input has; 0 for no words. */
  known(query: RetrievalQuery): number;
  /** Share of the query's words, by their idf, that this stored input has; 0 for no words. */
  covered(query: RetrievalQuery, at: number): number;
}

/** @param lengths Words of each stored input. */
export function lexicalRetriever(postings: Postings, lengths: Uint32Array): LexicalRetriever {
  const all = lengths.length;
  const mean = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, all) || 1;
  /** What a stored input's length does to its scores. */
  const norms = Float32Array.from(lengths, (length) => K1 * (1 - B + (B * length) / mean));
  const havingOf = (place: number): number =>
    place < 0 ? 0 : postings.from[place + 1]! - postings.from[place]!;

  const search = ({ words }: RetrievalQuery, k: number, except?: number): Hit[] => {
    const scores = new Float64Array(all);
    const places = [...new Set(words)]
      .map((term) => placeOf(postings, term))
      // What most inputs have tells nothing.
      .filter((place) => place >= 0 && (havingOf(place) * 2 <= all || all < 3))
      .sort((a, b) => havingOf(a) - havingOf(b))
      .slice(0, MAX_TERMS);
    for (const place of places) {
      const idf = idfOf(havingOf(place), all);
      for (let i = postings.from[place]!; i < postings.from[place + 1]!; i++) {
        const at = postings.places[i]!;
        const count = postings.counts[i]!;
        scores[at]! += (idf * count * (K1 + 1)) / (count + norms[at]!);
      }
    }
    return topHits(scores, k, except);
  };

  const share = ({ words }: RetrievalQuery, has: (place: number) => boolean): number => {
    let [held, total] = [0, 0];
    for (const term of new Set(words)) {
      const place = placeOf(postings, term);
      const idf = idfOf(havingOf(place), all);
      total += idf;
      if (place >= 0 && has(place)) held += idf;
    }
    return total === 0 ? 0 : held / total;
  };
  return {
    name: 'lexical',
    search,
    known: (query) => share(query, () => true),
    covered: (query, at) =>
      share(query, (place) => {
        let [low, high] = [postings.from[place]!, postings.from[place + 1]! - 1];
        while (low <= high) {
          const middle = (low + high) >>> 1;
          const found = postings.places[middle]!;
          if (found === at) return true;
          if (found < at) low = middle + 1;
          else high = middle - 1;
        }
        return false;
      }),
  };
}
