/** Times as logs write them: numbers in any unit, ISO 8601 and its relatives, RFC 2822. Without a zone: UTC. */
import type { Json } from '../../core/json.ts';

/** Before this no LLM was called: an earlier time is a mistake of the log (a zero, another unit). */
const EARLIEST = Date.UTC(2015, 0, 1);
const DAY_MS = 86_400_000;

/** '2026-01-31', '2026-01-31 09:05:00.123456', '2026-01-31T09:05Z', '2026-01-31T09:05:00,5+02:00'. */
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:(?:[Tt]|\s+)(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?\s*([Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/;
/** 'Tue, 01 Sep 2026 10:00:00 +0200' (RFC 2822 and HTTP), the weekday and the zone not always there. */
const RFC_2822 =
  /^(?:[A-Za-z]{3},?\s+)?\d{1,2}\s+[A-Za-z]{3}\s+\d{4}\s+\d{1,2}:\d\d(?::\d\d)?(?:\s+([A-Z]{1,4}|[+-]\d{4}))?$/;

/**
 * Epoch milliseconds; null for what is no time. Numbers, and texts of digits, are seconds, milliseconds, microseconds
 * or nanoseconds by their size: no two units of a time between 1973 and 5138 overlap.
 */
export function timeOf(value: Json | undefined): number | null {
  if (typeof value === 'number') return numericTime(value);
  if (typeof value !== 'string') return null;
  const text = value.trim();
  if (/^\d+(?:\.\d+)?(?:[eE]\+?\d+)?$/.test(text)) return numericTime(Number(text));
  const iso = ISO.exec(text);
  if (iso) return isoTime(iso);
  const rfc = RFC_2822.exec(text);
  if (!rfc) return null;
  const ms = Date.parse(rfc[1] === undefined ? `${text} UTC` : text);
  return Number.isNaN(ms) ? null : ms;
}

/** Whether calls can have happened then: not before 2015, and not more than a day ahead. */
export function isPlausible(at: number, now: number): boolean {
  return at >= EARLIEST && at <= now + DAY_MS;
}

function numericTime(value: number): number | null {
  if (!Number.isFinite(value) || value <= 0) return null;
  if (value < 1e11) return Math.round(value * 1000);
  if (value < 1e14) return Math.round(value);
  if (value < 1e17) return Math.round(value / 1e3);
  return value < 1e20 ? Math.round(value / 1e6) : null;
}

function isoTime(match: RegExpExecArray): number | null {
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', zone = 'Z'] = match;
  const date = new Date(
    Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)),
  );
  // The 31st of April would become the 1st of May, 25 o'clock the next day.
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return null;
  const offset = /^([+-])(\d\d):?(\d\d)?$/.exec(zone);
  const minutes = offset ? Number(`${offset[1]}1`) * (Number(offset[2]) * 60 + Number(offset[3] ?? 0)) : 0;
  return date.getTime() + Math.round(Number(`0.${fraction}`) * 1000) - minutes * 60_000;
}
