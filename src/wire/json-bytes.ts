/** What can be told of JSON from its bytes in one pass, without reading it. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const LIST = 0x5b;
const OBJECT = 0x7b;

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

/** Whether JSON holds more than `most` values, lists and objects counted: what reading it takes in memory. */
export function holdsMoreValues(body: Uint8Array, most: number): boolean {
  // Each value but the first takes a byte for itself and one for what stands before it.
  if (body.length < most) return false;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  let count = 1;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === COMMA || byte === LIST || byte === OBJECT) {
      if (++count > most) return true;
    } else if (byte === QUOTE) {
      const end = stringEnd(bytes, i);
      if (end < 0) return false;
      i = end - 1;
    }
  }
  return false;
}
