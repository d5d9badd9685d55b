/** JSON as a type, its canonical text (sorted keys), which hashes and comparisons rest on, and how deep it may be. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/**
 * Levels that a JSON text may have. JSON.stringify, and every walk over a value, calls itself once a level: some
 * thousands of them end the stack, and the parser alone has no limit. No dialect or schema needs a tenth of this.
 */
export const MAX_DEPTH = 256;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value's JSON text with object keys sorted at every level and no white space: equal values, equal text. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (isObject(value)) {
    const entries = Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`);
    return `{${entries.join(',')}}`;
  }
  return JSON.stringify(value);
}

/**
 * What JSON may begin with (RFC 8259: white space, then a value). Answers are mostly texts and labels: to parse one and throw
 * its error away takes some hundred times as long as to see that it is none.
 */
const BEGINNING = /^[ \t\n\r]*(?:["[{\d-]|true|false|null)/;

/** The parsed text, or undefined where it is not JSON or has more than MAX_DEPTH levels. Takes a text alone, so that it can be mapped with. */
export function parseJson(text: string): Json | undefined {
  if (!BEGINNING.test(text)) return undefined;
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  // A text of n characters has at most n / 2 levels that are closed again.
  return text.length > 2 * MAX_DEPTH && isDeeper(value, MAX_DEPTH) ? undefined : value;
}

/** Whether arrays and objects stand in one another more than `levels` times. */
function isDeeper(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (isDeeper(item, levels - 1)) return true;
    return false;
  }
  for (const key of Object.keys(value)) if (isDeeper(value[key]!, levels - 1)) return true;
  return false;
}

/**
 * A JSON value as text: strings, numbers, true, false and null as String writes them, the rest as JSON. String asks an object for its
 * own `toString`, which is a caller's to write, and throws where that is no function.
 */
export const plainText = (value: Json | undefined): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
