/** Dates as people write them in seven languages, and other dates near them, written in the same way. */
import { drawFor } from './draw.ts';

/** January to December by language; a form's place modulo 12 is its month. */
const MONTH_NAMES: readonly (readonly string[])[] = [
  'january february march april may june july august september october november december',
  'jan feb mar apr may jun jul aug sep oct nov dec',
  'januar februar märz april mai juni juli august september oktober november dezember',
  'jan feb mär apr mai jun jul aug sep okt nov dez',
  'janvier février mars avril mai juin juillet août septembre octobre novembre décembre',
  'enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre',
  'gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre',
  'janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro',
  'januari februari maart april mei juni juli augustus september oktober november december',
].map((line) => line.split(' '));

const ALL = [...new Set(MONTH_NAMES.flat())].sort((a, b) => b.length - a.length).join('|');
const DAY = '(?:0?[1-9]|[12]\\d|3[01])';
const YEAR = '(?:1[89]|20)\\d{2}';
const MONTH = `(?:${ALL}|sept|fev|fév|janv|avr|juil|déc|ene|abr|ago|dic|gen|mag|giu|lug|set|ott|out|dez|mrt)`;

/** The source of a pattern for a date; in any case. */
export const DATE_SOURCE = [
  `${YEAR}[-/.]\\d{1,2}[-/.]\\d{1,2}`,
  `${DAY}[-/.]\\d{1,2}[-/.](?:${YEAR}|\\d{2})`,
  `${DAY}[ ]\\d{1,2}[ ]${YEAR}`,
  `${DAY}(?:st|nd|rd|th|er|º|°|\\.)?[ -](?:of |de |d['’])?${MONTH}\\.?(?:,? (?:de |del )?|-)(?:${YEAR}|['’]?\\d{2})?`,
  `${MONTH}\\.?[ -]${DAY}(?:st|nd|rd|th)?(?:(?:,? |-)${YEAR})?`,
  `${MONTH}\\.? (?:of |de )?${YEAR}`,
  '(?:19|20)\\d{6}',
  YEAR,
].join('|');

/** A date near the given one, of the same build: its year within three years, another month, a day up to 28. */
export function dateSurrogate(original: string, key: Uint8Array): string {
  const draw = drawFor(key, 'birth-date', original.toLowerCase());
  const two = (value: number, like: string): string => String(value).padStart(like.length, '0');
  const year = (text: string): string => {
    const shift = 1 + draw.below(3);
    const value = Number(text) + (draw.below(2) === 0 ? shift : -shift);
    return text.length === 4 ? String(value) : String((value + 100) % 100).padStart(2, '0');
  };
  if (/^\d{8}$/.test(original)) {
    return year(original.slice(0, 4)) + two(1 + draw.below(12), '00') + two(1 + draw.below(28), '00');
  }
  const numeric = /^\d+\D\d+\D\d+$/.test(original);
  let place = 0;
  return original.replace(/\d+|\p{L}+/gu, (piece) => {
    if (!/\d/.test(piece)) return monthSurrogate(piece, draw.below(11));
    const at = place++;
    if (piece.length === 4 || (numeric && at === 2 && original.search(/\d{4}/) === -1)) return year(piece);
    if (!numeric && at > 0) return year(piece);
    // Two numbers of which either may be the month: both stay below 13.
    const wide = Number(piece) > 12 || !numeric;
    const most = wide ? 28 : 12;
    const least = wide && numeric ? 13 : 1;
    return two(least + draw.below(most - least + 1), piece);
  });
}

function monthSurrogate(word: string, step: number): string {
  const lower = word.toLowerCase();
  for (const names of MONTH_NAMES) {
    const at = names.indexOf(lower);
    if (at === -1) continue;
    const made = names[(at + 1 + step) % 12] ?? word;
    if (word === word.toUpperCase()) return made.toUpperCase();
    return word === lower ? made : made.slice(0, 1).toUpperCase() + made.slice(1);
  }
  return word;
}
