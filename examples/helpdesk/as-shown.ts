/**
 * What the truth of a mail says, in the words in which the mail is shown: whoever asks may have replaced names and numbers
 * in it, and an LLM answers with what it reads.
 * Does not: know what was replaced by what; it compares the words of a line with those that were written.
 */

/**
 * The value with its words as they stand in `shown`, which is `written` with some words replaced by others.
 * As it is where it does not stand in `written`, or where the line has another number of words.
 */
export function asShown(value: string, written: string, shown: string): string {
  if (written === shown) return value;
  const [before, after] = [written.split('\n'), shown.split('\n')];
  if (before.length !== after.length) return value;
  const wanted = value.split(' ');
  for (const [i, line] of before.entries()) {
    const words = line.split(' ');
    const replaced = after[i]!.split(' ');
    if (words.length !== replaced.length) continue;
    for (let at = 0; at + wanted.length <= words.length; at++) {
      const found = wanted.map((word, j) => replacing(word, words[at + j]!, replaced[at + j]!));
      if (found.every((word) => word !== null)) return found.join(' ');
    }
  }
  return value;
}

/** What stands in a replaced word where the value's word stands in the written one; null where it does not. */
function replacing(word: string, written: string, replaced: string): string | null {
  const start = written.indexOf(word);
  const [front, back] = [written.slice(0, start), written.slice(start + word.length)];
  if (start < 0 || /[\p{L}\p{N}]/u.test(front + back)) return null;
  const isSame = replaced.startsWith(front) && replaced.endsWith(back);
  return isSame ? replaced.slice(front.length, replaced.length - back.length) : word;
}
