/** Reading the fields that recorded calls carry beside request and response, under the names in use. */
import { isObject, type Json, type JsonObject, parseJson } from '../../core/json.ts';

/** The first of the fields that is a text that is not empty. */
export function textOf(record: JsonObject, names: readonly string[]): string | null {
  for (const name of names) {
    const value = record[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}

/** The first of the fields that is a number, or a text of one. */
export function numberOf(record: JsonObject, names: readonly string[]): number | null {
  for (const name of names) {
    const value = record[name];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if (typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value)) return Number(value);
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

/** JSON that stands as text, as exports of tables write it; anything else as it is. */
export function opened(value: Json | undefined): Json | undefined {
  if (typeof value !== 'string' || !/^\s*[{["]/.test(value)) return value;
  const inner = parseJson(value);
  return inner === undefined ? value : inner;
}

/** As opened(), where it is an object; null where it is none. */
export function objectOf(value: Json | undefined): JsonObject | null {
  const inner = opened(value);
  return isObject(inner) ? inner : null;
}

/** Milliseconds between two times; 0 where either is unknown or they are the wrong way round. */
export function between(start: number | null, end: number | null): number {
  return start === null || end === null ? 0 : Math.max(0, end - start);
}
