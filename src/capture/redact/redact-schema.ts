/**
 * Redaction of JSON Schemas and response formats: what a schema says by its own words stays, since a check is made of it;
 * names, choices and prose are a caller's, and are redacted.
 * Does not: check anything (route/schemas.ts).
 */
import { isObject, type Json } from '../../core/json.ts';

/** @param isWord A name or a choice: nothing to be read for people, as prose is. */
export type RedactText = (text: string, isWord?: boolean) => string;

/** Words of JSON Schema (draft-07 to 2020-12), of OpenAPI, and of the response formats around schemas. */
const KEYWORDS: ReadonlySet<string> = new Set(
  (
    '$schema $id $anchor $ref $defs $comment $dynamicRef $dynamicAnchor $recursiveRef $vocabulary definitions id type properties ' +
    'required items additionalItems prefixItems contains minContains maxContains enum const anyOf oneOf allOf not if then else ' +
    'additionalProperties patternProperties propertyNames unevaluatedProperties unevaluatedItems dependencies dependentRequired ' +
    'dependentSchemas minItems maxItems uniqueItems minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum ' +
    'multipleOf minProperties maxProperties pattern format contentEncoding contentMediaType title description default examples ' +
    'deprecated readOnly writeOnly nullable discriminator strict schema json_schema name function parameters'
  ).split(' '),
);

const TYPES: ReadonlySet<string> = new Set(
  'string number integer boolean array object null json_schema json_object text function custom grammar'.split(
    ' ',
  ),
);

/** Keywords below which other keys than keywords stand: names of properties and of definitions. */
const NAMED: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
  'dependentRequired',
]);
/** Keywords with words: names and choices. */
const WORDS: ReadonlySet<string> = new Set(['enum', 'const', 'required', 'name', 'dependentRequired']);
/** Keywords with a value of the data, not a schema. */
const DATA: ReadonlySet<string> = new Set(['default', 'examples', 'enum', 'const']);

/** The schema (or the response format with one in it) with its names, choices and prose passed through `redact`. */
export function redactSchema(schema: Json, redact: RedactText): Json {
  return walk(schema, '', redact);
}

/** @param keyword That the value stands under; '' at the top. */
function walk(value: Json, keyword: string, redact: RedactText): Json {
  if (typeof value === 'string') return stringOf(value, keyword, redact);
  if (Array.isArray(value)) return value.map((item) => walk(item, keyword, redact));
  if (!isObject(value)) return value;
  const isData = DATA.has(keyword);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (isData) return [redact(key, true), walk(item, keyword, redact)];
      if (NAMED.has(keyword))
        return [redact(key, true), walk(item, keyword === 'dependentRequired' ? keyword : '', redact)];
      return KEYWORDS.has(key) ? [key, walk(item, key, redact)] : [redact(key, true), walk(item, '', redact)];
    }),
  );
}

function stringOf(text: string, keyword: string, redact: RedactText): string {
  if (keyword === '$schema' || (keyword === 'type' && TYPES.has(text))) return text;
  if (keyword === '$ref' || keyword === '$dynamicRef') {
    // The last part names a definition, whose key is redacted by itself.
    const end = text.lastIndexOf('/') + 1;
    return text.slice(0, end) + (end === text.length ? '' : redact(text.slice(end), true));
  }
  return redact(text, WORDS.has(keyword));
}
