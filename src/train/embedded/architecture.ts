/**
 * What a GGUF file's metadata say about the decoder in it: its sizes, and as data everything in which the supported
 * architectures differ, so that graph and reference read one description and never ask for a name. It follows
 * llama.cpp (ggml-org/llama.cpp, src/models/), which will serve the model. What it does not understand it refuses,
 * all at once and before any work.
 * Does not: read weights (weights.ts) or compute.
 */
import type { GgufFile } from '../../models/formats/gguf/read.ts';
import {
  isTrained,
  TRAINED_ARCHITECTURES,
  type TrainedArchitecture,
} from '../../models/weights/abilities.ts';
import { formatProblems, KeyReader, tensorProblems, unsupported } from './checks.ts';

/** The seven linear layers of a block, by ggml's names. */
export const LINEARS = [
  'attn_q',
  'attn_k',
  'attn_v',
  'attn_output',
  'ffn_gate',
  'ffn_up',
  'ffn_down',
] as const;
export type Linear = (typeof LINEARS)[number];

/** Linear layers of a block that read the same input, in the order in which they come. */
export const GROUPS = [
  ['attn_q', 'attn_k', 'attn_v'],
  ['attn_output'],
  ['ffn_gate', 'ffn_up'],
  ['ffn_down'],
] as const satisfies readonly (readonly Linear[])[];
export type Group = (typeof GROUPS)[number];

/**
 * f(z) = z σ(linear z + cubic z³). SiLU is (1, 0); GELU in its tanh form (Hendrycks and Gimpel 2016, arXiv
 * 1606.08415), ½ z (1 + tanh(√(2/π) (z + 0.044715 z³))), is the same with both factors doubled, since
 * ½ (1 + tanh u) = σ(2u).
 */
export interface Activation {
  readonly linear: number;
  readonly cubic: number;
}
const SILU: Activation = { linear: 1, cubic: 0 };
const GELU: Activation = { linear: 2 * Math.sqrt(2 / Math.PI), cubic: 2 * Math.sqrt(2 / Math.PI) * 0.044715 };

/** One way in which blocks attend; the blocks of a model share a few. */
export interface AttentionKind {
  /** By what angle each rotary pair turns from one position to the next, in radians [headSize / 2]. */
  readonly frequencies: readonly number[];
  /** A token sees itself and the window − 1 tokens before it; null: all before it. */
  readonly window: number | null;
}

/** Everything about a decoder but its weights. */
export interface DecoderShape {
  /** ggml's name. */
  readonly architecture: string;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly ffn: number;
  readonly vocab: number;
  readonly context: number;
  readonly normEps: number;
  /** Which elements of a head turn together: neighbours, or the i-th of its first and of its second half. */
  readonly rotaryPairs: 'neighbours' | 'halves';
  readonly kinds: readonly AttentionKind[];
  /** The kind of each block, as an index into `kinds`. */
  readonly kindOf: readonly number[];
  /** Scores are multiplied by it. */
  readonly attentionScale: number;
  readonly embeddingScale: number;
  readonly activation: Activation;
  /** Norms of each head's queries and keys, before they turn. */
  readonly headNorms: boolean;
  /** Norms of what attention and feed-forward give, before it is added to the stream. */
  readonly postNorms: boolean;
  /** Linear layers that have a bias. */
  readonly biases: readonly Linear[];
  /** Logits are cap · tanh(logits / cap); null: as they are. */
  readonly logitCap: number | null;
}

/** In what the architectures differ, whatever the file. */
interface Family {
  readonly rotaryPairs: DecoderShape['rotaryPairs'];
  readonly activation: Activation;
  readonly scaledEmbedding: boolean;
  readonly headNorms: boolean;
  readonly postNorms: boolean;
  /** Linear layers that may have a bias. */
  readonly biases: readonly Linear[];
  /** Whether `rope_freqs.weight` may divide the rotary frequencies (Llama 3.1 and later). */
  readonly rotaryFactors: boolean;
  /** Whether blocks attend locally, unless their number + 1 is a multiple of the period. */
  readonly window: { readonly period: number; readonly rotaryBase: number } | null;
  /** Whether final_logit_softcapping is read. */
  readonly logitCap: boolean;
  /** A model with this number of blocks scales scores by 1/√(hidden / heads), not 1/√headSize (Gemma 3 27B). */
  readonly shareScaledLayers: number | null;
}

/** The plainest, from which the others are told apart. */
const QWEN2: Family = {
  rotaryPairs: 'halves',
  activation: SILU,
  scaledEmbedding: false,
  headNorms: false,
  postNorms: false,
  biases: ['attn_q', 'attn_k', 'attn_v'],
  rotaryFactors: false,
  window: null,
  logitCap: false,
  shareScaledLayers: null,
};

/** By general.architecture. The rows of llama's q and k are permuted so that rotary pairs are neighbours. */
const FAMILIES: Readonly<Record<TrainedArchitecture, Family>> = {
  llama: { ...QWEN2, rotaryPairs: 'neighbours', biases: LINEARS, rotaryFactors: true },
  qwen2: QWEN2,
  qwen3: { ...QWEN2, headNorms: true },
  gemma3: {
    ...QWEN2,
    activation: GELU,
    scaledEmbedding: true,
    headNorms: true,
    postNorms: true,
    biases: [],
    window: { period: 6, rotaryBase: 10_000 },
    logitCap: true,
    shareScaledLayers: 62,
  },
};

/** Input and output sizes of a linear layer. */
export function linearSize(
  shape: Pick<DecoderShape, 'hidden' | 'heads' | 'kvHeads' | 'headSize' | 'ffn'>,
  linear: Linear,
): { readonly in: number; readonly out: number } {
  const query = shape.heads * shape.headSize;
  const key = shape.kvHeads * shape.headSize;
  switch (linear) {
    case 'attn_q':
      return { in: shape.hidden, out: query };
    case 'attn_k':
    case 'attn_v':
      return { in: shape.hidden, out: key };
    case 'attn_output':
      return { in: query, out: shape.hidden };
    case 'ffn_gate':
    case 'ffn_up':
      return { in: shape.hidden, out: shape.ffn };
    case 'ffn_down':
      return { in: shape.ffn, out: shape.hidden };
  }
}

/**
 * @param path For messages.
 * @throws UnderstudyError 'unsupported' naming everything that is missing or not understood.
 */
export function readShape(file: GgufFile, path: string): DecoderShape {
  const name = String(file.metadata.get('general.architecture'));
  const family = isTrained(name) ? FAMILIES[name] : undefined;
  const problems = formatProblems(file);
  if (!family) {
    const known = TRAINED_ARCHITECTURES.join(', ');
    throw unsupported(path, [`its architecture is ${name}, not one of ${known}`, ...problems]);
  }
  const keys = new KeyReader(file, name);
  const shape = shapeOf(file, name, family, keys);
  const optional = new Map<string, readonly number[]>([['output.weight', [shape.hidden, shape.vocab]]]);
  if (family.rotaryFactors) optional.set('rope_freqs.weight', [shape.headSize / 2]);
  // Where a size is missing there is no telling which tensors there should be.
  const sized = [shape.layers, ...[...tensorSizes({ ...shape, layers: 1 }).values()].flat()].every(
    (n) => n > 0,
  );
  const all = [
    ...keys.problems,
    ...keys.unread(),
    ...problems,
    ...(sized ? tensorProblems(file, tensorSizes(shape), optional) : []),
  ];
  if (all.length > 0) throw unsupported(path, all);
  return shape;
}

function shapeOf(file: GgufFile, name: string, family: Family, keys: KeyReader): DecoderShape {
  const hidden = keys.number('embedding_length');
  const layers = keys.number('block_count');
  const heads = keys.number('attention.head_count');
  const kvHeads = keys.number('attention.head_count_kv', heads);
  const headSize = keys.number('attention.key_length', hidden / heads);
  // A missing number is NaN, which is neither above nor below anything: what follows from it is no second problem.
  keys.refuse(heads % kvHeads > 0, 'its heads do not share keys evenly');
  keys.refuse(headSize % 2 > 0, 'its heads do not fall into rotary pairs');
  keys.refuse(
    Math.abs(keys.number('attention.value_length', headSize) - headSize) > 0,
    'its keys and values differ in size',
  );
  keys.refuse(
    keys.number('rope.dimension_count', headSize) < headSize,
    'its rotation is partial: it leaves out a part of each head',
  );
  keys.refuse(keys.number('expert_count', 0) > 0, 'it is a mixture of experts');

  const scaling = keys.text('rope.scaling.type', 'linear');
  keys.refuse(!['none', 'linear'].includes(scaling), `it scales rotary positions by the method ${scaling}`);
  const factor = keys.number('rope.scaling.factor', keys.number('rope.scale_linear', 0)) || 1;
  const factors =
    family.rotaryFactors && file.tensors.has('rope_freqs.weight') ? file.tensor('rope_freqs.weight') : null;
  const global: AttentionKind = {
    window: null,
    frequencies: frequencies(headSize, keys.number('rope.freq_base', 10_000)).map(
      (frequency, i) => frequency / (scaling === 'linear' ? factor : 1) / (factors?.[i] ?? 1),
    ),
  };
  const window = family.window && keys.number('attention.sliding_window', 0);
  const period = family.window ? keys.number('attention.sliding_window_pattern', family.window.period) : 1;
  const localBase = family.window ? keys.number('rope.freq_base_swa', family.window.rotaryBase) : 0;
  const local = window ? { window, frequencies: frequencies(headSize, localBase) } : null;
  return {
    architecture: name,
    layers,
    hidden,
    heads,
    kvHeads,
    headSize,
    ffn: keys.number('feed_forward_length'),
    vocab: file.tensors.get('token_embd.weight')?.dims[1] ?? keys.number('vocab_size'),
    context: keys.number('context_length'),
    normEps: keys.number('attention.layer_norm_rms_epsilon'),
    rotaryPairs: family.rotaryPairs,
    kinds: local ? [global, local] : [global],
    kindOf: Array.from({ length: layers || 0 }, (_, layer) => (local && (layer + 1) % period !== 0 ? 1 : 0)),
    attentionScale: 1 / Math.sqrt(layers === family.shareScaledLayers ? hidden / heads : headSize),
    embeddingScale: family.scaledEmbedding ? Math.sqrt(hidden) : 1,
    activation: family.activation,
    headNorms: family.headNorms,
    postNorms: family.postNorms,
    biases: family.biases.filter((linear) => file.tensors.has(`blk.0.${linear}.bias`)),
    logitCap: (family.logitCap && keys.number('final_logit_softcapping', 0)) || null,
  };
}

/** base^(−2i / headSize) for each rotary pair i (Su et al. 2021, arXiv 2104.09864). */
function frequencies(headSize: number, base: number): readonly number[] {
  return Array.from({ length: headSize / 2 || 0 }, (_, i) => base ** ((-2 * i) / headSize));
}

/** Tensors by name, with their sizes as ggml counts (row length first). */
function tensorSizes(shape: DecoderShape): ReadonlyMap<string, readonly number[]> {
  const sizes = new Map<string, readonly number[]>([
    ['token_embd.weight', [shape.hidden, shape.vocab]],
    ['output_norm.weight', [shape.hidden]],
  ]);
  for (let layer = 0; layer < shape.layers; layer++) {
    const blk = `blk.${layer}.`;
    for (const linear of LINEARS) {
      const size = linearSize(shape, linear);
      sizes.set(`${blk}${linear}.weight`, [size.in, size.out]);
      if (shape.biases.includes(linear)) sizes.set(`${blk}${linear}.bias`, [size.out]);
    }
    const norms = [
      'attn_norm',
      'ffn_norm',
      ...(shape.postNorms ? ['post_attention_norm', 'post_ffw_norm'] : []),
    ];
    for (const norm of norms) sizes.set(`${blk}${norm}.weight`, [shape.hidden]);
    if (shape.headNorms)
      for (const norm of ['attn_q_norm', 'attn_k_norm']) sizes.set(`${blk}${norm}.weight`, [shape.headSize]);
  }
  return sizes;
}
