/**
 * The models that a request's JSON names: every value of a top-level `model`, since readers differ in which of two equal
 * names they take. One pass over the bytes, whatever their number; nothing else is read.
 */
import { stringEnd } from './json-bytes.ts';

const QUOTE = 0x22;
const COLON = 0x3a;

/** Empty where the bytes are no JSON object with such a field, or one of them is no text. */
export function modelNames(body: Uint8Array): readonly string[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const names: string[] = [];
  let depth = 0;
  let i = 0;
  while (i < bytes.length) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      const end = stringEnd(bytes, i);
      if (end < 0) return [];
      if (depth === 1) {
        const colon = skipSpace(bytes, end);
        if (bytes[colon] === COLON) {
          const value = skipSpace(bytes, colon + 1);
          if (textOf(bytes, i, end) === 'model') {
            const valueEnd = bytes[value] === QUOTE ? stringEnd(bytes, value) : -1;
            const name = valueEnd < 0 ? null : textOf(bytes, value, valueEnd);
            if (name === null) return [];
            names.push(name);
            i = valueEnd;
            continue;
          }
          i = value;
          continue;
        }
      }
      i = end;
      continue;
    }
    if (byte === 0x7b || byte === 0x5b) {
      // A list at the top has no fields.
      if (depth === 0 && byte === 0x5b) return [];
      depth++;
    } else if (byte === 0x7d || byte === 0x5d) depth--;
    i++;
  }
  return names;
}

function skipSpace(bytes: Buffer, start: number): number {
  let i = start;
  while (i < bytes.length && (bytes[i] === 0x20 || (bytes[i]! >= 0x09 && bytes[i]! <= 0x0d))) i++;
  return i;
}

/** Null for what is no JSON string. */
function textOf(bytes: Buffer, start: number, end: number): string | null {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8', start, end));
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
