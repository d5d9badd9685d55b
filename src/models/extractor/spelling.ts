/**
 * How a value is spelt, where what was said of it is written loosely: a user asks for `mimi's cafe in san francisco`, and the
 * answer has it as a tool's result, or other answers, spell it.
 * Does not: say which words are a value (align.ts, a model), or which fields are spelt so (writing.ts).
 */

/** Marks that a name has now and then, and that a code, an address, a number or a path is another one without. */
const EXACT = /[\p{N}@/\\_+#=&%]|\p{L}\.\p{L}/u;

/**
 * What two spellings of one value have in common: the letters of a name, whatever their case and the marks between them. Of what
 * may be a code or an address only case and the width of its blanks are taken for spelling.
 */
export function foldedWords(words: string): string {
  const plain = words.normalize('NFKC').toLowerCase().trim();
  return EXACT.test(plain) ? plain.replace(/\s+/gu, ' ') : plain.replace(/[^\p{L}\p{M}]+/gu, '');
}

/** By its folded words, a value as it is spelt; null where it is spelt in several ways. */
export type Spellings = ReadonlyMap<string, string | null>;

/** A value in JSON: a string after a colon, a comma or a bracket, and before a comma or a bracket. */
const VALUE = /(?<=[:,[]\s{0,20})"((?:[^"\\\n]|\\.){2,80})"(?=\s{0,20}[,}\]])/g;

/** A value that stands in JSON: where its text begins and ends. */
export interface QuotedValue {
  readonly from: number;
  readonly to: number;
}

/** The strings that stand in a text's JSON as values, in order; none with escapes, which words do not have. */
export function quotedValues(text: string): readonly QuotedValue[] {
  return [...text.matchAll(VALUE)].flatMap(({ index, 1: value = '' }) =>
    value.includes('\\') ? [] : [{ from: index + 1, to: index + 1 + value.length }],
  );
}

/** How a text's JSON spells values. */
export function spellingsIn(text: string): Spellings {
  return spellingsOf(quotedValues(text).map(({ from, to }) => text.slice(from, to)));
}

const spellings = new WeakMap<readonly string[], Spellings>();

/** How these values are spelt. */
export function spellingsOf(values: readonly string[]): Spellings {
  const known = spellings.get(values);
  if (known !== undefined) return known;
  const made = new Map<string, string | null>();
  for (const value of values) {
    const folded = foldedWords(value);
    if (folded !== '') made.set(folded, made.has(folded) && made.get(folded) !== value ? null : value);
  }
  spellings.set(values, made);
  return made;
}

/** The words as the first of these spells them; as they stand where none does, or one in several ways. */
export function spelt(words: string, ...by: readonly Spellings[]): string {
  const folded = foldedWords(words);
  for (const each of by) {
    const value = each.get(folded);
    if (value !== undefined) return value ?? words;
  }
  return words;
}
