/**
 * Turns the tensor formats of ggml into float32. Block layouts are those of ggml-quants.c (ggml-org/llama.cpp):
 * a block of 32 or 256 weights shares its scales.
 * Does not: quantise, or read files.
 */
import { UnderstudyError } from '../../../core/errors.ts';

interface Format {
  readonly name: string;
  /** Weights in a block, and bytes of a block. */
  readonly weights: number;
  readonly bytes: number;
  /** Writes the weights of the block that begins at byte `at` to `out` from `to`. */
  readonly block: (view: DataView, at: number, out: Float32Array, to: number) => void;
}

/** By ggml's type number. */
const FORMATS: Readonly<Record<number, Format>> = {
  0: {
    name: 'F32',
    weights: 1,
    bytes: 4,
    block: f32,
  },
  1: {
    name: 'F16',
    weights: 1,
    bytes: 2,
    block: f16,
  },
  2: { name: 'Q4_0', weights: 32, bytes: 18, block: q4_0 },
  3: { name: 'Q4_1', weights: 32, bytes: 20, block: q4_1 },
  6: { name: 'Q5_0', weights: 32, bytes: 22, block: q5_0 },
  7: { name: 'Q5_1', weights: 32, bytes: 24, block: q5_1 },
  8: { name: 'Q8_0', weights: 32, bytes: 34, block: q8_0 },
  12: { name: 'Q4_K', weights: 256, bytes: 144, block: q4_k },
  13: { name: 'Q5_K', weights: 256, bytes: 176, block: q5_k },
  14: { name: 'Q6_K', weights: 256, bytes: 210, block: q6_k },
  30: { name: 'BF16', weights: 1, bytes: 2, block: bf16 },
};

/** Name of a format, or null where it is not read here. */
export function formatName(type: number): string | null {
  return FORMATS[type]?.name ?? null;
}

/** Bytes that `count` weights take in a format. @throws UnderstudyError 'unsupported'. */
export function tensorBytes(type: number, count: number): number {
  const { weights, bytes } = formatOf(type);
  return (count / weights) * bytes;
}

/** The weights as float32. `bytes` holds exactly the tensor. @throws UnderstudyError 'unsupported'. */
export function dequantise(type: number, bytes: Uint8Array, count: number): Float32Array {
  const format = formatOf(type);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(count);
  for (let to = 0, at = 0; to < count; to += format.weights, at += format.bytes)
    format.block(view, at, out, to);
  return out;
}

function formatOf(type: number): Format {
  const format = FORMATS[type];
  if (!format) {
    throw new UnderstudyError(
      'unsupported',
      `The model file uses the tensor format ${type} of ggml, which is not read here.`,
      {
        hint: `Use a file in one of ${Object.values(FORMATS)
          .map((known) => known.name)
          .join(', ')}.`,
      },
    );
  }
  return format;
}

function f32(view: DataView, at: number, out: Float32Array, to: number): void {
  out[to] = view.getFloat32(at, true);
}

function f16(view: DataView, at: number, out: Float32Array, to: number): void {
  out[to] = view.getFloat16(at, true);
}

function bf16(view: DataView, at: number, out: Float32Array, to: number): void {
  bits[0] = view.getUint16(at, true) << 16;
  out[to] = asFloat[0]!;
}
const bits = new Uint32Array(1);
const asFloat = new Float32Array(bits.buffer);

function q4_0(view: DataView, at: number, out: Float32Array, to: number): void {
  const d = view.getFloat16(at, true);
  for (let j = 0; j < 16; j++) {
    const q = view.getUint8(at + 2 + j);
    out[to + j] = ((q & 15) - 8) * d;
    out[to + j + 16] = ((q >> 4) - 8) * d;
  }
}

function q4_1(view: DataView, at: number, out: Float32Array, to: number): void {
  const d = view.getFloat16(at, true);
  const m = view.getFloat16(at + 2, true);
  for (let j = 0; j < 16; j++) {
    const q = view.getUint8(at + 4 + j);
    out[to + j] = (q & 15) * d + m;
    out[to + j + 16] = (q >> 4) * d + m;
  }
}

function q5_0(view: DataView, at: number, out: Float32Array, to: number): void {
  const d = view.getFloat16(at, true);
  const high = view.getUint32(at + 2, true);
  for (let j = 0; j < 16; j++) {
    const q = view.getUint8(at + 6 + j);
    out[to + j] = (((q & 15) | (((high >>> j) & 1) << 4)) - 16) * d;
    out[to + j + 16] = (((q >> 4) | (((high >>> (j + 16)) & 1) << 4)) - 16) * d;
  }
}

function q5_1(view: DataView, at: number, out: Float32Array, to: number): void {
  const d = view.getFloat16(at, true);
  const m = view.getFloat16(at + 2, true);
  const high = view.getUint32(at + 4, true);
  for (let j = 0; j < 16; j++) {
    const q = view.getUint8(at + 8 + j);
    out[to + j] = ((q & 15) | (((high >>> j) & 1) << 4)) * d + m;
    out[to + j + 16] = ((q >> 4) | (((high >>> (j + 16)) & 1) << 4)) * d + m;
  }
}

function q8_0(view: DataView, at: number, out: Float32Array, to: number): void {
  const d = view.getFloat16(at, true);
  for (let j = 0; j < 32; j++) out[to + j] = view.getInt8(at + 2 + j) * d;
}

/** Eight sub-blocks of 32, each with a 6-bit scale and a 6-bit minimum packed into 12 bytes. */
function q4_k(view: DataView, at: number, out: Float32Array, to: number): void {
  scaledNibbles(view, at, at + 16, out, to, () => 0);
}

/** As Q4_K, with the fifth bits of all sub-blocks in 32 bytes before the low ones. */
function q5_k(view: DataView, at: number, out: Float32Array, to: number): void {
  scaledNibbles(view, at, at + 48, out, to, (s, l) => ((view.getUint8(at + 16 + l) >> s) & 1) << 4);
}

/** @param high What is above the low four bits of weight `l` of sub-block `s`. */
function scaledNibbles(
  view: DataView,
  at: number,
  nibbles: number,
  out: Float32Array,
  to: number,
  high: (s: number, l: number) => number,
): void {
  const d = view.getFloat16(at, true);
  const dmin = view.getFloat16(at + 2, true);
  const packed = (i: number): number => view.getUint8(at + 4 + i);
  for (let s = 0; s < 8; s++) {
    const scale = s < 4 ? packed(s) & 63 : (packed(s + 4) & 15) | ((packed(s - 4) >> 6) << 4);
    const min = s < 4 ? packed(s + 4) & 63 : (packed(s + 4) >> 4) | ((packed(s) >> 6) << 4);
    const from = nibbles + (s >> 1) * 32;
    for (let l = 0; l < 32; l++) {
      const q = view.getUint8(from + l);
      out[to + s * 32 + l] = d * scale * ((s & 1 ? q >> 4 : q & 15) | high(s, l)) - dmin * min;
    }
  }
}

/** Low four bits, high two bits, sixteen int8 scales, then the scale of all. */
function q6_k(view: DataView, at: number, out: Float32Array, to: number): void {
  const d = view.getFloat16(at + 208, true);
  for (let half = 0; half < 2; half++) {
    for (let part = 0; part < 4; part++) {
      for (let l = 0; l < 32; l++) {
        const low = view.getUint8(at + half * 64 + (part & 1) * 32 + l);
        const high = view.getUint8(at + 128 + half * 32 + l);
        const q = ((part < 2 ? low & 15 : low >> 4) | (((high >> (2 * part)) & 3) << 4)) - 32;
        const scale = view.getInt8(at + 192 + half * 8 + part * 2 + (l >> 4));
        out[to + half * 128 + part * 32 + l] = d * scale * q;
      }
    }
  }
}
