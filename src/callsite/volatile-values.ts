/**
 * What differs between the prompts of one piece of code even where a recording shows one value only: the date and
 * time that a program writes into a prompt ("Today is Monday, 23 November 2026": without this a specialist would be
 * lost on the day after), and addresses, which redaction replaces in what is stored but not in what is served.
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
const STAMP = `(?<=\\b(?:today|date|time|timestamp|now|current|currently)\\b[^\\n]{0,40}?)(?<![\\p{L}\\p{N}])(?:${WHEN})(?![\\p{L}\\p{N}])`;
const ADDRESS = [
  '[\\p{L}\\p{N}._%+\\-]{1,64}@[\\p{L}\\p{N}\\-]{1,63}(?:\\.[\\p{L}\\p{N}\\-]+)+',
  '(?<![\\p{L}\\p{N}.])\\d{1,3}(?:\\.\\d{1,3}){3}(?![\\p{L}\\p{N}])',
  '(?<![\\p{L}\\p{N}])(?:\\+|00)\\d[\\d \\-\\/\\(\\)]{6,}\\d(?![\\p{L}\\p{N}])',
].join('|');
const VARIABLE = new RegExp(`${STAMP}|${ADDRESS}`, 'giu');

/** The text around them: one part more than there are of them. */
export function aroundStamps(text: string): string[] {
  return text.split(VARIABLE);
}
