/** The words in which two texts differ: a longest common subsequence of words. Pure. */

export interface Piece {
  readonly text: string;
  readonly isShared: boolean;
}

/** Words beyond which texts are shown as wholly different: the comparison takes the product of both. */
const MAX_WORDS = 1500;

const wordsOf = (text: string): readonly string[] =>
  text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];

/** Both texts in pieces, each shared or its own. */
export function differing(left: string, right: string): readonly [readonly Piece[], readonly Piece[]] {
  if (left === right) return [[{ text: left, isShared: true }], [{ text: right, isShared: true }]];
  const [a, b] = [wordsOf(left), wordsOf(right)];
  if (a.length > MAX_WORDS || b.length > MAX_WORDS)
    return [[{ text: left, isShared: false }], [{ text: right, isShared: false }]];
  const width = b.length + 1;
  /** Length of the longest common subsequence of a from i on and b from j on. */
  const common = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] =
        a[i] === b[j]
          ? 1 + (common[(i + 1) * width + j + 1] ?? 0)
          : Math.max(common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0);
  const mine: boolean[] = new Array(a.length).fill(false);
  const theirs: boolean[] = new Array(b.length).fill(false);
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      mine[i++] = true;
      theirs[j++] = true;
    } else if ((common[(i + 1) * width + j] ?? 0) >= (common[i * width + j + 1] ?? 0)) i++;
    else j++;
  }
  return [joined(a, mine), joined(b, theirs)];
}

function joined(words: readonly string[], shared: readonly boolean[]): Piece[] {
  const pieces: { text: string; isShared: boolean }[] = [];
  words.forEach((word, i) => {
    const last = pieces.at(-1);
    if (last && last.isShared === shared[i]) last.text += word;
    else pieces.push({ text: word, isShared: shared[i] === true });
  });
  return pieces;
}
