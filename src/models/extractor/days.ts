/**
 * Reads days that people name without a year, or from where they stand: March 8th, the 9th of this month, tomorrow, next
 * Friday. Such words are a date only beside the day on which they are said, the anchor, which is learnt from examples where
 * one anchor explains them (plan.ts).
 * Does not: guess an anchor, or read dates that are whole (quantities.ts).
 */
import { monthOf, readDate } from './quantities.ts';

const DAY_MS = 86_400_000;
const WEEKDAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');

/** Words that a day begins with; what begins with another word is none. */
const BEGINS =
  /^(?:\d{1,2}|today|tonight|tomorrow|day|next|this|coming|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun|[a-z]+day|jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec|january|february|march|april|august|september|october|november|december)$/;
export const mayBeginDay = (word: string): boolean => BEGINS.test(word);

/** @param anchor YYYY-MM-DD. The day as YYYY-MM-DD; undefined for any other text. */
export function readDay(text: string, anchor: string): string | undefined {
  const plain = text.trim().toLowerCase();
  const from = Date.parse(`${anchor}T00:00:00Z`);
  if (Number.isNaN(from)) return undefined;
  return readDate(plain) ?? fromToday(plain, from) ?? onWeekday(plain, from) ?? inMonth(plain, from);
}

const iso = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** How many days after the anchor; undefined where the words do not say. */
export function daysFromToday(plain: string): number | undefined {
  if (plain === 'today' || plain === 'tonight') return 0;
  if (plain === 'tomorrow') return 1;
  return plain === 'day after tomorrow' ? 2 : undefined;
}

function fromToday(plain: string, from: number): string | undefined {
  const days = daysFromToday(plain);
  return days === undefined ? undefined : iso(from + days * DAY_MS);
}

/** `Friday`, `this Friday`, `next Friday`: the first one after the anchor. `Friday next week`: that of the week after. */
function onWeekday(plain: string, from: number): string | undefined {
  const match = /^(?:next |this |coming )?([a-z]{3,9})( next week)?$/.exec(plain);
  const name = match?.[1] ?? '';
  const day = WEEKDAYS.findIndex(
    (weekday) => weekday === name || (name !== 'sun' && weekday.startsWith(name)),
  );
  if (day < 0 || (name.length < 6 && !/^(mon|tues?|wed|thu(rs?)?|fri|sat)$/.test(name))) return undefined;
  const today = new Date(from).getUTCDay();
  if (match?.[2] === undefined) return iso(from + (((day - today + 6) % 7) + 1) * DAY_MS);
  const monday = from + (7 - ((today + 6) % 7)) * DAY_MS;
  return iso(monday + ((day + 6) % 7) * DAY_MS);
}

/** The first such day that is not before the anchor. */
function inMonth(plain: string, from: number): string | undefined {
  const [, ahead, dayAhead] = /^([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?$/.exec(plain) ?? [];
  const [, dayBefore, behind] =
    /^(\d{1,2})(?:st|nd|rd|th)?(?: of|,)? ([a-z]{3,9}|this month)$/.exec(plain) ?? [];
  const [, alone] = /^(\d{1,2})(?:st|nd|rd|th)$/.exec(plain) ?? [];
  const day = Number(dayAhead ?? dayBefore ?? alone ?? 0);
  if (day < 1 || day > 31) return undefined;
  const name = ahead ?? behind;
  const start = new Date(from);
  const month = name === undefined || name === 'this month' ? null : monthOf(name);
  if (month !== null && month < 1) return undefined;
  for (let ahead = 0; ahead <= 12; ahead++) {
    const at = Date.UTC(
      start.getUTCFullYear(),
      month === null ? start.getUTCMonth() + ahead : month - 1 + 12 * ahead,
      day,
    );
    if (at >= from && new Date(at).getUTCDate() === day) return iso(at);
  }
  return undefined;
}
