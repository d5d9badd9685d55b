/**
 * Arrays of numbers with a header in one file: a magic line, the header's length and the header as JSON, then the arrays, 4
 * bytes a number. The format of the models that Understudy makes itself.
 * Does not: know what the arrays are.
 */
import { readFile } from 'node:fs/promises';
import { messageOf, UnderstudyError } from '../../core/errors.ts';

export interface ArraysFile<Header> {
  readonly header: Header;
  floats(name: string): Float32Array;
  ints(name: string): Uint32Array;
  has(name: string): boolean;
}

/** @param magic First line, with its line end. */
export function encodeArrays(
  magic: string,
  header: object,
  arrays: Readonly<Record<string, Float32Array | Uint32Array>>,
): Uint8Array {
  const text = JSON.stringify({
    ...header,
    arrays: Object.entries(arrays).map(([name, array]) => [name, array.length]),
  });
  const head = Buffer.from(`${magic}${Buffer.byteLength(text)}\n${text}`);
  const padding = Buffer.alloc((4 - (head.length % 4)) % 4);
  return Buffer.concat([
    head,
    padding,
    ...Object.values(arrays).map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength)),
  ]);
}

/** The arrays in a file. @param what As decodeArrays. @throws UnderstudyError 'not-found', 'corrupt'. */
export async function readArrays<Header>(
  path: string,
  magic: string,
  what: string,
): Promise<ArraysFile<Header>> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new UnderstudyError('not-found', `The model file ${path} cannot be read: ${messageOf(cause)}`, {
      hint: 'Train the specialist again with `understudy learn`.',
      status: 404,
      cause,
    });
  }
  return decodeArrays<Header>(bytes, magic, what);
}

/** The inverse of encodeArrays. @param what For the message: 'a linear model'. @throws UnderstudyError 'corrupt'. */
export function decodeArrays<Header>(bytes: Uint8Array, magic: string, what: string): ArraysFile<Header> {
  const corrupt = (why: string, cause?: unknown): UnderstudyError =>
    new UnderstudyError('corrupt', `This is not ${what}: ${why}.`, {
      hint: 'Train the specialist again with `understudy learn`.',
      cause,
    });
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.toString('latin1', 0, magic.length) !== magic) throw corrupt('it does not begin like one');
  const lineEnd = buffer.indexOf(10, magic.length);
  const length = Number(buffer.toString('latin1', magic.length, lineEnd));
  let header: Header & { readonly arrays: readonly (readonly [string, number])[] };
  try {
    header = JSON.parse(buffer.toString('utf8', lineEnd + 1, lineEnd + 1 + length)) as typeof header;
  } catch (cause) {
    throw corrupt(messageOf(cause), cause);
  }
  let at = Math.ceil((lineEnd + 1 + length) / 4) * 4;
  const parts = new Map<string, ArrayBuffer>();
  for (const [name, count] of header.arrays) {
    const end = at + count * 4;
    if (end > buffer.length) throw corrupt('it is cut short');
    parts.set(name, new Uint8Array(buffer.subarray(at, end)).buffer);
    at = end;
  }
  return {
    header,
    floats: (name) => new Float32Array(parts.get(name) ?? new ArrayBuffer(0)),
    ints: (name) => new Uint32Array(parts.get(name) ?? new ArrayBuffer(0)),
    has: (name) => parts.has(name),
  };
}
