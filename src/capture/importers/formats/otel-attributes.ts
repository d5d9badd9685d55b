/**
 * Attributes of spans as plain values by dotted name, from OTLP's typed values, from plain objects and from nested
 * ones; and the lists that instrumentations flatten into names with an index.
 */
import { isObject, type Json, type JsonObject } from '../../../core/json.ts';

/** By dotted name. */
export type Attributes = ReadonlyMap<string, Json>;

/** Prefixes under which instrumentations repeat the names of others. */
const ASSOCIATION = 'traceloop.association.properties.';

/** The attributes of a span or an event. */
export function attributesOf(value: Json | undefined): Attributes {
  const attributes = new Map<string, Json>();
  const set = (name: string, given: Json): void => {
    attributes.set(name.startsWith(ASSOCIATION) ? name.slice(ASSOCIATION.length) : name, given);
  };
  if (Array.isArray(value)) {
    for (const each of value) {
      if (isObject(each) && typeof each.key === 'string') set(each.key, plainOf(each.value));
    }
  } else if (isObject(value)) flatten(value, '', set, 0);
  return attributes;
}

/** Deeper attributes stay values. */
const DEPTH = 8;

/** Nested attributes ({llm: {input_messages: [{message: …}]}}) under their dotted names. */
function flatten(
  value: JsonObject,
  prefix: string,
  set: (name: string, given: Json) => void,
  depth: number,
): void {
  for (const [name, given] of Object.entries(value)) {
    const path = `${prefix}${name}`;
    const nests =
      depth < DEPTH && /^(?:llm|gen_ai|openinference|session|input|output|metadata|ai)\b/.test(path);
    // The newer conventions' messages are structured values themselves.
    if (nests && isObject(given) && !path.startsWith('metadata')) flatten(given, `${path}.`, set, depth + 1);
    else if (nests && path.startsWith('llm.') && Array.isArray(given) && given.some(isObject)) {
      for (const [i, each] of given.entries()) {
        if (isObject(each)) flatten(each, `${path}.${i}.`, set, depth + 1);
      }
    } else set(path, given);
  }
}

/** OTLP's AnyValue as JSON; 64-bit numbers are texts there. */
export function plainOf(value: Json | undefined, depth = 0): Json {
  if (!isObject(value) || depth > 64) return value ?? null;
  if (typeof value.stringValue === 'string') return value.stringValue;
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.doubleValue !== undefined) return value.doubleValue;
  if (value.boolValue !== undefined) return value.boolValue;
  if (isObject(value.arrayValue)) {
    const { values } = value.arrayValue;
    return Array.isArray(values) ? values.map((each) => plainOf(each, depth + 1)) : [];
  }
  if (isObject(value.kvlistValue)) {
    const { values } = value.kvlistValue;
    return Object.fromEntries(
      (Array.isArray(values) ? values : []).flatMap((each) =>
        isObject(each) && typeof each.key === 'string' ? [[each.key, plainOf(each.value, depth + 1)]] : [],
      ),
    );
  }
  return null;
}

/** The elements of a flattened list: their attributes, by what follows `prefix.N.`, in the order of N. */
export function listOf(attributes: Attributes, prefix: string): Attributes[] {
  const items = new Map<number, Map<string, Json>>();
  for (const [name, value] of attributes) {
    if (!name.startsWith(`${prefix}.`)) continue;
    const match = /^(\d{1,6})\.(.+)$/.exec(name.slice(prefix.length + 1));
    if (!match) continue;
    const index = Number(match[1]);
    const item = items.get(index) ?? new Map<string, Json>();
    item.set(match[2] ?? '', value);
    items.set(index, item);
  }
  return [...items].sort(([a], [b]) => a - b).map(([, item]) => item);
}

/** The first of the attributes that is a text, or a number as text; null where none is. */
export function textAt(attributes: Attributes, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = attributes.get(name);
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return null;
}

/** The first of the attributes that is a number, or a text of one. */
export function numberAt(attributes: Attributes, ...names: readonly string[]): number | null {
  for (const name of names) {
    const value = attributes.get(name);
    if (value === undefined || value === null || value === '' || typeof value === 'object') continue;
    if (Number.isFinite(Number(value))) return Number(value);
  }
  return null;
}
