/**
 * Writes GGUF files (version 3) with float32 or float16 tensors: LoRA adapters, and the tiny models of tests.
 * The file appears whole or not at all.
 */
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';

/** A metadata value with its GGUF type. */
export type GgufField =
  | { readonly string: string }
  | { readonly uint32: number }
  | { readonly float32: number }
  | { readonly bool: boolean }
  | { readonly strings: readonly string[] }
  | { readonly int32s: readonly number[] }
  | { readonly float32s: readonly number[] };

export interface GgufTensorData {
  readonly name: string;
  /** As ggml counts: row length first. */
  readonly dims: readonly number[];
  readonly format: 'F32' | 'F16';
  /** Row-major. */
  readonly data: Float32Array;
}

const ALIGNMENT = 32;

/** Writes beside `path` first, then renames: a killed process leaves no half file under the name. */
export function writeGguf(
  path: string,
  metadata: Readonly<Record<string, GgufField>>,
  tensors: readonly GgufTensorData[],
): void {
  const file = openSync(`${path}.part`, 'w', 0o600);
  try {
    let at = 0;
    const write = (bytes: Uint8Array): void => {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      at += bytes.length;
    };
    const pad = (): void => write(new Uint8Array(padding(at)));
    write(header(metadata, tensors));
    pad();
    for (const tensor of tensors) {
      const data = tensor.format === 'F16' ? new Float16Array(tensor.data) : tensor.data;
      write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      pad();
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.part`, path);
}

function padding(length: number): number {
  return (ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT;
}

function header(
  metadata: Readonly<Record<string, GgufField>>,
  tensors: readonly GgufTensorData[],
): Uint8Array {
  const parts: Uint8Array[] = [];
  const number = (size: number, set: (view: DataView) => void): void => {
    const view = new DataView(new ArrayBuffer(size));
    set(view);
    parts.push(new Uint8Array(view.buffer));
  };
  const u32 = (value: number): void => number(4, (view) => view.setUint32(0, value, true));
  const u64 = (value: number): void => number(8, (view) => view.setBigUint64(0, BigInt(value), true));
  const f32 = (value: number): void => number(4, (view) => view.setFloat32(0, value, true));
  const string = (value: string): void => {
    const bytes = new TextEncoder().encode(value);
    u64(bytes.length);
    parts.push(bytes);
  };
  const array = <T>(type: number, items: readonly T[], write: (item: T) => void): void => {
    u32(9);
    u32(type);
    u64(items.length);
    for (const item of items) write(item);
  };
  u32(0x46554747);
  u32(3);
  u64(tensors.length);
  u64(Object.keys(metadata).length);
  for (const [key, field] of Object.entries(metadata)) {
    string(key);
    if ('string' in field) {
      u32(8);
      string(field.string);
    } else if ('uint32' in field) {
      u32(4);
      u32(field.uint32);
    } else if ('float32' in field) {
      u32(6);
      f32(field.float32);
    } else if ('bool' in field) {
      u32(7);
      parts.push(Uint8Array.of(field.bool ? 1 : 0));
    } else if ('strings' in field) array(8, field.strings, string);
    else if ('float32s' in field) array(6, field.float32s, f32);
    else array(5, field.int32s, (item) => number(4, (view) => view.setInt32(0, item, true)));
  }
  let offset = 0;
  for (const tensor of tensors) {
    string(tensor.name);
    u32(tensor.dims.length);
    for (const dim of tensor.dims) u64(dim);
    u32(tensor.format === 'F16' ? 1 : 0);
    u64(offset);
    const bytes = tensor.data.length * (tensor.format === 'F16' ? 2 : 4);
    offset += bytes + padding(bytes);
  }
  return Buffer.concat(parts);
}
