/**
 * JSON as bytes: where its values stand, found without reading them, in one pass. For what must be known of a body, or changed
 * in it, while the rest stays as it is, byte for byte.
 */

export const QUOTE = 0x22;
const BACKSLASH = 0x5c;
export const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

/** Where a value stands: its first byte, and just after its last. */
export type Range = readonly [start: number, end: number];

export function bufferOf(body: Uint8Array): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** The fields of the object that begins at `start`; all that come before what cannot be read. */
export function* fieldsOf(bytes: Buffer, start = skipSpace(bytes, 0)): Generator<readonly [string, Range]> {
  if (bytes[start] !== OPEN_OBJECT) return;
  let i = skipSpace(bytes, start + 1);
  while (bytes[i] === QUOTE) {
    const nameEnd = stringEnd(bytes, i);
    if (nameEnd < 0) return;
    const name = textOf(bytes, i, nameEnd);
    const colon = skipSpace(bytes, nameEnd);
    if (name === null || bytes[colon] !== COLON) return;
    const value = skipSpace(bytes, colon + 1);
    const end = valueEnd(bytes, value);
    if (end < 0) return;
    yield [name, [value, end]];
    const after = skipSpace(bytes, end);
    if (bytes[after] !== COMMA) return;
    i = skipSpace(bytes, after + 1);
  }
}

/** The items of the list that begins at `start`; all that come before what cannot be read. */
export function* itemsOf(bytes: Buffer, start: number): Generator<Range> {
  if (bytes[start] !== OPEN_LIST) return;
  let i = skipSpace(bytes, start + 1);
  while (i < bytes.length && bytes[i] !== CLOSE_LIST) {
    const end = valueEnd(bytes, i);
    if (end < 0) return;
    yield [i, end];
    const after = skipSpace(bytes, end);
    if (bytes[after] !== COMMA) return;
    i = skipSpace(bytes, after + 1);
  }
}

/** Just after the value that begins at `start`; -1 where it does not end. What stands in it is not checked. */
function valueEnd(bytes: Buffer, start: number): number {
  const first = bytes[start];
  if (first === QUOTE) return stringEnd(bytes, start);
  if (first !== OPEN_OBJECT && first !== OPEN_LIST) {
    let i = start;
    while (i < bytes.length && !ENDS_A_WORD.has(bytes[i]!)) i++;
    return i > start ? i : -1;
  }
  let depth = 0;
  for (let i = start; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      i = stringEnd(bytes, i) - 1;
      if (i < 0) return -1;
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
    else if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && --depth === 0) return i + 1;
  }
  return -1;
}

const ENDS_A_WORD: ReadonlySet<number> = new Set([
  COMMA,
  COLON,
  CLOSE_OBJECT,
  CLOSE_LIST,
  0x20,
  0x09,
  0x0a,
  0x0d,
]);

/** Just after the string that begins at `start`; -1 where it does not end. */
export function stringEnd(bytes: Buffer, start: number): number {
  let i = start + 1;
  while (true) {
    const quote = bytes.indexOf(QUOTE, i);
    if (quote < 0) return -1;
    let slashes = 0;
    while (quote - 1 - slashes > start && bytes[quote - 1 - slashes] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return quote + 1;
    i = quote + 1;
  }
}

export function skipSpace(bytes: Buffer, start: number): number {
  let i = start;
  while (i < bytes.length && (bytes[i] === 0x20 || (bytes[i]! >= 0x09 && bytes[i]! <= 0x0d))) i++;
  return i;
}

/** Null for what is no JSON string. */
export function textOf(bytes: Buffer, start: number, end: number): string | null {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8', start, end));
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

/** Whether JSON holds more than `most` values, lists and objects counted: what reading it takes in memory. */
export function holdsMoreValues(body: Uint8Array, most: number): boolean {
  // Each value but the first takes a byte for itself and one for what stands before it.
  if (body.length < most) return false;
  const bytes = bufferOf(body);
  let count = 1;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === COMMA || byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (++count > most) return true;
    } else if (byte === QUOTE) {
      const end = stringEnd(bytes, i);
      if (end < 0) return false;
      i = end - 1;
    }
  }
  return false;
}
