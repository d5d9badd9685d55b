/**
 * Reads GGUF files (ggml-org/ggml, docs/gguf.md, versions 2 and 3): the metadata at once, tensors one by one
 * from their place in the file, as float32.
 * Does not: know any architecture (that is for who asks), or write (write.ts).
 */

import { closeSync, fstatSync } from 'node:fs';
import { UnderstudyError } from '../../../core/errors.ts';
import { openModelFile, readBytes } from '../files.ts';
import { dequantise, tensorBytes } from './dequantise.ts';

/** 64-bit integers come as numbers: nothing in these files needs more than 53 bits. */
export type GgufValue = string | number | boolean | readonly GgufValue[];

export interface GgufTensor {
  readonly name: string;
  /** As ggml counts: the first dimension is the one whose neighbours lie side by side (row length). */
  readonly dims: readonly number[];
  /** ggml's type number. */
  readonly type: number;
  /** From the start of the file. */
  readonly offset: number;
}

export interface GgufFile {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** Row-major weights. @throws UnderstudyError 'corrupt' (missing or cut off), 'unsupported' (format). */
  tensor(name: string): Float32Array;
  close(): void;
}

/** @throws UnderstudyError 'unavailable' (no such file), 'corrupt' (not a GGUF file). */
export function openGguf(path: string): GgufFile {
  const file = openModelFile(path);
  try {
    const header = readHeader(file, path);
    return {
      ...header,
      tensor: (name) => readTensor(file, path, header.tensors.get(name), name),
      close: () => closeSync(file),
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function corrupt(path: string, what: string): UnderstudyError {
  return new UnderstudyError('corrupt', `${path} is not a whole GGUF file: ${what}.`, {
    hint: 'Delete the file and download it again.',
  });
}

function readTensor(file: number, path: string, info: GgufTensor | undefined, name: string): Float32Array {
  if (!info) throw corrupt(path, `it has no tensor ${name}`);
  const count = info.dims.reduce((product, dim) => product * dim, 1);
  const bytes = partOf(file, path, info.offset, tensorBytes(info.type, count), `the tensor ${name}`);
  // Whole float32 tensors need no conversion: the bytes are the numbers (all supported machines are little-endian).
  return info.type === 0 ? new Float32Array(bytes.buffer) : dequantise(info.type, bytes, count);
}

function partOf(file: number, path: string, at: number, length: number, what: string): Buffer<ArrayBuffer> {
  try {
    return readBytes(file, at, length);
  } catch (error) {
    throw error instanceof RangeError ? corrupt(path, `${what} is cut off`) : error;
  }
}

/** The header's length is not known beforehand: read more until it parses. */
function readHeader(file: number, path: string): Pick<GgufFile, 'metadata' | 'tensors'> {
  const size = fstatSync(file).size;
  for (let length = 1 << 20; ; length *= 4) {
    const bytes = readBytes(file, 0, Math.min(length, size));
    try {
      return parseHeader(bytes, path);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      if (bytes.length === size) throw corrupt(path, 'its header is cut off');
    }
  }
}

function parseHeader(bytes: Uint8Array, path: string): Pick<GgufFile, 'metadata' | 'tensors'> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder();
  let at = 0;
  /** Moves on by `length` bytes and returns where they begin. */
  const take = (length: number): number => {
    at += length;
    return at - length;
  };
  const u32 = (): number => view.getUint32(take(4), true);
  const u64 = (): number => Number(view.getBigUint64(take(8), true));
  const string = (): string => {
    const length = u64();
    if (at + length > bytes.length) throw new RangeError('beyond the bytes read');
    at += length;
    return decoder.decode(bytes.subarray(at - length, at));
  };
  const value = (type: number): GgufValue => {
    switch (type) {
      case 0:
        return view.getUint8(take(1));
      case 1:
        return view.getInt8(take(1));
      case 2:
        return view.getUint16(take(2), true);
      case 3:
        return view.getInt16(take(2), true);
      case 4:
        return u32();
      case 5:
        return view.getInt32(take(4), true);
      case 6:
        return view.getFloat32(take(4), true);
      case 7:
        return view.getUint8(take(1)) !== 0;
      case 8:
        return string();
      case 9: {
        const of = u32();
        const items: GgufValue[] = [];
        for (let left = u64(); left > 0; left--) items.push(value(of));
        return items;
      }
      case 10:
        return u64();
      case 11:
        return Number(view.getBigInt64(take(8), true));
      case 12:
        return view.getFloat64(take(8), true);
      default:
        throw corrupt(path, `unknown metadata type ${type}`);
    }
  };
  if (u32() !== 0x46554747) throw corrupt(path, 'it does not begin with GGUF');
  const version = u32();
  if (version !== 2 && version !== 3) throw corrupt(path, `version ${version} is not known`);
  const tensorCount = u64();
  const metadataCount = u64();
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < metadataCount; i++) {
    const key = string();
    metadata.set(key, value(u32()));
  }
  const infos: GgufTensor[] = [];
  for (let i = 0; i < tensorCount; i++) {
    const name = string();
    const dims = Array.from({ length: u32() }, u64);
    infos.push({ name, dims, type: u32(), offset: u64() });
  }
  const alignment = Number(metadata.get('general.alignment') ?? 32);
  const start = Math.ceil(at / alignment) * alignment;
  return {
    metadata,
    tensors: new Map(infos.map((info) => [info.name, { ...info, offset: info.offset + start }])),
  };
}
