/**
 * The encoder with LoRA on its linear layers, as ONNX nodes: what the trainer differentiates and what serves, so that both
 * agree by construction. Activations are [tokens, hidden]; only attention sees a padded layout.
 * Does not: differentiate (train/encoder).
 */
import { CONTRIB, float, type GraphBuilder, type Value } from '../formats/onnx.ts';
import { linearSize, matrixName, tuningLayout } from './bert-tuning.ts';
import type { BertLinear, BertWeights, Norm } from './bert-weights.ts';

/** What the backward pass needs of a layer norm, a linear layer and a block. */
export interface NormTape {
  readonly x: Value;
  readonly mean: Value;
  readonly inverse: Value;
  readonly gain: Value;
}

export interface LinearTape {
  readonly x: Value;
  /** x Aᵀ [tokens, rank] */
  readonly u: Value;
  readonly weight: Value;
  readonly a: Value;
  readonly b: Value;
}

export interface BlockTape {
  readonly linear: Readonly<Record<BertLinear, LinearTape>>;
  readonly attentionNorm: NormTape;
  readonly outputNorm: NormTape;
  /** In attention's layout, [1, texts, heads, longest, headSize]. */
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
  readonly scores: Value;
  readonly mixed: Value;
  /** Before the GELU, and Φ of it. */
  readonly wide: Value;
  readonly cdf: Value;
}

export interface ForwardTape {
  /** [tokens, hidden], of the last block. */
  readonly states: Value;
  /** [texts, hidden], of unit length. */
  readonly vectors: Value;
  /** Length of each mean, [texts, 1]. */
  readonly norms: Value;
  readonly blocks: readonly BlockTape[];
}

/**
 * Adds the inputs of packTexts and the LoRA matrices to the graph, and the forward pass up to the vectors.
 * @param loraScale What (x Aᵀ) Bᵀ is multiplied by: above 1 while training, so that small steps go far.
 */
export function bertForward(g: GraphBuilder, weights: BertWeights, loraScale: number): ForwardTape {
  const { hidden, heads } = weights.config;
  const scale = float(loraScale);
  const store = (name: string, dims: readonly number[], data: Float32Array): Value =>
    g.initializer(name, { type: 'float32', dims, data });
  const ids = g.input('ids', 'int64', ['tokens']);
  const positions = g.input('positions', 'int64', ['tokens']);
  const pad = g.input('pad', 'int64', ['cells']);
  const unpad = g.input('unpad', 'int64', ['tokens']);
  const keyMask = g.input('keyMask', 'float32', ['sequences', 1, 1, 'longest']);
  const pool = g.input('pool', 'float32', ['texts', 'tokens']);
  const split = g.input('split', 'int64', [5]);
  for (const { name, part, rows, cols } of tuningLayout(weights, 1))
    g.input(name, 'float32', part === 'a' ? ['rank', cols] : [rows, 'rank']);

  const norm = (
    x: Value,
    { gain, bias }: Norm,
    name: string,
  ): { readonly y: Value; readonly tape: NormTape } => {
    const gainValue = store(`${name}.gain`, [hidden], gain);
    const [y, mean, inverse] = g.nodeOutputs(
      'LayerNormalization',
      [x, gainValue, store(`${name}.bias`, [hidden], bias)],
      3,
      { axis: -1, epsilon: float(weights.config.epsilon) },
    );
    return { y: y!, tape: { x, mean: mean!, inverse: inverse!, gain: gainValue } };
  };
  const matmul = (a: Value, b: Value, attributes: Parameters<GraphBuilder['node']>[2] = {}): Value =>
    g.node('FusedMatMul', [a, b], attributes, { domain: CONTRIB });

  const words = g.node('Gather', [store('words', weights.words.dims, weights.words.data), ids]);
  const places = g.node('Gather', [
    store('places', weights.positions.dims, weights.positions.data),
    positions,
  ]);
  let x = norm(g.node('Add', [words, places]), weights.embeddingNorm, 'embeddings').y;
  const blocks = weights.blocks.map((block, layer): BlockTape => {
    const tapes: Partial<Record<BertLinear, LinearTape>> = {};
    const linear = (name: BertLinear, input: Value): Value => {
      const { inner, out } = linearSize(weights, name);
      const weight = store(`layer.${layer}.${name}.weight`, [out, inner], block[name].weight);
      const bias = store(`layer.${layer}.${name}.bias`, [out], block[name].bias);
      const [a, b] = [matrixName(layer, name, 'a'), matrixName(layer, name, 'b')];
      const u = g.node('Gemm', [input, a], { transB: 1 });
      tapes[name] = { x: input, u, weight, a, b };
      return g.node('Gemm', [u, b, g.node('Gemm', [input, weight, bias], { transB: 1 })], {
        transB: 1,
        alpha: scale,
      });
    };
    // [cells, 3 · hidden] → [3, texts, heads, longest, headSize] → one each.
    const projected = g.node('Gather', [linear('attention', x), pad], { axis: 0 });
    const parts = g.node('Transpose', [g.node('Reshape', [projected, split])], { perm: [2, 0, 3, 1, 4] });
    const [query, key, value] = g.nodeOutputs('Split', [parts], 3, { axis: 0, num_outputs: 3 });
    const raw = matmul(query!, key!, { transB: 1, alpha: float(1 / Math.sqrt(hidden / heads)) });
    const scores = g.node('Softmax', [g.node('Add', [raw, keyMask])], { axis: -1 });
    const mixed = matmul(scores, value!);
    const rows = g.node('Reshape', [
      g.node('Transpose', [mixed], { perm: [0, 1, 3, 2, 4] }),
      g.ints([-1, hidden]),
    ]);
    const context = g.node('Gather', [rows, unpad], { axis: 0 });
    const attended = norm(
      g.node('Add', [linear('attention_output', context), x]),
      block.attentionNorm,
      `layer.${layer}.attention.norm`,
    );
    // GELU, exactly: z Φ(z).
    const wide = linear('intermediate', attended.y);
    const erf = g.node('Erf', [g.node('Mul', [wide, g.scalar(Math.SQRT1_2)])]);
    const cdf = g.node('Mul', [g.node('Add', [erf, g.scalar(1)]), g.scalar(0.5)]);
    const narrow = linear('output', g.node('Mul', [wide, cdf]));
    const end = norm(g.node('Add', [narrow, attended.y]), block.outputNorm, `layer.${layer}.output.norm`);
    x = end.y;
    return {
      linear: tapes as Record<BertLinear, LinearTape>,
      attentionNorm: attended.tape,
      outputNorm: end.tape,
      query: query!,
      key: key!,
      value: value!,
      scores,
      mixed,
      wide,
      cdf,
    };
  });
  const means = g.node('MatMul', [pool, x]);
  const norms = g.node('ReduceL2', [means, g.ints([-1])], { keepdims: 1 });
  return { states: x, vectors: g.node('Div', [means, norms]), norms, blocks };
}
