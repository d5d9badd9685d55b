/**
 * The encoder with LoRA on its linear layers (Hu et al. 2021, arXiv 2106.09685), as ONNX nodes: what the trainer
 * differentiates and what serves, so that both agree by construction. The LoRA matrices are inputs of the graph: one
 * session over one copy of the weights serves every specialist of a process.
 * Activations are [tokens, hidden], the tokens of all texts one after another without padding; only attention sees a
 * padded layout. Query, key and value are one linear layer.
 * Does not: tokenise (bert.ts), differentiate or train (train/encoder).
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { UnderstudyError } from '../../core/errors.ts';
import { CONTRIB, float, GraphBuilder, type Value } from '../formats/onnx.ts';
import type { Safetensor } from '../formats/safetensors.ts';
import type { BertConfig } from './bert.ts';

/** The linear layers of a block: query, key and value as one; attention's output; the two of the feed-forward. */
export const BERT_LINEARS = ['attention', 'attention_output', 'intermediate', 'output'] as const;
export type BertLinear = (typeof BERT_LINEARS)[number];

interface LinearWeights {
  /** [out, in] */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

interface Norm {
  readonly gain: Float32Array;
  readonly bias: Float32Array;
}

export interface BertWeights {
  readonly config: BertConfig;
  /** Width of the feed-forward. */
  readonly intermediate: number;
  readonly words: Safetensor;
  /** The kind of token (always the first one) is added in. */
  readonly positions: Safetensor;
  readonly embeddingNorm: Norm;
  readonly blocks: readonly (Readonly<Record<BertLinear, LinearWeights>> & {
    readonly attentionNorm: Norm;
    readonly outputNorm: Norm;
  })[];
}

/** @throws UnderstudyError 'corrupt' where a tensor is missing. */
export function bertWeights(config: BertConfig, tensors: ReadonlyMap<string, Safetensor>): BertWeights {
  const tensor = (name: string): Safetensor => {
    const found = tensors.get(name) ?? tensors.get(`bert.${name}`);
    if (found) return found;
    throw new UnderstudyError('corrupt', `The encoder's weights lack ${name}.`, {
      hint: 'Delete the folder and download it again.',
    });
  };
  const linear = (name: string): LinearWeights => ({
    weight: tensor(`${name}.weight`).data,
    bias: tensor(`${name}.bias`).data,
  });
  const norm = (name: string): Norm => ({
    gain: tensor(`${name}.weight`).data,
    bias: tensor(`${name}.bias`).data,
  });
  const positions = tensor('embeddings.position_embeddings.weight');
  const kind = tensor('embeddings.token_type_embeddings.weight').data;
  return {
    config,
    intermediate: tensor('encoder.layer.0.intermediate.dense.bias').data.length,
    words: tensor('embeddings.word_embeddings.weight'),
    positions: { ...positions, data: positions.data.map((value, i) => value + kind[i % config.hidden]!) },
    embeddingNorm: norm('embeddings.LayerNorm'),
    blocks: Array.from({ length: config.layers }, (_, layer) => {
      const p = `encoder.layer.${layer}`;
      const parts = ['query', 'key', 'value'].map((part) => linear(`${p}.attention.self.${part}`));
      return {
        attention: {
          weight: joined(parts.map(({ weight }) => weight)),
          bias: joined(parts.map(({ bias }) => bias)),
        },
        attention_output: linear(`${p}.attention.output.dense`),
        intermediate: linear(`${p}.intermediate.dense`),
        output: linear(`${p}.output.dense`),
        attentionNorm: norm(`${p}.attention.output.LayerNorm`),
        outputNorm: norm(`${p}.output.LayerNorm`),
      };
    }),
  };
}

function joined(arrays: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    out.set(array, at);
    at += array.length;
  }
  return out;
}

/** LoRA matrices of every linear layer of every block: the tuned layer is y = x Wᵀ + (x Aᵀ) Bᵀ. */
export interface Tuning {
  readonly rank: number;
  /** Flat, in the order of tuningLayout. */
  readonly parameters: Float32Array;
}

export interface TuningMatrix {
  readonly name: string;
  readonly part: 'a' | 'b';
  readonly rows: number;
  readonly cols: number;
  /** First element in the flat array. */
  readonly offset: number;
}

const matrixName = (layer: number, linear: BertLinear, part: 'a' | 'b'): string =>
  `layer.${layer}.${linear}.lora_${part}`;

/** All matrices in order: A [rank, in] and B [out, rank] of each layer; together they fill the flat array. */
export function tuningLayout(weights: BertWeights, rank: number): readonly TuningMatrix[] {
  const layout: TuningMatrix[] = [];
  let offset = 0;
  for (const layer of weights.blocks.keys())
    for (const linear of BERT_LINEARS) {
      const { inner, out } = linearSize(weights, linear);
      layout.push({ name: matrixName(layer, linear, 'a'), part: 'a', rows: rank, cols: inner, offset });
      offset += rank * inner;
      layout.push({ name: matrixName(layer, linear, 'b'), part: 'b', rows: out, cols: rank, offset });
      offset += out * rank;
    }
  return layout;
}

export function tuningLength(layout: readonly TuningMatrix[]): number {
  return layout.reduce((sum, { rows, cols }) => sum + rows * cols, 0);
}

function linearSize(
  weights: BertWeights,
  linear: BertLinear,
): { readonly inner: number; readonly out: number } {
  const { hidden } = weights.config;
  const wide = weights.intermediate;
  switch (linear) {
    case 'attention':
      return { inner: hidden, out: 3 * hidden };
    case 'attention_output':
      return { inner: hidden, out: hidden };
    case 'intermediate':
      return { inner: hidden, out: wide };
    case 'output':
      return { inner: wide, out: hidden };
  }
}

/** Texts as the graph's inputs, the tokens of all one after another. */
export interface PackedTexts {
  /** Words of the vocabulary, and places in their text. [tokens] */
  readonly ids: BigInt64Array;
  readonly positions: BigInt64Array;
  /** Token of each cell of the padded layout, the first one for padding. [texts · longest] */
  readonly pad: BigInt64Array;
  /** Cell of each token. [tokens] */
  readonly unpad: BigInt64Array;
  /** 1 where a cell holds a token. [texts · longest] */
  readonly padMask: Float32Array;
  /** Added to the scores of keys: far below zero where a key is padding. [texts · longest] */
  readonly keyMask: Float32Array;
  /** 1/length where a token belongs to a text: mean pooling as one multiplication. [texts, tokens] */
  readonly pool: Float32Array;
  readonly texts: number;
  readonly tokens: number;
  readonly longest: number;
}

export function packTexts(texts: readonly (readonly number[])[]): PackedTexts {
  const tokens = texts.reduce((sum, { length }) => sum + length, 0);
  const longest = Math.max(...texts.map(({ length }) => length));
  const cells = texts.length * longest;
  const ids = new BigInt64Array(tokens);
  const positions = new BigInt64Array(tokens);
  const pad = new BigInt64Array(cells);
  const unpad = new BigInt64Array(tokens);
  const padMask = new Float32Array(cells);
  const keyMask = new Float32Array(cells).fill(-1e30);
  const pool = new Float32Array(texts.length * tokens);
  let token = 0;
  texts.forEach((text, t) => {
    text.forEach((id, i) => {
      const cell = t * longest + i;
      ids[token] = BigInt(id);
      positions[token] = BigInt(i);
      pad[cell] = BigInt(token);
      unpad[token] = BigInt(cell);
      padMask[cell] = 1;
      keyMask[cell] = 0;
      pool[t * tokens + token] = 1 / text.length;
      token++;
    });
  });
  return { ids, positions, pad, unpad, padMask, keyMask, pool, texts: texts.length, tokens, longest };
}

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

/** The feeds of bertForward for these texts. */
export function packedFeeds(packed: PackedTexts, config: BertConfig): Record<string, Tensor> {
  const { texts, tokens, longest } = packed;
  const cells = texts * longest;
  const split = [texts, longest, 3, config.heads, config.hidden / config.heads];
  return {
    ids: new Tensor('int64', packed.ids, [tokens]),
    positions: new Tensor('int64', packed.positions, [tokens]),
    pad: new Tensor('int64', packed.pad, [cells]),
    unpad: new Tensor('int64', packed.unpad, [tokens]),
    keyMask: new Tensor('float32', packed.keyMask, [texts, 1, 1, longest]),
    pool: new Tensor('float32', packed.pool, [texts, tokens]),
    split: new Tensor('int64', BigInt64Array.from(split, BigInt), [5]),
  };
}

export interface TunedBert {
  /** One unit vector per tokenised text, in order, by the encoder with these LoRA matrices. */
  embed(texts: readonly (readonly number[])[], tuning: Tuning): Promise<Float32Array[]>;
  /** The unit vector and the state of each token, [tokens, hidden], of a text in windows. */
  read(
    text: WindowedText,
    tuning: Tuning,
  ): Promise<{ readonly vector: Float32Array; readonly states: Float32Array }>;
  close(): Promise<void>;
}

/** A text that is read in windows: tokens of each, and how much each counts in the text's vector. */
export interface WindowedText {
  readonly windows: readonly (readonly number[])[];
  readonly shares: readonly number[];
}

/** Mean pooling over the windows of each text, weighted by their shares: [texts, tokens]. */
export function windowPool(texts: readonly WindowedText[]): Float32Array {
  const tokens = texts.reduce((sum, { windows }) => sum + windows.reduce((n, ids) => n + ids.length, 0), 0);
  const pool = new Float32Array(texts.length * tokens);
  let at = 0;
  texts.forEach(({ windows, shares }, t) => {
    const total = windows.reduce((sum, ids, w) => sum + ids.length * shares[w]!, 0);
    windows.forEach((ids, w) => {
      pool.fill(shares[w]! / total, t * tokens + at, t * tokens + at + ids.length);
      at += ids.length;
    });
  });
  return pool;
}

export async function loadTunedBert(
  weights: BertWeights,
  options: InferenceSession.SessionOptions,
): Promise<TunedBert> {
  const g = new GraphBuilder('tuned-bert');
  const { hidden } = weights.config;
  const tape = bertForward(g, weights, 1);
  g.output(tape.vectors, 'float32', ['texts', hidden], 'vectors');
  g.output(tape.states, 'float32', ['tokens', hidden], 'states');
  const session = await InferenceSession.create(g.toBytes(), options);
  const tunedFeeds = ({ rank, parameters }: Tuning): Record<string, Tensor> =>
    Object.fromEntries(
      tuningLayout(weights, rank).map(({ name, rows, cols, offset }) => [
        name,
        new Tensor('float32', parameters.subarray(offset, offset + rows * cols), [rows, cols]),
      ]),
    );
  return {
    embed: async (texts, tuning) => {
      const feeds = { ...packedFeeds(packTexts(texts), weights.config), ...tunedFeeds(tuning) };
      const vectors = (await session.run(feeds, ['vectors'])).vectors?.data as Float32Array;
      return texts.map((_, i) => vectors.slice(i * hidden, (i + 1) * hidden));
    },
    read: async (text, tuning) => {
      const packed = packTexts(text.windows);
      const out = await session.run({
        ...packedFeeds(packed, weights.config),
        pool: new Tensor('float32', windowPool([text]), [1, packed.tokens]),
        ...tunedFeeds(tuning),
      });
      return { vector: out.vectors?.data as Float32Array, states: out.states?.data as Float32Array };
    },
    close: () => session.release(),
  };
}
