/**
 * Reads safetensors files (8 bytes of header length, a JSON header, then raw little-endian tensors) as float32.
 * Does not: know any architecture.
 */

import { closeSync, fstatSync } from 'node:fs';
import { UnderstudyError } from '../../core/errors.ts';
import { isObject, parseJson } from '../../core/json.ts';
import { openModelFile, readBytes } from './files.ts';

export interface Safetensor {
  readonly dims: readonly number[];
  /** Row-major. */
  readonly data: Float32Array;
}

interface Entry {
  readonly dims: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** Longer headers than this are not a model of ours; the limit keeps a broken file from asking for gigabytes. */
const MAX_HEADER = 16 * 1024 * 1024;

/**
 * The tensors of a file, all read into memory. Only F32 is known: the encoder's file has nothing else that is used.
 * @throws UnderstudyError 'unavailable' (no such file), 'corrupt'.
 */
export function readSafetensors(path: string): ReadonlyMap<string, Safetensor> {
  const file = openModelFile(path);
  try {
    const size = fstatSync(file).size;
    const head = Number(read(file, 0, 8, size, path).readBigUInt64LE(0));
    if (head > MAX_HEADER) throw corrupt(path);
    const header = parseJson(read(file, 8, head, size, path).toString('utf8'));
    if (!isObject(header)) throw corrupt(path);
    const tensors = new Map<string, Safetensor>();
    for (const [name, value] of Object.entries(header)) {
      const entry = entryOf(value, path);
      if (entry === null) continue;
      const bytes = read(file, 8 + head + entry.start, entry.end - entry.start, size, path);
      // A copy of its own: a Float32Array must begin at a multiple of four, and files promise no such thing.
      const data = new Float32Array(new Uint8Array(bytes).buffer);
      if (data.length !== entry.dims.reduce((product, dim) => product * dim, 1)) throw corrupt(path);
      tensors.set(name, { dims: entry.dims, data });
    }
    return tensors;
  } finally {
    closeSync(file);
  }
}

/** Null for what is not a float tensor (the metadata, integer buffers). */
function entryOf(value: unknown, path: string): Entry | null {
  if (!isObject(value) || value.dtype !== 'F32') return null;
  const { shape, data_offsets: offsets } = value;
  if (!Array.isArray(shape) || !Array.isArray(offsets)) throw corrupt(path);
  const [start, end] = offsets.map(Number);
  if (start === undefined || end === undefined || !(start >= 0 && end >= start)) throw corrupt(path);
  return { dims: shape.map(Number), start, end };
}

function read(file: number, at: number, length: number, size: number, path: string): Buffer {
  if (at + length > size) throw corrupt(path);
  return readBytes(file, at, length);
}

function corrupt(path: string): UnderstudyError {
  return new UnderstudyError('corrupt', `${path} is not a whole safetensors file.`, {
    hint: 'Delete the file and download it again.',
  });
}
