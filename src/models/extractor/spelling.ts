/**
 * How a value is spelt, where what was said of it is written loosely: a user asks for `mimi's cafe in san francisco`, and the
 * answer has it as a tool's result, or other answers, spell it.
 * Does not: say which words are a value (align.ts, a model), or which fields are spelt so (plan.ts).
 */

/** Of letters and digits alone, in lower case: what two spellings of the same have in common. */
export function foldedWords(words: string): string {
  return words
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '');
}

/** By its folded words, a value as it is spelt. */
export type Spellings = ReadonlyMap<string, string>;

/** A string of JSON, and whether it is a key. */
const STRING = /"((?:[^"\\\n]|\\.)*)"(\s*:)?/g;
/** Longer ones are no names. */
const MAX_NAME = 80;

/** A value that stands in JSON: where its text begins and ends. */
export interface QuotedValue {
  readonly from: number;
  readonly to: number;
}

/** The strings that stand in a text's JSON as values, in order; none with escapes, which words do not have. */
export function quotedValues(text: string): readonly QuotedValue[] {
  return [...text.matchAll(STRING)].flatMap(({ index, 1: value = '', 2: colon }) => {
    const isName =
      colon === undefined && value.length > 1 && value.length <= MAX_NAME && !value.includes('\\');
    return isName ? [{ from: index + 1, to: index + 1 + value.length }] : [];
  });
}

/** How a text's JSON spells values; of several spellings the newest. */
export function spellingsIn(text: string): Spellings {
  return spellingsOf(quotedValues(text).map(({ from, to }) => text.slice(from, to)));
}

const spellings = new WeakMap<readonly string[], Spellings>();

/** How these values are spelt; of several spellings the last. */
export function spellingsOf(values: readonly string[]): Spellings {
  const known = spellings.get(values);
  if (known !== undefined) return known;
  const made = new Map<string, string>();
  for (const value of values) {
    const folded = foldedWords(value);
    if (folded !== '') made.set(folded, value);
  }
  spellings.set(values, made);
  return made;
}

/** The words as the first of these spells them; as they stand where none does. */
export function spelt(words: string, ...by: readonly Spellings[]): string {
  const folded = foldedWords(words);
  for (const each of by) {
    const value = each.get(folded);
    if (value !== undefined) return value;
  }
  return words;
}
