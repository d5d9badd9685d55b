/**
 * Texts as sparse TF-IDF vectors over words, word pairs and character n-grams. Needs no weights.
 * N-grams are known by a 32-bit hash; those in at least two training texts get a place in the vocabulary.
 * Does not: fit anything on top (train/linear).
 */

export interface Vocabulary {
  /** Hash of each known n-gram. */
  readonly hashes: Uint32Array;
  /** Inverse document frequency, in the same order. */
  readonly idf: Float32Array;
  /** Place by hash. */
  readonly places: ReadonlyMap<number, number>;
}

/** A sparse vector of unit length. */
export interface Sparse {
  readonly places: Uint32Array;
  readonly values: Float32Array;
}

const MAX_FEATURES = 40_000;
/** Long inputs are conversations: what decides stands at their end. */
const MAX_CHARACTERS = 4_000;

export function makeVocabulary(hashes: Uint32Array, idf: Float32Array): Vocabulary {
  return { hashes, idf, places: new Map(Array.from(hashes, (hash, place) => [hash, place])) };
}

/** The vocabulary of the texts: n-grams in at least two of them, the most frequent 40,000; smooth idf. */
export function buildVocabulary(texts: readonly string[]): Vocabulary {
  const frequency = new Map<number, number>();
  for (const text of texts)
    for (const hash of countGrams(text).keys()) frequency.set(hash, (frequency.get(hash) ?? 0) + 1);
  const kept = [...frequency]
    .filter(([, count]) => count >= 2)
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .slice(0, MAX_FEATURES);
  return makeVocabulary(
    Uint32Array.from(kept, ([hash]) => hash),
    Float32Array.from(kept, ([, count]) => Math.log((1 + texts.length) / (1 + count)) + 1),
  );
}

/** The text's TF-IDF vector (logarithmic counts), and the share of its distinct n-grams that are known. */
export function lexicalVector(vocabulary: Vocabulary, text: string): { vector: Sparse; known: number } {
  const grams = countGrams(text);
  const places: number[] = [];
  const values: number[] = [];
  let square = 0;
  for (const [hash, count] of grams) {
    const place = vocabulary.places.get(hash);
    if (place === undefined) continue;
    const value = (1 + Math.log(count)) * vocabulary.idf[place]!;
    places.push(place);
    values.push(value);
    square += value * value;
  }
  const norm = square === 0 ? 1 : Math.sqrt(square);
  return {
    vector: { places: Uint32Array.from(places), values: Float32Array.from(values, (value) => value / norm) },
    known: grams.size === 0 ? 0 : places.length / grams.size,
  };
}

/** How often each n-gram stands in the text: words, pairs of words, and 3 to 5 characters within words. */
function countGrams(text: string): Map<number, number> {
  const counts = new Map<number, number>();
  const add = (kind: number, gram: string): void => {
    const hash = hashOf(kind, gram);
    counts.set(hash, (counts.get(hash) ?? 0) + 1);
  };
  // Digits say that there is a number, not which one.
  const words =
    text
      .slice(-MAX_CHARACTERS)
      .toLowerCase()
      .replace(/\d/g, '0')
      .match(/[\p{L}\p{N}_']+|[?!€£$]/gu) ?? [];
  words.forEach((word, i) => {
    add(1, word);
    if (i > 0) add(2, `${words[i - 1]} ${word}`);
    if (words.length > 16 && i < words.length * 0.5) {
      add(6, word);
      if (i > 0) add(7, `${words[i - 1]} ${word}`);
    }
    const padded = ` ${word} `;
    for (let size = 3; size <= 5; size++)
      for (let at = 0; at + size <= padded.length; at++) add(size, padded.slice(at, at + size));
  });
  return counts;
}

/** FNV-1a over UTF-16 units, seeded by the kind of n-gram. */
function hashOf(kind: number, text: string): number {
  let hash = (0x811c9dc5 ^ kind) >>> 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
