/**
 * Reads quantities as people write them: numbers in digits or in English words, dates with a year, times of day.
 * Does not: guess. What can be read in two ways (03/04/2026) or lacks a part (a date without a year) is not read.
 */

const ONES = [
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen',
  'eighteen nineteen',
]
  .join(' ')
  .split(' ');
const TENS = ' ,,twenty,thirty,forty,fifty,sixty,seventy,eighty,ninety'.split(',');
const SCALES: ReadonlyMap<string, number> = new Map([
  ['hundred', 100],
  ['thousand', 1_000],
  ['million', 1_000_000],
]);

/** The words that numbers are written in, digits apart. */
export const NUMBER_WORDS: ReadonlySet<string> = new Set([
  ...ONES,
  ...TENS.slice(2),
  ...SCALES.keys(),
  'a',
  'and',
]);

/** The number that the whole text is: 12, 1,250.50, $12, twenty-five, two hundred and six. Undefined for any other text. */
export function readNumber(text: string): number | undefined {
  const plain = text.trim().replace(/^[$€£]\s?/, '');
  if (/^(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$/.test(plain)) {
    const value = Number(plain.replaceAll(',', ''));
    // JSON writes a number in one way only; above 2^53 it would be another one.
    return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
  }
  return wordsToNumber(plain.toLowerCase().split(/[\s-]+/));
}

function wordsToNumber(words: readonly string[]): number | undefined {
  let [total, group, seen] = [0, 0, false];
  for (const [i, word] of words.entries()) {
    const one = ONES.indexOf(word);
    const ten = TENS.indexOf(word, 2);
    const scale = SCALES.get(word);
    if (one >= 0) {
      // After a unit or a teen no other number may follow: "five six" is two numbers.
      if (group % 10 !== 0 || (group % 100 !== 0 && one >= 10)) return undefined;
      group += one;
    } else if (ten >= 2) {
      if (group % 100 !== 0) return undefined;
      group += ten * 10;
    } else if (scale !== undefined) {
      if (!seen && group === 0 && i > 0 && words[i - 1] !== 'a') return undefined;
      if (scale === 100) group = (group === 0 ? 1 : group) * 100;
      else {
        total += (group === 0 ? 1 : group) * scale;
        group = 0;
      }
    } else if (word === 'a' && i === 0 && SCALES.has(words[1] ?? '')) continue;
    else if (word !== 'and' || i === 0 || i === words.length - 1) return undefined;
    seen = true;
  }
  return seen ? total + group : undefined;
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');

/** The date as YYYY-MM-DD: 2026-03-04, 2026/03/04, March 4th, 2026, 4 March 2026. */
export function readDate(text: string): string | undefined {
  const plain = text.trim().toLowerCase();
  const numeric = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(plain);
  if (numeric) return dateOf(Number(numeric[1]), Number(numeric[2]), Number(numeric[3]));
  const monthFirst = /^(\p{L}{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})$/u.exec(plain);
  if (monthFirst) return dateOf(Number(monthFirst[3]), monthOf(monthFirst[1]!), Number(monthFirst[2]));
  const dayFirst = /^(\d{1,2})(?:st|nd|rd|th)?(?: of)? (\p{L}{3,9})\.?,? (\d{4})$/u.exec(plain);
  if (dayFirst) return dateOf(Number(dayFirst[3]), monthOf(dayFirst[2]!), Number(dayFirst[1]));
  return undefined;
}

const FULL_MONTHS =
  'january february march april may june july august september october november december'.split(' ');
export const monthOf = (word: string): number =>
  word === 'sept' ? 9 : 1 + Math.max(MONTHS.indexOf(word), FULL_MONTHS.indexOf(word));

function dateOf(year: number, month: number, day: number): string | undefined {
  const date = new Date(Date.UTC(year, month - 1, day));
  const isOne = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && month >= 1;
  return isOne ? date.toISOString().slice(0, 10) : undefined;
}

/** Hours in words and in part: `half past 5`, `quarter to four`, `eleven`. */
const PARTS: readonly (readonly [RegExp, number])[] = [
  [/^half past /, 30],
  [/^(?:a )?quarter past /, 15],
  [/^(?:a )?quarter to /, -15],
];

/**
 * The time of day as HH:MM: 17:30, 5:30 pm, 5pm, noon, eleven am, half past 5 in the evening, 4 o'clock in the afternoon.
 * Undefined for an hour alone.
 */
export function readTime(text: string): string | undefined {
  let plain = text.trim().toLowerCase().replaceAll('.', '');
  if (plain === 'noon') return '12:00';
  if (plain === 'midnight') return '00:00';
  const part = PARTS.find(([words]) => words.test(plain));
  if (part) plain = plain.replace(part[0], '');
  const match =
    /^(\d{1,2}|[a-z]+)(?::(\d{2}))?(?: o ?['’] ?clock)?\s?(am|pm|in the morning|in the afternoon|in the evening|at night)?$/.exec(
      plain,
    );
  if (!match || (match[2] === undefined && match[3] === undefined)) return undefined;
  if (part && match[2] !== undefined) return undefined;
  const hour = /\d/.test(match[1]!) ? Number(match[1]) : ONES.indexOf(match[1]!);
  const minute = Number(match[2] ?? 0);
  if (hour < 0 || minute > 59 || hour > 23 || (match[3] !== undefined && (hour < 1 || hour > 12)))
    return undefined;
  const isLate = match[3] !== undefined && match[3] !== 'am' && match[3] !== 'in the morning';
  const in24 = match[3] === undefined ? hour : (hour % 12) + (isLate ? 12 : 0);
  const all = in24 * 60 + minute + (part?.[1] ?? 0);
  const digits = (n: number): string => String(n).padStart(2, '0');
  return all < 0 ? undefined : `${digits(Math.floor(all / 60))}:${digits(all % 60)}`;
}
