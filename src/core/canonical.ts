/**
 * A JSON value as its schema means it: what the schema says cannot matter is written in one way. Numbers, booleans,
 * objects and arrays written as text become what the schema asks for, where it allows no text; an optional property that
 * is null is left out, and one that is left out has its default; date-times become instants in UTC.
 * Without a schema a value stays as it is. Does not: compare (compare.ts).
 */

import { instantOf, timeOf } from './date-time.ts';
import { type Exact, isExactObject, numeralOf, parseExact } from './exact-json.ts';
import type { Json } from './json.ts';
import { type Shape, shapeOf } from './schema-shape.ts';

export function canonicalValue(value: Exact, schema: Json | undefined): Exact {
  return meant(value, schema, { root: schema, fills: true, defaults: new Map() });
}

interface Context {
  /** The schema that references point into. */
  readonly root: Json | undefined;
  /** Whether absent properties get their defaults: not within a default, or a recursive schema would have no end. */
  readonly fills: boolean;
  /** What absent properties come to, by their schemas, as far as it was looked up: an array may have thousands of items. */
  readonly defaults: Map<Json, Json | undefined>;
}

function meant(value: Exact, schema: Json | undefined, context: Context): Exact {
  if (schema === undefined) return value;
  const { root } = context;
  const shape = shapeOf(schema, value, root);
  if (typeof value === 'string') {
    const read = readText(value, shape);
    return typeof read === 'object' ? meant(read, schema, context) : read;
  }
  if (Array.isArray(value)) return value.map((item: Exact, i) => meant(item, shape.itemAt(i), context));
  return isExactObject(value) ? canonicalObject(value, shape, context) : value;
}

function canonicalObject(value: ReadonlyMap<string, Exact>, shape: Shape, context: Context): Exact {
  const out = new Map<string, Exact>();
  const defaultOf = (key: string): Json | undefined =>
    shape.required.has(key) ? undefined : fallbackOf(shape.properties.get(key), context);
  for (const [key, item] of value) {
    const isOptional = shape.properties.has(key) && !shape.required.has(key);
    // Where absent means a default, null is something else.
    if (item === null && isOptional && defaultOf(key) === undefined) continue;
    out.set(key, meant(item, shape.properties.get(key) ?? shape.additional, context));
  }
  for (const [key, property] of context.fills ? shape.properties : []) {
    const fallback = out.has(key) || value.has(key) ? undefined : defaultOf(key);
    const exact = fallback === undefined ? undefined : parseExact(JSON.stringify(fallback));
    if (exact !== undefined) out.set(key, meant(exact, property, { ...context, fills: false }));
  }
  return out;
}

function fallbackOf(schema: Json | undefined, { root, defaults }: Context): Json | undefined {
  if (schema === undefined) return undefined;
  if (!defaults.has(schema)) defaults.set(schema, shapeOf(schema, undefined, root).fallback ?? undefined);
  return defaults.get(schema);
}

/** What a text says where the schema asks for something that is no text; else the text, times in one notation. */
function readText(text: string, { types, format }: Shape): Exact {
  const plain = text.trim();
  if (types === null || types.has('string')) {
    if (format === 'date-time') return instantOf(plain) ?? text;
    return format === 'time' ? (timeOf(plain) ?? text) : text;
  }
  if (types.has('number') || types.has('integer')) {
    const number = numeralOf(plain);
    if (number !== null) return number;
  }
  if (types.has('boolean') && (plain === 'true' || plain === 'false')) return plain === 'true';
  const begins = plain[0];
  if ((begins === '{' && types.has('object')) || (begins === '[' && types.has('array')))
    return parseExact(plain) ?? text;
  return text;
}
