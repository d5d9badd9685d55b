/**
 * What a JSON Schema says of one value: its types, properties, items and format, seen through `$ref`, `allOf`, and
 * `anyOf` or `oneOf`, of whose choices the one that fits the value speaks. Work is linear in the schema's own level.
 * Does not: validate (route/check) or compare.
 */

import { type Exact, isExactObject, isNumeral } from './exact-json.ts';
import { isObject, type Json, type JsonObject } from './json.ts';

export interface Shape {
  /** Null: any. */
  readonly types: ReadonlySet<string> | null;
  readonly format: string | null;
  readonly properties: ReadonlyMap<string, Json>;
  readonly required: ReadonlySet<string>;
  /** Schema of the properties that are not named; undefined where there is none. */
  readonly additional: Json | undefined;
  /** Schema of the item at a place. */
  readonly itemAt: (place: number) => Json | undefined;
  /** What the schema says an absent value comes to; undefined: nothing. */
  readonly fallback: Json | undefined;
}

const MAX_REFS = 32;
/** Schema objects that are put together for one value. */
const MAX_PARTS = 256;

/** @param root The schema that local references (`#/…`) point into. */
export function shapeOf(schema: Json | undefined, value: Exact | undefined, root: Json | undefined): Shape {
  const work: Work = { left: MAX_PARTS, isKnown: true };
  const found = partsOf(schema, value, root, work);
  // Of a schema that is not known whole, nothing is known that could be lenient.
  const parts = work.isKnown ? found : [];
  const properties = new Map<string, Json>();
  const required = new Set<string>();
  let types: ReadonlySet<string> | null = null;
  for (const part of parts) {
    types = both(types, typesOf(part));
    if (isObject(part.properties))
      for (const [key, property] of Object.entries(part.properties)) {
        const known = properties.get(key);
        properties.set(key, known === undefined ? property : { allOf: [known, property] });
      }
    for (const key of requiredBy(part)) required.add(key);
  }
  const first = (keyword: string): Json | undefined =>
    parts.map((part) => own(part, keyword)).find((found) => found !== undefined);
  const format = first('format');
  const items = first('items');
  const prefix = first('prefixItems') ?? (Array.isArray(items) ? items : undefined);
  return {
    types,
    format: typeof format === 'string' ? format : null,
    properties,
    required,
    additional: first('patternProperties') === undefined ? first('additionalProperties') : undefined,
    itemAt: (place) =>
      Array.isArray(prefix) && place < prefix.length
        ? prefix[place]
        : Array.isArray(items)
          ? first('additionalItems')
          : items,
    fallback: first('default'),
  };
}

interface Work {
  left: number;
  /** False once a part could not be found, or there were too many. */
  isKnown: boolean;
}

/** The properties that a schema demands, those it demands under a condition too. */
function requiredBy(schema: JsonObject): string[] {
  const lists: Json[] = [schema.required ?? null];
  for (const branch of [schema.then, schema.else]) if (isObject(branch)) lists.push(branch.required ?? null);
  if (isObject(schema.dependentRequired)) lists.push(...Object.values(schema.dependentRequired));
  return lists.flatMap((list) => (Array.isArray(list) ? list.filter((key) => typeof key === 'string') : []));
}

/** The schema objects that all speak of the value. */
function partsOf(
  schema: Json | undefined,
  value: Exact | undefined,
  root: Json | undefined,
  work: Work,
): JsonObject[] {
  if (!isObject(schema)) return [];
  if (work.left-- <= 0) work.isKnown = false;
  if (!work.isKnown) return [];
  const out: JsonObject[] = [schema];
  if (typeof schema.$ref === 'string') {
    const target = resolve(schema.$ref, root);
    if (target === undefined) work.isKnown = false;
    out.push(...partsOf(target, value, root, work));
  }
  if (Array.isArray(schema.allOf))
    for (const part of schema.allOf) out.push(...partsOf(part, value, root, work));
  for (const choices of [schema.anyOf, schema.oneOf])
    if (Array.isArray(choices)) out.push(...chosen(choices, value, root, work));
  return out;
}

/** Of the choices the one that fits the value; where none or several do, what all say of its type and format. */
function chosen(
  choices: readonly Json[],
  value: Exact | undefined,
  root: Json | undefined,
  work: Work,
): JsonObject[] {
  const each = choices.map((choice) => partsOf(choice, value, root, work));
  const types = each.map((parts) =>
    parts.reduce<ReadonlySet<string> | null>((all, p) => both(all, typesOf(p)), null),
  );
  const all = types.every((set) => set !== null) ? [...new Set(types.flatMap((set) => [...set!]))] : null;
  const others = each.filter((_, i) => !(types[i]?.size === 1 && types[i].has('null')));
  const union: JsonObject = all === null ? {} : { type: all };
  const required = each.flat().flatMap(requiredBy);
  const withoutTypes = (parts: readonly JsonObject[]): JsonObject[] =>
    parts.map(({ type: _, enum: __, const: ___, ...rest }) => rest);
  if (others.length === 1) return [union, ...withoutTypes(others[0]!)];
  const fitting =
    value === undefined ? [] : others.filter((parts) => parts.every((part) => fits(part, value, root)));
  if (fitting.length === 1) return [union, ...withoutTypes(fitting[0]!)];
  const formats = new Set(
    others.map((parts) => parts.find((part) => part.format !== undefined)?.format ?? null),
  );
  const [format] = formats;
  // Whichever is meant: what one demands is no optional property.
  return [{ ...union, required, ...(typeof format === 'string' && formats.size === 1 ? { format } : {}) }];
}

/** Whether the value may be meant by this schema, as far as one level tells. */
function fits(schema: JsonObject, value: Exact, root: Json | undefined): boolean {
  const types = typesOf(schema);
  if (types !== null && !isOfType(value, types)) return false;
  if (!isExactObject(value)) return allows(schema, value);
  if (
    Array.isArray(schema.required) &&
    schema.required.some((key) => typeof key === 'string' && !value.has(key))
  )
    return false;
  const properties = isObject(schema.properties) ? schema.properties : {};
  for (const [key, item] of value) {
    const raw = own(properties, key);
    if (raw === undefined && schema.additionalProperties === false) return false;
    const property = isObject(raw) && typeof raw.$ref === 'string' ? resolve(raw.$ref, root) : raw;
    if (!isObject(property)) continue;
    const wanted = typesOf(property);
    if ((wanted !== null && !isOfType(item, wanted)) || !allows(property, item)) return false;
  }
  return true;
}

/** Whether an enum or const of texts has this text; other values are not looked at. */
function allows(schema: JsonObject, value: Exact): boolean {
  if (typeof value !== 'string') return true;
  const choices = Array.isArray(schema.enum)
    ? schema.enum
    : schema.const === undefined
      ? null
      : [schema.const];
  return choices === null || choices.includes(value);
}

function isOfType(value: Exact, types: ReadonlySet<string>): boolean {
  if (value === null) return types.has('null');
  if (typeof value === 'string' || typeof value === 'boolean') return types.has(typeof value);
  if (isNumeral(value)) return types.has('number') || (types.has('integer') && value.exponent >= 0n);
  return types.has(isExactObject(value) ? 'object' : 'array');
}

/** The types that a schema names, or that its choices are of; null where it says nothing. */
function typesOf(schema: JsonObject): ReadonlySet<string> | null {
  const { type } = schema;
  const named =
    typeof type === 'string'
      ? [type]
      : Array.isArray(type)
        ? type.filter((t) => typeof t === 'string')
        : null;
  const choices = Array.isArray(schema.enum)
    ? schema.enum
    : schema.const === undefined
      ? null
      : [schema.const];
  const types = named ?? choices?.map(typeOf) ?? null;
  if (types === null) return null;
  return new Set(schema.nullable === true ? [...types, 'null'] : types);
}

const typeOf = (value: Json): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

function both(a: ReadonlySet<string> | null, b: ReadonlySet<string> | null): ReadonlySet<string> | null {
  if (a === null || b === null) return a ?? b;
  // A number that must be an integer too is one.
  const has = (set: ReadonlySet<string>, type: string): boolean =>
    set.has(type) || (type === 'integer' && set.has('number'));
  return new Set([...[...a].filter((type) => has(b, type)), ...[...b].filter((type) => has(a, type))]);
}

/** What a local reference points to; undefined where that is nothing, or only further references. */
function resolve(ref: string, root: Json | undefined): Json | undefined {
  for (let hops = 0; hops < MAX_REFS; hops++) {
    if (ref !== '#' && !ref.startsWith('#/')) return undefined;
    let at = root;
    for (const step of ref.split('/').slice(1)) {
      const key = unescaped(step);
      at = Array.isArray(at) ? at[Number(key)] : isObject(at) ? own(at, key) : undefined;
    }
    if (!isObject(at)) return undefined;
    const keys = Object.keys(at);
    if (typeof at.$ref !== 'string' || keys.length > 1) return at;
    ref = at.$ref;
  }
  return undefined;
}

function unescaped(step: string): string {
  const plain = step.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}

/** The object's own property: any text may come as a key, and `constructor` is a property of every object. */
function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
