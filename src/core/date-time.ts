/**
 * Times by RFC 3339, as JSON Schema's formats `date-time` and `time` have them: one text for each instant.
 * Does not: read other notations. What RFC 3339 does not allow stays the text that it is.
 */

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/;
const TIME = /^(\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/;

/** The instant in UTC, with no zeros at the end of its fraction; null where the text is no date-time. */
export function instantOf(text: string): string | null {
  const match = DATE_TIME.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // Leap seconds stay as they are written: Date has none.
  if (hour > 23 || minute > 59 || second > 59) return null;
  const offset = minutesOf(match[8]!);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (offset === null || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  date.setUTCHours(hour, minute - offset, second);
  return `${date.toISOString().slice(0, -5)}${fractionOf(match[7])}Z`;
}

/** The time with `Z` for no offset, and no zeros at the end of its fraction; null where the text is no time. */
export function timeOf(text: string): string | null {
  const match = TIME.exec(text);
  const offset = match && minutesOf(match[3]!);
  // Other offsets stay: 01:00+02:00 and 23:00Z are one moment, but not of one day.
  return match && offset !== null
    ? `${match[1]}${fractionOf(match[2])}${offset === 0 ? 'Z' : match[3]}`
    : null;
}

function minutesOf(offset: string): number | null {
  if (offset === 'Z' || offset === 'z') return 0;
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(4))];
  if (hours > 23 || minutes > 59) return null;
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function fractionOf(digits = ''): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end--;
  return end === 0 ? '' : `.${digits.slice(0, end)}`;
}
