/**
 * Dates and times that a program writes into a prompt ("Today is Monday, 23 November 2026"). They are variable even
 * where a recording shows one value only: without this, a specialist would be lost on the day after.
 * Does not: touch other dates, such as those in examples.
 */
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\\.?';
const WEEKDAY = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';
const TIME = '\\d{1,2}:\\d{2}(?::\\d{2})?(?:\\.\\d+)?(?: ?[ap]\\.?m\\.?|Z|[+-]\\d{2}:?\\d{2})?';
const DAY = [
  '\\d{4}[-/.]\\d{1,2}[-/.]\\d{1,2}',
  '\\d{1,2}[-/.]\\d{1,2}[-/.]\\d{2,4}',
  `\\d{1,2}(?:st|nd|rd|th)? ${MONTH},? \\d{4}`,
  `${MONTH} \\d{1,2}(?:st|nd|rd|th)?,? \\d{4}`,
].join('|');
const WHEN = `(?:${WEEKDAY},? )?(?:${DAY})(?:(?:T|,? (?:at )?)${TIME})?|${TIME}|${WEEKDAY}|\\b\\d{10}(?:\\d{3})?\\b`;
const STAMP = new RegExp(
  `(?<=\\b(?:today|date|time|timestamp|now|current|currently)\\b[^\\n]{0,40}?)(?<![\\p{L}\\p{N}])(?:${WHEN})(?![\\p{L}\\p{N}])`,
  'giu',
);

/** The text around such dates: one part more than there are dates. */
export function aroundDates(text: string): string[] {
  return text.split(STAMP);
}
