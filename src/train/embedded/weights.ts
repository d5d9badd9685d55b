/**
 * The weights of a llama-like base model as float32, out of its GGUF file, in the file's own row order.
 * llama.cpp stores the rows of q and k permuted so that rotary pairs lie side by side; keeping that order (and
 * rotating interleaved pairs) makes the adapter's rows fit the file it will be served with.
 * Does not: build the graph (graph.ts).
 */
import { UnderstudyError } from '../../core/errors.ts';
import { type GgufFile, openGguf } from '../../models/gguf/read.ts';

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

export interface LlamaShape {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly ffn: number;
  readonly vocab: number;
  readonly context: number;
  readonly ropeBase: number;
  readonly normEps: number;
}

export interface BlockWeights {
  readonly attnNorm: Float32Array;
  readonly ffnNorm: Float32Array;
  /** Each [out, in], row-major. */
  readonly linear: Readonly<Record<Linear, Float32Array>>;
}

export interface LlamaWeights {
  readonly shape: LlamaShape;
  /** [vocab, hidden] */
  readonly embedding: Float32Array;
  /** [vocab, hidden]; the embedding itself where the model ties them. */
  readonly head: Float32Array;
  readonly norm: Float32Array;
  readonly blocks: readonly BlockWeights[];
}

/** Input and output sizes of a linear layer. */
export function linearSize(shape: LlamaShape, linear: Linear): { readonly in: number; readonly out: number } {
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

/** The sizes alone, without the weights. @throws as readLlama. */
export function readLlamaShape(path: string): LlamaShape {
  const file = openGguf(path);
  try {
    return llamaShape(file, path);
  } finally {
    file.close();
  }
}

/** @throws UnderstudyError 'unavailable', 'corrupt', or 'unsupported' for what the graph cannot express. */
export function readLlama(path: string): LlamaWeights {
  const file = openGguf(path);
  try {
    const shape = llamaShape(file, path);
    const embedding = file.tensor('token_embd.weight');
    return {
      shape,
      embedding,
      head: file.tensors.has('output.weight') ? file.tensor('output.weight') : embedding,
      norm: file.tensor('output_norm.weight'),
      blocks: Array.from({ length: shape.layers }, (_, i) => ({
        attnNorm: file.tensor(`blk.${i}.attn_norm.weight`),
        ffnNorm: file.tensor(`blk.${i}.ffn_norm.weight`),
        linear: Object.fromEntries(
          LINEARS.map((linear) => [linear, file.tensor(`blk.${i}.${linear}.weight`)]),
        ) as Record<Linear, Float32Array>,
      })),
    };
  } finally {
    file.close();
  }
}

function llamaShape(file: GgufFile, path: string): LlamaShape {
  const architecture = file.metadata.get('general.architecture');
  const unsupported = (what: string): UnderstudyError =>
    new UnderstudyError('unsupported', `${path} cannot be trained: ${what}.`, {
      hint: 'Choose a base model of the llama family from the catalogue, or another trainer.',
    });
  if (architecture !== 'llama') throw unsupported(`its architecture is ${String(architecture)}, not llama`);
  const number = (key: string, fallback?: number): number => {
    const value = file.metadata.get(`llama.${key}`) ?? fallback;
    if (typeof value !== 'number') throw unsupported(`it does not tell llama.${key}`);
    return value;
  };
  const hidden = number('embedding_length');
  const heads = number('attention.head_count');
  const kvHeads = number('attention.head_count_kv', heads);
  if (heads % kvHeads !== 0) throw unsupported('its heads do not share keys evenly');
  const headSize = number('attention.key_length', hidden / heads);
  if (number('rope.dimension_count', headSize) !== headSize)
    throw unsupported('it rotates only part of a head');
  if (file.tensors.has('rope_freqs.weight') || file.metadata.has('llama.rope.scaling.type'))
    throw unsupported('it scales its rotary positions');
  if (number('expert_count', 0) > 0) throw unsupported('it is a mixture of experts');
  for (const name of file.tensors.keys())
    if (name.endsWith('.bias')) throw unsupported(`it has a bias (${name})`);
  return {
    layers: number('block_count'),
    hidden,
    heads,
    kvHeads,
    headSize,
    ffn: number('feed_forward_length'),
    vocab: file.tensors.get('token_embd.weight')?.dims[1] ?? number('vocab_size'),
    context: number('context_length'),
    ropeBase: number('rope.freq_base', 10_000),
    normEps: number('attention.layer_norm_rms_epsilon'),
  };
}
