/**
 * Writes tiny random models of the supported architectures with a byte tokenizer, which llama.cpp and the embedded
 * trainer both load: tests of training and serving need no download.
 */
import { seededRandom } from '../../src/core/random.ts';
import { type GgufField, type GgufTensorData, writeGguf } from '../../src/models/formats/gguf/write.ts';

export interface TinyShape {
  readonly architecture: 'llama' | 'qwen2' | 'qwen3' | 'gemma3' | 'granite' | 'smollm3';
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly ffn: number;
  readonly context: number;
  /** False adds an output matrix of its own. */
  readonly tied: boolean;
  /** Control tokens; the last also ends a text. */
  readonly control: readonly string[];
  /** `rope_freqs.weight`, as Llama 3.1 and later have it. */
  readonly rotaryFactors: boolean;
  /** More metadata, or other values, by their whole keys; null leaves one out. */
  readonly metadata: Readonly<Record<string, GgufField | null>>;
  /** More tensors: name and sizes as ggml counts. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
}

const TINY: TinyShape = {
  architecture: 'llama',
  layers: 2,
  hidden: 32,
  heads: 4,
  kvHeads: 2,
  headSize: 8,
  ffn: 48,
  context: 512,
  tied: true,
  control: ['<|endoftext|>', '<|im_start|>', '<|im_end|>'],
  rotaryFactors: false,
  metadata: {},
  tensors: {},
};

/** Shapes in which what is peculiar to an architecture shows: head sizes of their own, short windows. */
const ARCHITECTURES: Readonly<Record<TinyShape['architecture'], Partial<TinyShape>>> = {
  llama: {},
  qwen2: {},
  qwen3: { headSize: 16 },
  smollm3: { layers: 5 },
  granite: {
    control: ['<|start_of_role|>', '<|end_of_role|>', '<|end_of_text|>'],
    metadata: {
      'granite.attention.scale': { float32: 0.2 },
      'granite.embedding_scale': { float32: 3 },
      'granite.residual_scale': { float32: 0.4 },
      'granite.logit_scale': { float32: 2 },
    },
  },
  gemma3: {
    headSize: 16,
    kvHeads: 1,
    control: ['<bos>', '<start_of_turn>', '<end_of_turn>'],
    metadata: {
      'gemma3.attention.sliding_window': { uint32: 4 },
      'gemma3.attention.sliding_window_pattern': { uint32: 2 },
      'gemma3.rope.freq_base': { float32: 1_000_000 },
    },
  },
};

/** Writes the model to `path`. Vocabulary: the control tokens, then the 256 bytes. The same seed, the same file. */
export function writeTinyModel(
  path: string,
  options: Partial<TinyShape> & { readonly seed?: number } = {},
): void {
  const { architecture = TINY.architecture } = options;
  const shape = { ...TINY, ...ARCHITECTURES[architecture], ...options };
  const { hidden, heads, kvHeads, headSize, ffn, control } = shape;
  const random = seededRandom(options.seed ?? 1);
  const vocab = control.length + 256;
  const tensor = (name: string, dims: readonly number[], draw: () => number): GgufTensorData => ({
    name,
    dims,
    format: 'F32',
    data: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, draw),
  });
  const matrix = (name: string, input: number, output: number): GgufTensorData =>
    tensor(`${name}.weight`, [input, output], () => random.normal() / Math.sqrt(input));
  const gain = (name: string, size = hidden): GgufTensorData =>
    tensor(`${name}.weight`, [size], () => 1 + 0.2 * random.normal());
  const bias = (name: string, size: number): GgufTensorData =>
    tensor(`${name}.bias`, [size], () => 0.3 * random.normal());
  const gemma = architecture === 'gemma3';
  const blocks = Array.from({ length: shape.layers }, (_, i) => `blk.${i}.`).flatMap((blk) => [
    gain(`${blk}attn_norm`),
    matrix(`${blk}attn_q`, hidden, heads * headSize),
    matrix(`${blk}attn_k`, hidden, kvHeads * headSize),
    matrix(`${blk}attn_v`, hidden, kvHeads * headSize),
    matrix(`${blk}attn_output`, heads * headSize, hidden),
    gain(`${blk}ffn_norm`),
    matrix(`${blk}ffn_gate`, hidden, ffn),
    matrix(`${blk}ffn_up`, hidden, ffn),
    matrix(`${blk}ffn_down`, ffn, hidden),
    ...(architecture === 'qwen2'
      ? [
          bias(`${blk}attn_q`, heads * headSize),
          bias(`${blk}attn_k`, kvHeads * headSize),
          bias(`${blk}attn_v`, kvHeads * headSize),
        ]
      : []),
    ...(gemma || architecture === 'qwen3'
      ? [gain(`${blk}attn_q_norm`, headSize), gain(`${blk}attn_k_norm`, headSize)]
      : []),
    ...(gemma ? [gain(`${blk}post_attention_norm`), gain(`${blk}post_ffw_norm`)] : []),
  ]);
  const metadata: Readonly<Record<string, GgufField | null>> = {
    'general.architecture': { string: architecture },
    'general.name': { string: 'tiny' },
    [`${architecture}.block_count`]: { uint32: shape.layers },
    [`${architecture}.context_length`]: { uint32: shape.context },
    [`${architecture}.embedding_length`]: { uint32: hidden },
    [`${architecture}.feed_forward_length`]: { uint32: ffn },
    [`${architecture}.attention.head_count`]: { uint32: heads },
    [`${architecture}.attention.head_count_kv`]: { uint32: kvHeads },
    [`${architecture}.attention.key_length`]: { uint32: headSize },
    [`${architecture}.attention.value_length`]: { uint32: headSize },
    [`${architecture}.attention.layer_norm_rms_epsilon`]: { float32: 1e-5 },
    [`${architecture}.rope.freq_base`]: { float32: 10_000 },
    [`${architecture}.rope.dimension_count`]: { uint32: headSize },
    [`${architecture}.vocab_size`]: { uint32: vocab },
    'tokenizer.ggml.model': { string: 'gpt2' },
    'tokenizer.ggml.pre': { string: 'smollm' },
    'tokenizer.ggml.tokens': { strings: [...control, ...byteTokens()] },
    // 3: control token, 1: normal token.
    'tokenizer.ggml.token_type': { int32s: [...control.map(() => 3), ...Array<number>(256).fill(1)] },
    'tokenizer.ggml.merges': { strings: [] },
    'tokenizer.ggml.bos_token_id': { uint32: gemma ? 0 : 1 },
    'tokenizer.ggml.eos_token_id': { uint32: control.length - 1 },
    'tokenizer.ggml.add_bos_token': { bool: false },
    'tokenizer.ggml.add_space_prefix': { bool: false },
    ...ARCHITECTURES[architecture].metadata,
    ...options.metadata,
  };
  const kept = Object.entries(metadata).filter((entry): entry is [string, GgufField] => entry[1] !== null);
  writeGguf(path, Object.fromEntries(kept), [
    tensor('token_embd.weight', [hidden, vocab], () => random.normal() * 0.5),
    ...blocks,
    gain('output_norm'),
    ...(shape.tied ? [] : [matrix('output', hidden, vocab)]),
    ...(shape.rotaryFactors
      ? [tensor('rope_freqs.weight', [headSize / 2], () => 1 + 7 * random.next())]
      : []),
    ...Object.entries(shape.tensors).map(([name, dims]) => tensor(name, dims, () => random.normal())),
  ]);
}

/** GPT-2's names of the 256 bytes: printable ones stand for themselves, the others for a character above 255. */
function byteTokens(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable =
      (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
    return String.fromCodePoint(printable ? byte : next++);
  });
}
