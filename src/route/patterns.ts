/**
 * Whether a regular expression is matched in a time that no input can blow up. JavaScript's matcher tries alternatives
 * one after the other: where a repeated group can match one text in several ways, time doubles with each character
 * ("catastrophic backtracking"), and one caller's pattern would hold up everybody's calls.
 * A simple rule that is on the safe side: no unlimited repetition of a group that itself holds one, or alternatives; no
 * back-references; and a limit on length and on unlimited repetitions, each of which may add a power of the length.
 */

const MAX_LENGTH = 1_000;
/** `a+b+c+` takes at most the cube of the length; answers have hundreds of characters. */
const MAX_REPETITIONS = 8;

interface Group {
  /** Holds an unlimited repetition or alternatives. */
  ambiguous: boolean;
}

export function isLinear(pattern: string): boolean {
  if (pattern.length > MAX_LENGTH || /\\[1-9]|\\k</.test(pattern)) return false;
  let group: Group = { ambiguous: false };
  const outer: Group[] = [];
  let repetitions = 0;
  /** The group that ended right before. */
  let last: Group | null = null;
  for (let i = 0; i < pattern.length; i++) {
    const mark = pattern[i]!;
    const ended: Group | null = last;
    last = null;
    if (mark === '\\') i++;
    else if (mark === '[') {
      const end = classEnd(pattern, i);
      if (end < 0) return false;
      i = end;
    } else if (mark === '(') {
      outer.push(group);
      group = { ambiguous: false };
    } else if (mark === ')') {
      const parent = outer.pop();
      if (parent === undefined) return false;
      last = group;
      parent.ambiguous ||= group.ambiguous;
      group = parent;
    } else if (mark === '|') group.ambiguous = true;
    else if (isUnlimited(pattern, i)) {
      if (ended?.ambiguous) return false;
      group.ambiguous = true;
      if (++repetitions > MAX_REPETITIONS) return false;
    }
  }
  return outer.length === 0;
}

/** `*`, `+`, `{n,}`, or a number of times that is as good as unlimited. */
function isUnlimited(pattern: string, at: number): boolean {
  const mark = pattern[at];
  if (mark === '*' || mark === '+') return true;
  if (mark !== '{') return false;
  const range = /^\{(\d+)(?:(,)(\d*))?\}/.exec(pattern.slice(at, at + 24));
  if (range === null) return false;
  const [, least, comma, most] = range;
  return comma !== undefined && (most === '' || Number(most) - Number(least) > 32);
}

/** Where the character class ends that begins here; -1 where it does not. */
function classEnd(pattern: string, at: number): number {
  for (let i = at + 1; i < pattern.length; i++) {
    if (pattern[i] === '\\') i++;
    else if (pattern[i] === ']') return i;
  }
  return -1;
}
