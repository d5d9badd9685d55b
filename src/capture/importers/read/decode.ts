/**
 * From the bytes of a file to its text: gzip by its magic number (several members too), UTF-8 and UTF-16 of both byte
 * orders, with a byte order mark or without. Tells by its first bytes what a file is that cannot be text.
 */
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { messageOf, UnderstudyError } from '../../../core/errors.ts';

/** First bytes of files that hold no text, and what they are. */
const MAGIC: readonly (readonly [magic: string, what: string])[] = [
  ['PAR1', 'a Parquet file'],
  ['PK\x03\x04', 'a ZIP archive'],
  ['\x28\xb5\x2f\xfd', 'a Zstandard archive'],
  ['BZh', 'a bzip2 archive'],
  ['\xfd7zXZ', 'an xz archive'],
  ['ARROW1', 'an Arrow file'],
  ['SQLite format 3', 'an SQLite database'],
  ['%PDF', 'a PDF'],
  ['\x89PNG', 'an image'],
  ['\xff\xd8\xff', 'an image'],
  ['GGUF', 'a GGUF model'],
];

/** What a file is by its first bytes, where it holds no text; null where it may. */
export function binaryKind(head: Buffer): string | null {
  const start = head.toString('latin1', 0, 16);
  const known = MAGIC.find(([magic]) => start.startsWith(magic));
  if (known) return known[1];
  // Text in UTF-16 has its zeros at every other place, and JSON begins with an ASCII character.
  const zeros = head.subarray(0, 64).filter((byte) => byte === 0).length;
  return zeros > 0 && utf16Of(head) === null ? 'a binary file' : null;
}

function utf16Of(head: Buffer): 'little' | 'big' | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'little';
  if (head[0] === 0xfe && head[1] === 0xff) return 'big';
  if (head.length < 4) return null;
  if (head[0] !== 0 && head[1] === 0 && head[2] !== 0 && head[3] === 0) return 'little';
  if (head[0] === 0 && head[1] !== 0 && head[2] === 0 && head[3] !== 0) return 'big';
  return null;
}

/** Text from chunks of bytes, cut anywhere; without the byte order mark. Bytes that are no text become U+FFFD. */
export function textDecoder(): { push(bytes: Buffer): string; end(): string } {
  let decoder: StringDecoder | null = null;
  let swap = false;
  let rest: Buffer = Buffer.alloc(0);
  let begun = false;

  const decode = (bytes: Buffer): string => {
    if (decoder === null) {
      const utf16 = utf16Of(bytes);
      swap = utf16 === 'big';
      decoder = new StringDecoder(utf16 === null ? 'utf8' : 'utf16le');
    }
    let units = bytes;
    if (swap) {
      const even = bytes.length - (bytes.length % 2);
      rest = Buffer.from(bytes.subarray(even));
      units = Buffer.from(bytes.subarray(0, even)).swap16();
    }
    const text = decoder.write(units);
    if (begun || text === '') return text;
    begun = true;
    return text.startsWith('\uFEFF') ? text.slice(1) : text;
  };
  return {
    push(bytes) {
      const all = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes;
      rest = Buffer.alloc(0);
      // The first four bytes tell the encoding.
      if (decoder === null && all.length < 4) {
        rest = Buffer.from(all);
        return '';
      }
      return decode(all);
    },
    end() {
      const last = decoder === null ? decode(rest) : '';
      return last + (decoder?.end() ?? '');
    },
  };
}

/** A piece of a file's text, and how many of the file's own bytes have been read by then. */
interface TextPiece {
  readonly text: string;
  readonly bytesRead: number;
}

/** What ended a file early; the text before it has been read. */
export class DamagedFile extends Error {}

/** The first bytes of a file, unpacked. @throws UnderstudyError 'unavailable' where it cannot be read. */
export async function headOf(path: string): Promise<Buffer> {
  for await (const { bytes } of bytesOf(path, 4096)) return bytes;
  return Buffer.alloc(0);
}

/**
 * The text of a file, piece by piece.
 * @throws UnderstudyError 'unavailable' where the file cannot be read, DamagedFile where its compression breaks off.
 */
export async function* textOf(path: string): AsyncGenerator<TextPiece> {
  const decoder = textDecoder();
  let bytesRead = 0;
  for await (const piece of bytesOf(path, 256 * 1024)) {
    bytesRead = piece.bytesRead;
    yield { text: decoder.push(piece.bytes), bytesRead };
  }
  yield { text: decoder.end(), bytesRead };
}

async function* bytesOf(
  path: string,
  chunk: number,
): AsyncGenerator<{ readonly bytes: Buffer; readonly bytesRead: number }> {
  let packed = false;
  try {
    packed = isGzip(path);
    const file = createReadStream(path, { highWaterMark: chunk });
    const bytes = packed ? file.pipe(createGunzip({ chunkSize: chunk })) : file;
    // A pipe hands on no errors.
    if (packed) file.on('error', (error) => bytes.destroy(error));
    try {
      for await (const piece of bytes) yield { bytes: piece as Buffer, bytesRead: file.bytesRead };
    } finally {
      file.destroy();
      bytes.destroy();
    }
  } catch (cause) {
    if (packed && cause instanceof Error && 'code' in cause && String(cause.code).startsWith('Z_')) {
      throw new DamagedFile(messageOf(cause));
    }
    throw new UnderstudyError('unavailable', `${path} cannot be read: ${messageOf(cause)}`, {
      hint: 'Check that the file is there and may be read.',
      cause,
    });
  }
}

function isGzip(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const magic = Buffer.alloc(2);
    readSync(file, magic, 0, 2, 0);
    return magic[0] === 0x1f && magic[1] === 0x8b;
  } finally {
    closeSync(file);
  }
}
