/**
 * Which questions resemble each other: groups that must not stand on both sides of a fold, and the nearest neighbours
 * that the kNN baseline votes with.
 */

/** Neighbours kept for each question: enough that 200 are left outside the folds that are held back. */
const KEPT = 420;
/** Cosine at which RouteLLM takes two prompts for the same (its appendix B). */
const SAME = 0.95;
/** Characters of the normalised question; reading passages that several questions share are longer. */
const STEM = 200;

export interface Similar {
  /** Of each question the indexes of its nearest others, nearest first, and their cosines. */
  readonly neighbours: readonly Int32Array[];
  readonly cosines: readonly Float32Array[];
  /** Number of each question's group. */
  readonly groups: Uint32Array;
}

export function findSimilar(texts: readonly string[], vectors: readonly Float32Array[]): Similar {
  const parent = Uint32Array.from({ length: texts.length }, (_, i) => i);
  const root = (i: number): number => {
    let at = i;
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!;
    return at;
  };
  const firstWith = new Map<string, number>();
  texts.forEach((text, i) => {
    const stem = stemOf(text);
    const first = firstWith.get(stem);
    if (first === undefined) firstWith.set(stem, i);
    else parent[root(i)] = root(first);
  });
  const neighbours: Int32Array[] = [];
  const cosines: Float32Array[] = [];
  const all = new Float32Array(texts.length);
  for (let i = 0; i < texts.length; i++) {
    const query = vectors[i]!;
    for (let j = 0; j < texts.length; j++) all[j] = cosine(query, vectors[j]!);
    all[i] = -2;
    const least = leastOf(all, KEPT);
    const near: number[] = [];
    for (let j = 0; j < all.length; j++) {
      if (all[j]! >= SAME) parent[root(j)] = root(i);
      if (all[j]! >= least && j !== i) near.push(j);
    }
    near.sort((a, b) => all[b]! - all[a]!);
    neighbours.push(Int32Array.from(near));
    cosines.push(Float32Array.from(near, (j) => all[j]!));
  }
  const numbers = new Map<number, number>();
  const groups = Uint32Array.from(texts, (_, i) => {
    const at = root(i);
    const number = numbers.get(at) ?? numbers.size;
    numbers.set(at, number);
    return number;
  });
  return { neighbours, cosines, groups };
}

/** A cosine that at least `count` of these reach (all, where there are fewer), and hardly more: by counting, in one pass. */
function leastOf(cosines: Float32Array, count: number): number {
  const bins = new Uint32Array(2049);
  for (const value of cosines) if (value >= -1) bins[Math.min(2048, Math.floor((value + 1) * 1024))]!++;
  let reached = 0;
  for (let bin = 2048; bin >= 0; bin--) {
    reached += bins[bin]!;
    if (reached >= count) return bin / 1024 - 1;
  }
  return -1;
}

/** The question without its options, in lower case without signs, and only its beginning. */
function stemOf(text: string): string {
  const options = text.lastIndexOf('\nA. ');
  return (options > 0 ? text.slice(0, options) : text)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .slice(0, STEM);
}

/** Of unit vectors; four sums, as one waits for itself. */
function cosine(a: Float32Array, b: Float32Array): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let d = 0; d + 3 < a.length; d += 4) {
    s0 += a[d]! * b[d]!;
    s1 += a[d + 1]! * b[d + 1]!;
    s2 += a[d + 2]! * b[d + 2]!;
    s3 += a[d + 3]! * b[d + 3]!;
  }
  return s0 + s1 + s2 + s3;
}
