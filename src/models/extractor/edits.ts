/**
 * How a value is made of the words that it is copied from: as they stand, in another case, as a number, as a date. Each
 * edit is a function of the words, so that what was learnt of one value holds for the next.
 * Does not: find the words (align.ts), or know today's date: `tomorrow` stays `tomorrow`.
 */
import type { Json } from '../../core/json.ts';
import { readDay } from './days.ts';
import { readDate, readNumber, readTime } from './quantities.ts';
import { foldedWords, type Spellings, spellingsOf, spelt } from './spelling.ts';

/** Every text has one of each; `spelt`: as JSON of the input, or else other answers, spell it (spelling.ts). */
export const TEXT_EDITS = [
  'same',
  'lower',
  'upper',
  'title',
  'first',
  'joined',
  'underscored',
  'spelt',
] as const;
/** Only a text that is a quantity as a whole has one. */
export const QUANTITY_EDITS = ['number', 'numeral', 'date', 'time'] as const;

type TextEdit = (typeof TEXT_EDITS)[number];
type QuantityEdit = (typeof QUANTITY_EDITS)[number];
/** A day that is named beside another one, its anchor (days.ts). */
export type DayEdit = `day after ${string}`;
export const dayAfter = (anchor: string): DayEdit => `day after ${anchor}`;
/** A number with a fixed number of decimals, whatever the words have: `4.50` of `4.5`. */
export type FixedEdit = `fixed ${number}`;
export const fixed = (decimals: number): FixedEdit => `fixed ${decimals}`;
/** The edits of a field, in order: the first one that the words have. */
export type Edits = readonly (TextEdit | QuantityEdit | DayEdit | FixedEdit)[];

/** Whether an edit reads a number, a date or a time. */
export const isQuantity = (edit: Edits[number]): boolean =>
  (QUANTITY_EDITS as readonly string[]).includes(edit) || edit.startsWith('fixed ');

/** Whether an edit reads what the words say, rather than writing them in another way. */
export const isReading = (edit: Edits[number]): boolean => isQuantity(edit) || edit.startsWith('day after ');

/** How values are written. */
export interface Writing {
  readonly edits: Edits;
  /** As other answers spell values; absent in plans of before there was `spelt`. */
  readonly names?: readonly string[];
  /** What else values are called: words, and the value that they stand for. */
  readonly aliases?: readonly (readonly [words: string, value: string])[];
}

const NO_NAMES: readonly string[] = [];
const meanings = new WeakMap<NonNullable<Writing['aliases']>, Spellings>();

/** By the folded words of an alias, its value. */
function meaningsOf(aliases: NonNullable<Writing['aliases']>): Spellings {
  const known = meanings.get(aliases);
  if (known !== undefined) return known;
  const made = new Map(aliases.map(([words, value]) => [foldedWords(words), value]));
  meanings.set(aliases, made);
  return made;
}

/**
 * The value that the words give by the first edit that they have; undefined where they have none.
 * @param quoted How the input's JSON spells values.
 */
export function written(
  { edits, names = NO_NAMES, aliases }: Writing,
  words: string,
  quoted: Spellings,
): Json | undefined {
  const folded = foldedWords(words);
  // What JSON has just so is no other name for something else.
  const meant = aliases && quoted.get(folded) !== words ? meaningsOf(aliases).get(folded) : undefined;
  if (typeof meant === 'string') return meant;
  for (const edit of edits) {
    const value = edit === 'spelt' ? spelt(words, quoted, spellingsOf(names)) : apply(edit, words);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The value that the words give by this edit alone; undefined where they have none. */
export function apply(edit: Exclude<Edits[number], 'spelt'>, words: string): Json | undefined {
  switch (edit) {
    case 'same':
      return words;
    case 'lower':
      return words.toLowerCase();
    case 'upper':
      return words.toUpperCase();
    case 'title':
      return words.toLowerCase().replace(/(^|[\s-])(\p{L})/gu, (_, before: string, letter: string) => {
        return before + letter.toUpperCase();
      });
    case 'first':
      return words.slice(0, 1).toUpperCase() + words.slice(1);
    case 'joined':
      return words.replace(/[\s-]+/g, '');
    case 'underscored':
      return words.toLowerCase().replace(/[\s-]+/g, '_');
    case 'number':
      return readNumber(words);
    case 'numeral': {
      // `007` is no number that is written in another way.
      if (/^0\d/.test(words.trim())) return undefined;
      const number = readNumber(words);
      return number === undefined ? undefined : String(number);
    }
    case 'date':
      return readDate(words);
    case 'time':
      return readTime(words);
    default: {
      if (edit.startsWith('day after ')) return readDay(words, edit.slice('day after '.length));
      const number = readNumber(words);
      const value = number?.toFixed(Number(edit.slice('fixed '.length)));
      // None that has more decimals than values have.
      return Number(value) === number ? value : undefined;
    }
  }
}
