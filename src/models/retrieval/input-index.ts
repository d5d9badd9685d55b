/**
 * Stored inputs, indexed for several retrievers at once: each can be asked alone, or all together by reciprocal rank
 * fusion. Does not: know what the inputs were answered with (stored-answers.ts).
 */
import { type DenseRetriever, type DenseVectors, denseRetriever } from './dense.ts';
import { buildFields, fieldRetriever } from './fields.ts';
import { fuse } from './fusion.ts';
import { buildPostings, type LexicalRetriever, lexicalRetriever, type Postings } from './lexical.ts';
import type { Hit, RetrievalQuery, Retriever } from './retriever.ts';
import { keyedTerms, type Terms } from './terms.ts';

/** All that is kept of the inputs: numbers, which say nothing to whoever lacks the key. */
export interface IndexData {
  /** Words of each input. */
  readonly lengths: Uint32Array;
  readonly words: Postings;
  readonly fields: Postings;
  /** Null where there is no encoder. */
  readonly dense: DenseVectors | null;
}

export interface InputIndex {
  /** Reads a text once for all retrievers. */
  query(text: string, vector: Float32Array | null): RetrievalQuery;
  readonly lexical: LexicalRetriever;
  readonly field: Retriever;
  /** Null where there is no encoder. */
  readonly dense: DenseRetriever | null;
  /** All of them together. */
  readonly hybrid: Retriever;
}

/** How far down each list is read for the fusion. */
const DEPTH = 50;
/**
 * What shares less than this of the query's words, by their idf, is no evidence that it is alike, however few share more:
 * without it the fusion is led by whatever words are common when those that matter are not there. On LIMIT with synonyms
 * .3 to .7 did alike, 0 worse.
 */
const MIN_COVERED = 0.5;
/** English function words, which a query may lack or have for any reason. */
const FUNCTION_WORDS =
  'a an and are as at be but by can could did do does for from had has have he her his how i if in into is it its may me my no not of on or our please she should so such that the their them then there these they this to us was we were what when where which who why will with would you your';

/** @param key Secret of the index, as at its making. */
export function openIndex(data: IndexData, key: string): InputIndex {
  const terms = keyedTerms(key);
  const functionWords = new Set(terms.words(FUNCTION_WORDS));
  const all = data.lengths.length;
  const lexical = lexicalRetriever(data.words, data.lengths);
  const field = fieldRetriever(data.fields, all);
  const dense = data.dense && denseRetriever(data.dense, all);
  const sharing = (query: RetrievalQuery, hits: readonly Hit[]): readonly Hit[] => {
    const content = query.words.filter((word) => !functionWords.has(word));
    const asked = content.length === 0 ? query : { ...query, words: content };
    return hits.filter(({ at }) => lexical.covered(asked, at) >= MIN_COVERED);
  };
  const hybrid: Retriever = {
    name: 'hybrid',
    search: (query, k, except) => {
      const near = dense?.search(query, DEPTH, except) ?? [];
      const sameWords = [lexical, field].map((each) => each.search(query, DEPTH, except));
      const lists = near.length === 0 ? sameWords : [...sameWords.map((hits) => sharing(query, hits)), near];
      return fuse(lists).slice(0, k);
    },
  };
  return {
    query: (text, vector) => ({ words: terms.words(text), vector }),
    lexical,
    field,
    dense,
    hybrid,
  };
}

/** What is kept of these inputs. @param dense Vectors of them, as DenseVectors has them. */
export function indexInputs(inputs: readonly string[], key: string, dense: DenseVectors | null): IndexData {
  const terms: Terms = keyedTerms(key);
  const words = inputs.map((input) => terms.words(input));
  return {
    lengths: Uint32Array.from(words, ({ length }) => length),
    words: buildPostings(words),
    fields: buildFields(inputs, terms),
    dense,
  };
}
