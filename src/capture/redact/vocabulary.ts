/** The agent's own words in a request, which are nobody's personal data: a surrogate must not stand for them. */
import type { CallRequest } from '../../core/call.ts';
import { isObject, type Json } from '../../core/json.ts';

/** A system prompt with this many addresses has a list to choose from, not the address of one user. */
const DIRECTORY = 3;
const ADDRESS = /[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,4}[a-z]{2,24}/gi;
const MAX_DEPTH = 64;

/**
 * Strings that are vocabulary in a request: names of tools, property names and the values of `enum` and `const` in the
 * schemas of tools and of the response format, and the addresses that a system prompt gives to choose from. In the
 * order of the request, which decides nothing: two calls of one call site have equal sets.
 */
export function vocabularyOf(request: CallRequest): Set<string> {
  const words = new Set<string>();
  for (const tool of request.tools) {
    words.add(tool.name);
    addSchema(tool.parameters, words, 0);
  }
  if (request.responseFormat) addSchema(request.responseFormat, words, 0);
  for (const { role, content } of request.messages) {
    if (role !== 'system') continue;
    const addresses = new Set(content.match(ADDRESS) ?? []);
    if (addresses.size >= DIRECTORY) for (const address of addresses) words.add(address);
  }
  words.delete('');
  return words;
}

function addSchema(schema: Json, words: Set<string>, depth: number): void {
  if (depth > MAX_DEPTH) return;
  if (Array.isArray(schema)) {
    for (const item of schema) addSchema(item, words, depth + 1);
    return;
  }
  if (!isObject(schema)) return;
  for (const [name, value] of Object.entries(schema)) {
    if (name === 'enum' && Array.isArray(value)) {
      for (const item of value) if (typeof item === 'string') words.add(item);
    } else if (name === 'const' && typeof value === 'string') words.add(value);
    else if (name === 'properties' && isObject(value)) {
      for (const [property, inner] of Object.entries(value)) {
        words.add(property);
        addSchema(inner, words, depth + 1);
      }
    } else {
      if (name === 'name' && typeof value === 'string' && 'schema' in schema) words.add(value);
      addSchema(value, words, depth + 1);
    }
  }
}
