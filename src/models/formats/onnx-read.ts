/**
 * Reads from an ONNX file what its weights are: the stored tensors, and which nodes take them. The counterpart of
 * onnx.ts, with the same field numbers (onnx.proto of onnx/onnx).
 * Does not: read attributes or shapes of values, external data, or run anything.
 */
import { UnderstudyError } from '../../core/errors.ts';

export interface StoredTensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** TensorProto.DataType: 1 float32, 2 uint8, 3 int8, 6 int32, 7 int64. */
  readonly type: number;
  /** Little-endian and row-major, a copy; numbers that are stored one by one as int32 must be 8-bit ones. */
  readonly bytes: Uint8Array;
}

export interface StoredNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
}

export interface StoredGraph {
  readonly nodes: readonly StoredNode[];
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** @throws UnderstudyError 'corrupt' where the bytes are no ONNX model. */
export function readOnnx(bytes: Uint8Array): StoredGraph {
  const nodes: StoredNode[] = [];
  const tensors = new Map<string, StoredTensor>();
  try {
    for (const { field: inModel, value: graph } of fields(bytes)) {
      if (inModel !== 7 || typeof graph === 'number') continue;
      for (const { field, value } of fields(graph)) {
        if (typeof value === 'number') continue;
        if (field === 1) nodes.push(node(value));
        if (field === 5) {
          const read = tensor(value);
          tensors.set(read.name, read);
        }
      }
    }
  } catch (cause) {
    throw corrupt(cause);
  }
  if (nodes.length === 0) throw corrupt();
  return { nodes, tensors };
}

interface Field {
  readonly field: number;
  /** Bytes of a length-prefixed field, the four bytes of a fixed one, or the number of a varint. */
  readonly value: Uint8Array | number;
}

/** The fields of a message, in order. Every step goes forward, so it ends. */
function* fields(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 2 ** 63) throw new RangeError('a number that does not end');
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new RangeError('a field longer than its message');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = varint();
    const field = Math.floor(key / 8);
    const wire = key % 8;
    if (wire === 0) yield { field, value: varint() };
    else if (wire === 1) yield { field, value: take(8) };
    else if (wire === 2) yield { field, value: take(varint()) };
    else if (wire === 5) yield { field, value: take(4) };
    else throw new RangeError(`wire type ${wire}`);
  }
}

const decoder = new TextDecoder();

function node(bytes: Uint8Array): StoredNode {
  const inputs: string[] = [];
  let [name, op] = ['', ''];
  for (const { field, value } of fields(bytes)) {
    if (typeof value === 'number') continue;
    if (field === 1) inputs.push(decoder.decode(value));
    if (field === 3) name = decoder.decode(value);
    if (field === 4) op = decoder.decode(value);
  }
  return { name, op, inputs };
}

function tensor(bytes: Uint8Array): StoredTensor {
  const dims: number[] = [];
  let [name, type] = ['', 0];
  let data = new Uint8Array(0);
  for (const { field, value } of fields(bytes)) {
    // A list of numbers is packed into one field, or each has a field of its own.
    const list = typeof value === 'number' ? [value] : value;
    if (field === 1) dims.push(...(typeof value === 'number' ? [value] : varints(value)));
    else if (field === 2 && typeof value === 'number') type = value;
    else if (field === 4 && typeof value !== 'number') data = joined(data, value);
    else if (field === 5) data = joined(data, Uint8Array.from(Array.isArray(list) ? list : varints(list)));
    else if (field === 8 && typeof value !== 'number') name = decoder.decode(value);
    else if (field === 9 && typeof value !== 'number') data = value.slice();
  }
  return { name, dims, type, bytes: data };
}

function varints(bytes: Uint8Array): number[] {
  const out: number[] = [];
  let [value, shift] = [0, 1];
  for (const byte of bytes) {
    value += (byte & 127) * shift;
    shift *= 128;
    if (byte < 128) {
      out.push(value);
      [value, shift] = [0, 1];
    }
  }
  return out;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

function corrupt(cause?: unknown): UnderstudyError {
  return new UnderstudyError('corrupt', 'A model file is not a whole ONNX graph.', {
    hint: 'Delete the file and download it again.',
    cause,
  });
}
