/**
 * Builds ONNX graphs and writes them as protobuf bytes that ONNX Runtime loads, without a protobuf library:
 * a model uses a dozen message types, and the wire format is varints, fixed 32-bit floats and length-prefixed
 * bytes. Field numbers are those of onnx.proto (onnx/onnx, IR version 9).
 * Does not: check operators, types or shapes (ONNX Runtime does when it loads the graph) or run anything.
 */

/** The name of a value in the graph: an input, an initialiser, or the output of a node. '' leaves out an optional input. */
export type Value = string;

export type ElementType = 'float32' | 'uint8' | 'int8' | 'int32' | 'int64' | 'bool';

/** A dimension: a fixed size, or the name of one that varies from run to run. */
export type Dim = number | string;

export interface TensorData {
  readonly type: ElementType;
  readonly dims: readonly number[];
  /** Row-major. */
  readonly data: Float32Array | Int8Array | Int32Array | BigInt64Array | Uint8Array;
}

/**
 * A plain number is an int attribute and a list of them ints, because most attributes are.
 * Float attributes say so: `{ alpha: float(0.5) }`.
 */
export type Attribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly tensor: TensorData };

export type Attributes = Readonly<Record<string, Attribute>>;

/** Domain of ONNX Runtime's own operators (FusedMatMul, RotaryEmbedding, Gelu, …). */
export const CONTRIB = 'com.microsoft';

const ELEMENT: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
};

/** Marks a number as a float attribute. */
export function float(value: number): { readonly float: number } {
  return { float: value };
}

/**
 * A graph under construction. Nodes must be added in an order in which every input already exists.
 *
 * ```ts
 * const g = new GraphBuilder('mlp');
 * const x = g.input('x', 'float32', ['tokens', 576]);
 * const w = g.initializer('w', { type: 'float32', dims: [64, 576], data });
 * const y = g.node('Gemm', [x, w], { transB: 1 });
 * g.output(y, 'float32', ['tokens', 64], 'y');
 * const session = await InferenceSession.create(g.toBytes());
 * ```
 */
export class GraphBuilder {
  private readonly name: string;
  private readonly opset: number;
  private readonly inputs: Bytes[] = [];
  private readonly outputs: Bytes[] = [];
  private readonly nodes: Bytes[] = [];
  private readonly initializers: Bytes[] = [];
  private readonly constants = new Map<string, Value>();
  private next = 0;

  constructor(name: string, options: { readonly opset?: number } = {}) {
    this.name = name;
    this.opset = options.opset ?? 20;
  }

  /** Declares an input that every run must feed. */
  input(name: Value, type: ElementType, dims: readonly Dim[]): Value {
    this.inputs.push(valueInfo(name, type, dims));
    return name;
  }

  /** Stores a tensor in the model. The data is not copied until toBytes. */
  initializer(name: Value, tensor: TensorData): Value {
    this.initializers.push(tensorProto(tensor, name));
    return name;
  }

  /** A small int64 vector as a constant, stored once per content: axes, shapes, starts and ends of Slice. */
  ints(values: readonly number[]): Value {
    return this.constant(`i${values.join('_')}`, {
      type: 'int64',
      dims: [values.length],
      data: BigInt64Array.from(values, BigInt),
    });
  }

  /** A float32 scalar as a constant, stored once per value. */
  scalar(value: number): Value {
    return this.constant(`f${value}`, { type: 'float32', dims: [], data: Float32Array.of(value) });
  }

  /** Adds a node with one output and returns its name. */
  node(
    op: string,
    inputs: readonly Value[],
    attributes: Attributes = {},
    options: { readonly domain?: string; readonly output?: Value; readonly name?: string } = {},
  ): Value {
    const output = options.output ?? this.fresh(op);
    this.add(op, inputs, [output], attributes, options.domain ?? '', options.name);
    return output;
  }

  /** Adds a node with `count` outputs; `skip` lists the optional ones that are left out (their name is ''). */
  nodeOutputs(
    op: string,
    inputs: readonly Value[],
    count: number,
    attributes: Attributes = {},
    options: { readonly domain?: string; readonly skip?: readonly number[] } = {},
  ): readonly Value[] {
    const outputs = Array.from({ length: count }, (_, i) =>
      options.skip?.includes(i) ? '' : this.fresh(op),
    );
    this.add(op, inputs, outputs, attributes, options.domain ?? '');
    return outputs;
  }

  /** Makes a value an output of the graph, under `name` where given. Returns the output's name. */
  output(value: Value, type: ElementType, dims: readonly Dim[], name?: string): Value {
    const out =
      name === undefined || name === value ? value : this.node('Identity', [value], {}, { output: name });
    this.outputs.push(valueInfo(out, type, dims));
    return out;
  }

  /** The serialised model. Protobuf allows at most 2 GiB: feed larger weights as inputs. */
  toBytes(): Uint8Array {
    const graph = concat([
      ...this.nodes.map((node) => message(1, node)),
      text(2, this.name),
      ...this.initializers.map((tensor) => message(5, tensor)),
      ...this.inputs.map((info) => message(11, info)),
      ...this.outputs.map((info) => message(12, info)),
    ]);
    const model = concat([
      int(1, 9),
      text(2, 'understudy'),
      message(7, graph),
      message(8, concat([text(1, ''), int(2, this.opset)])),
      message(8, concat([text(1, CONTRIB), int(2, 1)])),
    ]);
    const bytes = new Uint8Array(model.length);
    let at = 0;
    for (const chunk of model.chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }

  private fresh(op: string): Value {
    return `${op}_${this.next++}`;
  }

  private constant(key: string, tensor: TensorData): Value {
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const name = this.initializer(`const_${key}`, tensor);
    this.constants.set(key, name);
    return name;
  }

  private add(
    op: string,
    inputs: readonly Value[],
    outputs: readonly Value[],
    attributes: Attributes,
    domain: string,
    name = `${op}_n${this.nodes.length}`,
  ): void {
    this.nodes.push(
      concat([
        ...inputs.map((input) => text(1, input)),
        ...outputs.map((output) => text(2, output)),
        text(3, name),
        text(4, op),
        ...Object.entries(attributes).map(([name, value]) => message(5, attributeProto(name, value))),
        ...(domain === '' ? [] : [text(7, domain)]),
      ]),
    );
  }
}

/** Serialised bytes as a list of chunks, so that weights are copied once, at the end. */
interface Bytes {
  readonly chunks: readonly Uint8Array[];
  readonly length: number;
}

const encoder = new TextEncoder();

function concat(parts: readonly Bytes[]): Bytes {
  return {
    chunks: parts.flatMap((part) => part.chunks),
    length: parts.reduce((sum, part) => sum + part.length, 0),
  };
}

function raw(chunk: Uint8Array): Bytes {
  return { chunks: [chunk], length: chunk.length };
}

/** Base-128 varint; negative numbers as 64-bit two's complement, as protobuf wants. */
function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 128n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Uint8Array.from(out);
}

function int(field: number, value: number): Bytes {
  return concat([raw(varint(field << 3)), raw(varint(value))]);
}

function float32(field: number, value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return concat([raw(varint((field << 3) | 5)), raw(bytes)]);
}

function message(field: number, body: Bytes): Bytes {
  return concat([raw(varint((field << 3) | 2)), raw(varint(body.length)), body]);
}

function text(field: number, value: string): Bytes {
  return message(field, raw(encoder.encode(value)));
}

function valueInfo(name: string, type: ElementType, dims: readonly Dim[]): Bytes {
  const shape = concat(dims.map((dim) => message(1, typeof dim === 'number' ? int(1, dim) : text(2, dim))));
  const tensor = concat([int(1, ELEMENT[type]), message(2, shape)]);
  return concat([text(1, name), message(2, message(1, tensor))]);
}

function tensorProto(tensor: TensorData, name?: string): Bytes {
  const { data } = tensor;
  return concat([
    ...tensor.dims.map((dim) => int(1, dim)),
    int(2, ELEMENT[tensor.type]),
    ...(name === undefined ? [] : [text(8, name)]),
    message(9, raw(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))),
  ]);
}

function attributeProto(name: string, value: Attribute): Bytes {
  const head = text(1, name);
  if (typeof value === 'number') return concat([head, int(3, value), int(20, 2)]);
  if (typeof value === 'string') return concat([head, text(4, value), int(20, 3)]);
  if ('float' in value) return concat([head, float32(2, value.float), int(20, 1)]);
  if ('floats' in value) return concat([head, ...value.floats.map((item) => float32(7, item)), int(20, 6)]);
  if ('tensor' in value) return concat([head, message(5, tensorProto(value.tensor)), int(20, 4)]);
  return concat([head, ...value.map((item) => int(8, item)), int(20, 7)]);
}
