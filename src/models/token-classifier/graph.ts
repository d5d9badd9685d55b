/**
 * The token classifier's graph: a BERT and a linear layer over each token's state, with the blocks' products in 8-bit
 * integers or float32. One sequence a run: on one thread a batch is no faster, needs padding, and would give a text's
 * numbers a scale that depends on its neighbours.
 */
import { UnderstudyError } from '../../core/errors.ts';
import { int8Matrix, int8Product, int8Rows } from '../decoder/int8.ts';
import { CONTRIB, float, GraphBuilder, type Value } from '../formats/onnx.ts';
import type { Safetensor } from '../formats/safetensors.ts';
import type { ClassifierConfig } from './weights.ts';

export type Precision = 'int8' | 'float32';

/** Which layers a graph has: [from, to). */
export interface LayerRange {
  readonly from: number;
  readonly to: number;
}

/**
 * A part of the model. From the first layer on the inputs are ids int64 [1, width] and positions int64 [width], else
 * states float32 [1, width, hidden]; up to the last one the output is logits float32 [1, width, labels], else next, states again.
 */
export function classifierGraph(
  config: ClassifierConfig,
  tensors: ReadonlyMap<string, Safetensor>,
  precision: Precision,
  { from, to }: LayerRange,
): Uint8Array {
  const { hidden, layers, heads } = config;
  const g = new GraphBuilder('token-classifier');
  const tensor = (name: string): Safetensor => {
    const found = tensors.get(name);
    if (found === undefined)
      throw new UnderstudyError('corrupt', `The token classifier's weights lack ${name}.`, {
        hint: 'Delete its folder and download it again.',
      });
    return found;
  };
  const constant = (name: string): Value => {
    const { dims, data } = tensor(name);
    return g.initializer(name, { type: 'float32', dims, data });
  };
  const norm = (name: string, x: Value): Value =>
    g.node('LayerNormalization', [x, constant(`${name}.weight`), constant(`${name}.bias`)], {
      axis: -1,
      epsilon: float(config.epsilon),
    });
  const product = precision === 'int8' ? int8Linear : floatLinear;
  /** Several layers over one input share its conversion. */
  const linears = (names: readonly string[], x: Value): readonly Value[] =>
    product(
      g,
      x,
      names.map((name) => ({
        name,
        weight: tensor(`${name}.weight`),
        bias: constant(`${name}.bias`),
      })),
    );
  const linear = (name: string, x: Value): Value => linears([name], x)[0]!;

  const embedded = (): Value => {
    const ids = g.input('ids', 'int64', ['batch', 'width']);
    const positions = g.input('positions', 'int64', ['width']);
    const words = g.node('Gather', [constant('embeddings.word_embeddings.weight'), ids]);
    const places = g.node('Gather', [constant('embeddings.position_embeddings.weight'), positions]);
    // All tokens are of the first kind: there is never a second sentence.
    const kind = g.initializer('embeddings.first_type', {
      type: 'float32',
      dims: [hidden],
      data: tensor('embeddings.token_type_embeddings.weight').data.slice(0, hidden),
    });
    return norm('embeddings.LayerNorm', g.node('Add', [g.node('Add', [words, places]), kind]));
  };
  let x = from === 0 ? embedded() : g.input('states', 'float32', ['batch', 'width', hidden]);
  for (let i = from; i < to; i++) {
    const p = `encoder.layer.${i}`;
    const parts = ['query', 'key', 'value'].map((part) => `${p}.attention.self.${part}`);
    const attended = g.node(
      'MultiHeadAttention',
      [...linears(parts, x)],
      { num_heads: heads },
      { domain: CONTRIB },
    );
    const added = g.node('Add', [linear(`${p}.attention.output.dense`, attended), x]);
    x = norm(`${p}.attention.output.LayerNorm`, added);
    const wide = g.node('Gelu', [linear(`${p}.intermediate.dense`, x)], {}, { domain: CONTRIB });
    x = norm(`${p}.output.LayerNorm`, g.node('Add', [linear(`${p}.output.dense`, wide), x]));
  }
  if (to < layers) {
    g.output(x, 'float32', ['batch', 'width', hidden], 'next');
    return g.toBytes();
  }
  const classifier = {
    name: 'classifier',
    weight: tensor('classifier.weight'),
    bias: constant('classifier.bias'),
  };
  const [logits] = floatLinear(g, x, [classifier]);
  g.output(logits!, 'float32', ['batch', 'width', config.labels.length], 'logits');
  return g.toBytes();
}

interface Linear {
  readonly name: string;
  /** [out, in] */
  readonly weight: Safetensor;
  readonly bias: Value;
}

function floatLinear(g: GraphBuilder, x: Value, layers: readonly Linear[]): readonly Value[] {
  return layers.map(({ name, weight, bias }) => {
    const [out = 0, inner = 0] = weight.dims;
    const data = new Float32Array(out * inner);
    for (let o = 0; o < out; o++)
      for (let i = 0; i < inner; i++) data[i * out + o] = weight.data[o * inner + i]!;
    const w = g.initializer(`${name}.weight`, { type: 'float32', dims: [inner, out], data });
    return g.node('Add', [g.node('MatMul', [x, w]), bias]);
  });
}

/**
 * Each column of the weights has a scale, and each token: one scale for all tokens is a twentieth faster, and changes
 * the entities of twice as many texts.
 */
function int8Linear(g: GraphBuilder, x: Value, layers: readonly Linear[]): readonly Value[] {
  const rows = int8Rows(g, x);
  return layers.map(({ name, weight, bias }) => {
    const [out = 0, inner = 0] = weight.dims;
    const matrix = int8Matrix(weight.data, { out, in: inner }, 'forward');
    const w = g.initializer(`${name}.weight`, matrix.data);
    const scales = g.initializer(`${name}.scales`, matrix.scales);
    return g.node('Add', [int8Product(g, rows, w, scales), bias]);
  });
}
