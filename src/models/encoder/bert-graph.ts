/**
 * The encoder as an ONNX graph for padded batches, without LoRA.
 * Does not: tokenise, or pool (bert.ts).
 */
import { UnderstudyError } from '../../core/errors.ts';
import { CONTRIB, float, GraphBuilder, type Value } from '../formats/onnx.ts';
import type { Safetensor } from '../formats/safetensors.ts';
import type { BertConfig } from './read-bert.ts';

/**
 * The graph. Inputs: ids int64 [batch, width], positions int64 [width], lengths int32 [batch] (tokens that are not
 * padding, which stands at the right). Output: states float32 [batch, width, hidden].
 * ONNX Runtime's fused operators do attention, the residual norms and the exact (erf) GELU.
 */
export function bertGraph(config: BertConfig, weights: ReadonlyMap<string, Safetensor>): Uint8Array {
  const { hidden, layers, heads } = config;
  const g = new GraphBuilder('bert');
  const weight = (name: string): Safetensor => {
    const found = weights.get(name) ?? weights.get(`bert.${name}`);
    if (found === undefined)
      throw new UnderstudyError('corrupt', `The encoder's weights lack ${name}.`, {
        hint: 'Delete the folder and download it again.',
      });
    return found;
  };
  const constant = (name: string): Value => {
    const { dims, data } = weight(name);
    return g.initializer(name, { type: 'float32', dims, data });
  };
  const epsilon = float(config.epsilon);
  const ids = g.input('ids', 'int64', ['batch', 'width']);
  const positions = g.input('positions', 'int64', ['width']);
  const lengths = g.input('lengths', 'int32', ['batch']);

  const words = g.node('Gather', [constant('embeddings.word_embeddings.weight'), ids]);
  const places = g.node('Gather', [constant('embeddings.position_embeddings.weight'), positions]);
  // All tokens are of the first kind: there is never a second sentence.
  const kind = g.initializer('embeddings.first_type', {
    type: 'float32',
    dims: [hidden],
    data: weight('embeddings.token_type_embeddings.weight').data.slice(0, hidden),
  });
  const summed = g.node('Add', [g.node('Add', [words, places]), kind]);
  let x = g.node(
    'LayerNormalization',
    [summed, constant('embeddings.LayerNorm.weight'), constant('embeddings.LayerNorm.bias')],
    { axis: -1, epsilon },
  );
  for (let i = 0; i < layers; i++) {
    const p = `encoder.layer.${i}`;
    const linear = (name: string, input: Value): Value => {
      const { dims, data } = weight(`${p}.${name}.weight`);
      const [out, inner] = dims as [number, number];
      const w = g.initializer(`${p}.${name}.weight`, {
        type: 'float32',
        dims: [inner, out],
        data: transpose(data, out, inner),
      });
      return g.node('MatMul', [input, w]);
    };
    const norm = (name: string, input: Value, skip: Value, bias: string): Value =>
      g.node(
        'SkipLayerNormalization',
        [
          input,
          skip,
          constant(`${p}.${name}.weight`),
          constant(`${p}.${name}.bias`),
          constant(`${p}.${bias}.bias`),
        ],
        { epsilon },
        { domain: CONTRIB },
      );
    const attended = g.node(
      'Attention',
      [x, ...attentionWeights(g, weight, `${p}.attention.self`, hidden), lengths],
      { num_heads: heads },
      { domain: CONTRIB },
    );
    x = norm(
      'attention.output.LayerNorm',
      linear('attention.output.dense', attended),
      x,
      'attention.output.dense',
    );
    const wide = g.node(
      'BiasGelu',
      [linear('intermediate.dense', x), constant(`${p}.intermediate.dense.bias`)],
      {},
      { domain: CONTRIB },
    );
    x = norm('output.LayerNorm', linear('output.dense', wide), x, 'output.dense');
  }
  g.output(x, 'float32', ['batch', 'width', hidden], 'states');
  return g.toBytes();
}

/** The fused operator takes query, key and value side by side: weights [hidden, 3·hidden], bias [3·hidden]. */
function attentionWeights(
  g: GraphBuilder,
  weight: (name: string) => Safetensor,
  prefix: string,
  hidden: number,
): readonly Value[] {
  const data = new Float32Array(hidden * 3 * hidden);
  const bias = new Float32Array(3 * hidden);
  ['query', 'key', 'value'].forEach((part, k) => {
    const w = weight(`${prefix}.${part}.weight`).data;
    for (let o = 0; o < hidden; o++)
      for (let i = 0; i < hidden; i++) data[i * 3 * hidden + k * hidden + o] = w[o * hidden + i]!;
    bias.set(weight(`${prefix}.${part}.bias`).data, k * hidden);
  });
  return [
    g.initializer(`${prefix}.weight`, { type: 'float32', dims: [hidden, 3 * hidden], data }),
    g.initializer(`${prefix}.bias`, { type: 'float32', dims: [3 * hidden], data: bias }),
  ];
}

function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]!;
  return out;
}
