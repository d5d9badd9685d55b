/**
 * A tool as a few lines for a small model to read: a line for each argument instead of JSON Schema, which takes half as
 * many tokens again. All that the schema says is there: what has no short way of writing stays JSON.
 */
import type { Tool } from '../core/call.ts';
import { isObject, type Json, type JsonObject, plainText } from '../core/json.ts';

/** `name: description`, then a line for each argument: `name: type = default, description`, with `name?` if optional. */
export function toolText({ name, description, parameters }: Tool): string {
  const head = description === '' ? name : `${name}: ${oneLine(description)}`;
  return [head, ...(fieldsOf(parameters) ?? [JSON.stringify(parameters)])].join('\n');
}

/** The properties of an object's schema; null where it says more than that, or something else. */
function fieldsOf(schema: Json): string[] | null {
  if (!isObject(schema)) return null;
  const { type, properties = {}, required = [], additionalProperties = false, ...rest } = schema;
  const plain = type === 'object' && additionalProperties === false && Object.keys(rest).length === 0;
  if (!plain || !isObject(properties) || !Array.isArray(required)) return null;
  if (!required.every((name) => Object.hasOwn(properties, plainText(name)))) return null;
  return Object.entries(properties).map(([name, property]) => {
    const argument = `${name}${required.includes(name) ? '' : '?'}`;
    if (!isObject(property)) return `${argument}: ${JSON.stringify(property)}`;
    const { description, default: fallback, ...own } = property;
    const value = fallback === undefined ? '' : ` = ${JSON.stringify(fallback)}`;
    const about = typeof description === 'string' ? `, ${oneLine(description)}` : '';
    return `${argument}: ${typeOf(own)}${value}${about}`;
  });
}

function typeOf(schema: JsonObject): string {
  const { type, enum: values, items, ...rest } = schema;
  const fields = fieldsOf(schema);
  if (fields !== null) return fields.length === 0 ? 'object' : `{ ${fields.join('; ')} }`;
  if (typeof type !== 'string' || Object.keys(rest).length > 0) return JSON.stringify(schema);
  if (values === undefined && items === undefined) return type;
  if (Array.isArray(values) && items === undefined)
    return values.map((each) => JSON.stringify(each)).join('|');
  return type === 'array' && isObject(items) && values === undefined
    ? `${typeOf(items)}[]`
    : JSON.stringify(schema);
}

const oneLine = (text: string): string => text.trim().replace(/\s+/g, ' ');
