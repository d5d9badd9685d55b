/**
 * Retrieval by exact fields: values that stand between separators in a stored input (items of a list, values of JSON or of
 * `key: value` lines, short lines) and, word for word, anywhere in the query. It tells `Bridge` from `Suspension bridge`,
 * and an order number from one that looks like it.
 * Does not: know words; they come as hashes.
 */
import { buildPostings, idfOf, type Postings, placeOf } from './lexical.ts';
import { type Hit, type RetrievalQuery, type Retriever, topHits } from './retriever.ts';
import { type Terms, wordsOf } from './terms.ts';

/** A longer stretch between separators is a sentence, not a field. */
const MAX_FIELD_WORDS = 6;
/** Words of a query that spans are looked up in, its last ones; and fields of one stored input, its first ones. */
const [MAX_QUERY_WORDS, MAX_FIELDS] = [512, 256];

/** Marks of punctuation, line ends, and the conjunctions that end a list. */
const SEPARATORS = /[,;|\n\r\t{}[\]()"“”=]+|[.!?:](?=\s|$)|\s(?:and|or|&)\s/giu;

/** The short stretches between the separators of a text, in order. */
export function fieldsOf(text: string): string[] {
  return text
    .split(SEPARATORS)
    .map((part) => part.trim())
    .filter((part) => {
      const words = wordsOf(part).length;
      return words > 0 && words <= MAX_FIELD_WORDS;
    })
    .slice(0, MAX_FIELDS);
}

/** A span of words as one term: mixed from their hashes, which are keyed. Never 0. */
function spanOf(words: Uint32Array, from: number, to: number): number {
  let mixed = 0x811c9dc5;
  for (let i = from; i < to; i++) {
    mixed = Math.imul(mixed ^ words[i]!, 0x9e3779b1);
    mixed ^= mixed >>> 15;
  }
  return mixed >>> 0 || 1;
}

/** The postings of the fields of stored inputs. */
export function buildFields(inputs: readonly string[], terms: Terms): Postings {
  return buildPostings(
    inputs.map((input) =>
      Uint32Array.from(fieldsOf(input), (field) => {
        const words = terms.words(field);
        return spanOf(words, 0, words.length);
      }),
    ),
  );
}

/** @param all How many inputs are stored. */
export function fieldRetriever(postings: Postings, all: number): Retriever {
  const search = ({ words: given }: RetrievalQuery, k: number, except?: number): Hit[] => {
    const words = given.subarray(Math.max(0, given.length - MAX_QUERY_WORDS));
    const scores = new Float64Array(all);
    const counted = new Set<number>();
    for (let from = 0; from < words.length; from++) {
      // The longest span that begins here: what is within it tells nothing more.
      for (let to = Math.min(words.length, from + MAX_FIELD_WORDS); to > from; to--) {
        const place = placeOf(postings, spanOf(words, from, to));
        if (place < 0) continue;
        if (!counted.has(place)) {
          counted.add(place);
          const [first, end] = [postings.from[place]!, postings.from[place + 1]!];
          // What most inputs have tells nothing.
          if ((end - first) * 2 <= all || all < 3) {
            const idf = idfOf(end - first, all);
            for (let i = first; i < end; i++) scores[postings.places[i]!]! += idf;
          }
        }
        from = to - 1;
        break;
      }
    }
    return topHits(scores, k, except);
  };
  return { name: 'field', search };
}
