/**
 * A copy of a GGUF model in the format that llama.cpp multiplies fastest on a CPU. Its kernels for Q4_1 are plain:
 * measured on SmolLM2-135M, Q8_0 reads prompts 2.4 times as fast (831 tokens/s instead of 339 on two cores) and
 * writes 1.4 times as fast, for 45 MB more on disk. Next to float16 weights its answers are as close as those of
 * Q4_1 (same first choice on 93 % and 94 % of 350 tokens of plain text): the noise is that of 8-bit activations.
 * Does not: serve, or convert models of other formats.
 */

import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readBytes } from '../formats/files.ts';
import { tensorBytes } from '../formats/gguf/dequantise.ts';
import { type GgufFile, type GgufTensor, openGguf } from '../formats/gguf/read.ts';

const Q4_1 = 3;
export const Q8_0 = 8;
const BLOCK = 32;
const BLOCK_BYTES = 34;
const ALIGNMENT = 32;

/**
 * The file to serve for this model: the copy, made at the first call (a few seconds), or the model itself where it needs
 * none or the folder cannot be written to.
 * @param dir Folder of copies. Default: that of the model.
 */
export function servingCopy(path: string, dir = dirname(path)): string {
  const copy = join(dir, `${basename(path, '.gguf')}.serving.gguf`);
  if (existsSync(copy)) return copy;
  const file = openGguf(path);
  const part = `${copy}.${process.pid}.part`;
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (![...file.tensors.values()].some((tensor) => tensor.type === Q4_1)) return path;
    for (const _ of copySteps(file, path, part, (tensor) => servedAs(file, tensor)));
    renameSync(part, copy);
    return copy;
  } catch {
    rmSync(part, { force: true });
    return path;
  } finally {
    file.close();
  }
}

/** What a tensor of a copy is: its type, and its weights where they are not those of the model's file. */
export interface CopiedTensor {
  readonly type: number;
  /** In float32; null: the bytes as they are. */
  readonly weights: (() => Float32Array) | null;
}

/**
 * Writes a copy of a model, tensor by tensor; yields after each, so that the caller may let others have their turn.
 * Metadata stay as they are, byte for byte: everything before the first tensor's entry in the header.
 */
export function* copySteps(
  file: GgufFile,
  path: string,
  target: string,
  copied: (tensor: GgufTensor) => CopiedTensor,
): Generator<void> {
  const tensors = [...file.tensors.values()];
  const dataStart = Math.min(...tensors.map((tensor) => tensor.offset));
  const source = openSync(path, 'r');
  const out = openSync(target, 'w', 0o600);
  try {
    const head = readBytes(source, 0, dataStart);
    const entries = head.indexOf(
      Buffer.from(entry(tensors[0]!, tensors[0]!.type, tensors[0]!.offset - dataStart)),
    );
    if (entries < 0) throw new RangeError('the header is not laid out as expected');
    const parts: Uint8Array[] = [head.subarray(0, entries)];
    let offset = 0;
    for (const tensor of tensors) {
      const { type } = copied(tensor);
      parts.push(entry(tensor, type, offset));
      offset = aligned(offset + tensorBytes(type, countOf(tensor)));
    }
    let at = 0;
    const write = (bytes: Uint8Array): void => {
      for (let done = 0; done < bytes.length; ) done += writeSync(out, bytes, done);
      at += bytes.length;
      const gap = aligned(at) - at;
      if (gap > 0) at += writeSync(out, new Uint8Array(gap));
    };
    write(Buffer.concat(parts));
    for (const tensor of tensors) {
      const { type, weights } = copied(tensor);
      write(
        weights === null
          ? readBytes(source, tensor.offset, tensorBytes(tensor.type, countOf(tensor)))
          : encoded(type, weights()),
      );
      yield;
    }
  } finally {
    closeSync(source);
    closeSync(out);
  }
}

function encoded(type: number, weights: Float32Array): Uint8Array {
  if (type === Q8_0) return toQ8_0(weights);
  return new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);
}

/** What is multiplied fastest: Q4_1 in Q8_0, everything else as it is. */
export function servedAs(file: GgufFile, tensor: GgufTensor): CopiedTensor {
  if (tensor.type !== Q4_1) return { type: tensor.type, weights: null };
  return { type: Q8_0, weights: () => file.tensor(tensor.name) };
}

function countOf({ dims }: GgufTensor): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** A tensor's entry in the header. */
function entry(tensor: GgufTensor, type: number, offset: number): Uint8Array {
  const name = Buffer.from(tensor.name);
  const bytes = Buffer.alloc(8 + name.length + 4 + 8 * tensor.dims.length + 4 + 8);
  let at = bytes.writeBigUInt64LE(BigInt(name.length), 0);
  at += name.copy(bytes, at);
  at = bytes.writeUInt32LE(tensor.dims.length, at);
  for (const dim of tensor.dims) at = bytes.writeBigUInt64LE(BigInt(dim), at);
  at = bytes.writeUInt32LE(type, at);
  bytes.writeBigUInt64LE(BigInt(offset), at);
  return bytes;
}

/** Blocks of 32 weights: a float16 scale (the largest magnitude over 127), then a byte each (ggml-quants.c). */
function toQ8_0(weights: Float32Array): Uint8Array {
  const blocks = weights.length / BLOCK;
  const out = new Uint8Array(blocks * BLOCK_BYTES);
  const view = new DataView(out.buffer);
  for (let b = 0; b < blocks; b++) {
    let largest = 0;
    for (let i = 0; i < BLOCK; i++) largest = Math.max(largest, Math.abs(weights[b * BLOCK + i]!));
    const scale = largest / 127;
    view.setFloat16(b * BLOCK_BYTES, scale, true);
    if (scale === 0) continue;
    for (let i = 0; i < BLOCK; i++)
      view.setInt8(b * BLOCK_BYTES + 2 + i, Math.round(weights[b * BLOCK + i]! / scale));
  }
  return out;
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}
