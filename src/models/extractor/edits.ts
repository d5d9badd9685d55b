/**
 * How a value is made of the words that it is copied from: as they stand, in another case, as a number, as a date. Each
 * edit is a function of the words alone, so that what was learnt of one value holds for the next.
 * Does not: find the words (align.ts), or know today's date: `tomorrow` stays `tomorrow`.
 */
import type { Json } from '../../core/json.ts';
import { readDay } from './days.ts';
import { readDate, readNumber, readTime } from './quantities.ts';

/** Every text has one of each. */
export const TEXT_EDITS = ['same', 'lower', 'upper', 'title', 'first', 'joined', 'underscored'] as const;
/** Only a text that is a quantity as a whole has one. */
export const QUANTITY_EDITS = ['number', 'numeral', 'date', 'time'] as const;

type TextEdit = (typeof TEXT_EDITS)[number];
type QuantityEdit = (typeof QUANTITY_EDITS)[number];
/** A day that is named beside another one, its anchor (days.ts). */
export type DayEdit = `day after ${string}`;
export const dayAfter = (anchor: string): DayEdit => `day after ${anchor}`;
/** The edits of a field, in order: the first one that the words have. */
export type Edits = readonly (TextEdit | QuantityEdit | DayEdit)[];

/** The value that the words give by the first edit that they have; undefined where they have none. */
export function edited(edits: Edits, words: string): Json | undefined {
  for (const edit of edits) {
    const value = apply(edit, words);
    if (value !== undefined) return value;
  }
  return undefined;
}

function apply(edit: Edits[number], words: string): Json | undefined {
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
      const number = readNumber(words);
      return number === undefined ? undefined : String(number);
    }
    case 'date':
      return readDate(words);
    case 'time':
      return readTime(words);
    default:
      return readDay(words, edit.slice('day after '.length));
  }
}
