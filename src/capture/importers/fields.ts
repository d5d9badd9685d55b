/** Reading the fields that recorded calls carry beside request and response, under the names in use. */
import { isObject, type Json, type JsonObject } from '../../core/json.ts';

/** Epoch milliseconds from seconds, milliseconds or an ISO date; null for anything else. */
export function timeOf(value: Json | undefined): number | null {
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || value <= 0) return null;
    // Seconds until the year 5138, milliseconds since 1973.
    const ms = value < 1e11 ? value * 1000 : value;
    return ms <= 8.64e15 ? Math.round(ms) : null;
  }
  if (typeof value !== 'string' || value === '') return null;
  if (/^\d+(?:\.\d+)?$/.test(value)) return timeOf(Number(value));
  const ms = Date.parse(value);
  return Number.isNaN(ms) || ms <= 0 ? null : ms;
}

/** The first of the fields that is a text that is not empty. */
export function textOf(record: JsonObject, names: readonly string[]): string | null {
  for (const name of names) {
    const value = record[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}

export function numberOf(record: JsonObject, names: readonly string[]): number | null {
  for (const name of names) {
    const value = record[name];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
  }
  return null;
}

/** An object's texts; those of other types are left out. */
export function tagsOf(value: Json | undefined): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
