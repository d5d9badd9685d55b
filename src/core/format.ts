/**
 * Response formats: where the schema stands, what of it tells a call site, and what of it decides which answers are
 * right. Agents write a name, today's choices and descriptions into their formats anew for each request: that is no other
 * place in their code.
 * Does not: check answers (route/check).
 */
import { contentHash } from './ids.ts';
import { canonicalJson, isObject, type Json, type JsonObject } from './json.ts';

/** The schema that a response format asks the answer to follow, in OpenAI's place for it or beside the type. */
export function schemaOfFormat(format: JsonObject | undefined): Json | undefined {
  const wrapper = format?.json_schema;
  return isObject(wrapper) ? (wrapper.schema ?? undefined) : (format?.schema ?? undefined);
}

/** 16 hex digits of a hash of the format's structure: its type, and the types and property names of its schema; '' for
 * free text. */
export function structureHash(format: JsonObject | undefined): string {
  if (format === undefined || format.type === 'text') return '';
  const schema = schemaOfFormat(format);
  const structure = schema === undefined ? null : reduced(schema, STRUCTURE);
  return contentHash(canonicalJson([format.type ?? null, structure]), 16);
}

/** The format without what changes no answer (names, descriptions, examples), as canonical text. */
export function constraintsOf(format: JsonObject | undefined): string {
  if (format === undefined) return '';
  const schema = schemaOfFormat(format);
  return canonicalJson([format.type ?? null, schema === undefined ? null : reduced(schema, CONSTRAINTS)]);
}

/** A tool's schema without what changes no answer (descriptions, examples), as canonical text. */
export const schemaConstraints = (schema: Json): string => canonicalJson(reduced(schema, CONSTRAINTS));

/** The choices that a schema leaves, as `path: choice|choice`, a line for each; '' where there are none. */
export function choicesOf(format: JsonObject | undefined): string {
  const lines: string[] = [];
  const walk = (schema: Json | undefined, path: string): void => {
    if (!isObject(schema)) return;
    const choices = Array.isArray(schema.enum)
      ? schema.enum
      : schema.const === undefined
        ? []
        : [schema.const];
    if (choices.length > 0)
      lines.push(
        `${path}: ${choices.map((choice) => (typeof choice === 'string' ? choice : JSON.stringify(choice))).join('|')}`,
      );
    for (const [name, child] of childrenOf(schema)) walk(child, NAMED.has(name.keyword) ? name.key : path);
  };
  walk(schemaOfFormat(format), 'answer');
  return lines.join('\n');
}

/** Keywords whose value is a schema, a list of them, or schemas by name. */
const ONE = new Set([
  'items',
  'additionalProperties',
  'not',
  'if',
  'then',
  'else',
  'contains',
  'additionalItems',
]);
const LIST = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems', 'items']);
const NAMED = new Set(['properties', '$defs', 'definitions', 'patternProperties', 'dependentSchemas']);

interface Place {
  readonly keyword: string;
  readonly key: string;
}

/** The schemas in a schema, with where they stand. */
function childrenOf(schema: JsonObject): [Place, Json][] {
  return Object.entries(schema).flatMap(([keyword, value]): [Place, Json][] => {
    if (NAMED.has(keyword) && isObject(value))
      return Object.entries(value).map(([key, child]) => [{ keyword, key }, child]);
    if (LIST.has(keyword) && Array.isArray(value))
      return value.map((child, i) => [{ keyword, key: String(i) }, child]);
    return ONE.has(keyword) && isObject(value) ? [[{ keyword, key: '' }, value]] : [];
  });
}

type Keep = (keyword: string) => boolean;
/** For the structure: besides the schemas in it, what type there is, and by which reference. */
const STRUCTURE: Keep = (keyword) => keyword === 'type' || keyword === '$ref';
const ANNOTATIONS = new Set(['title', 'description', 'default', 'examples', '$comment', '$id', '$schema']);
const CONSTRAINTS: Keep = (keyword) => !ANNOTATIONS.has(keyword);

/** The schema with its schemas, and of its other keywords those that are kept. */
function reduced(schema: Json, keep: Keep): Json {
  if (!isObject(schema)) return schema;
  const out: [string, Json][] = childrenOf(schema).map(([{ keyword, key }, child]) => [
    `${keyword}/${key}`,
    reduced(child, keep),
  ]);
  for (const [keyword, value] of Object.entries(schema)) {
    const isSchema = NAMED.has(keyword) || LIST.has(keyword) || (ONE.has(keyword) && isObject(value));
    if (!isSchema && keep(keyword)) out.push([keyword, value]);
  }
  return Object.fromEntries(out);
}
