/** Reading the fields that recorded calls carry beside request and response, under the names in use. */
import { isObject, type Json, type JsonObject, parseJson } from '../../core/json.ts';
import { isSessionName } from './sessions.ts';

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

const MAX_TAGS = 32;
const MAX_TAG_CHARS = 256;
/** Names (in small letters, without separators) of fields that say who somebody is: tags stand in the open. */
const PERSONAL =
  /^(?:user|enduser|customer|client|sender|account|member)(?:id|name)?$|userid|username|email|phone|ipaddress|apikey|safetyidentifier/;

/** Short texts, numbers and truth values of objects, as tags; not those that name a session or a person. */
export function tagsOf(...values: readonly (Json | undefined)[]): Record<string, string> {
  const tags: Record<string, string> = {};
  let count = 0;
  for (const value of values) {
    if (!isObject(value)) continue;
    for (const [name, given] of Object.entries(value)) {
      if (count >= MAX_TAGS) return tags;
      if (typeof given !== 'string' && typeof given !== 'number' && typeof given !== 'boolean') continue;
      if (name.length > MAX_TAG_CHARS || name in tags || isSessionName(name) || isPersonal(name)) continue;
      tags[name] = String(given).slice(0, MAX_TAG_CHARS);
      count++;
    }
  }
  return tags;
}

function isPersonal(name: string): boolean {
  return PERSONAL.test(name.toLowerCase().replace(/[^a-z0-9]/g, ''));
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
