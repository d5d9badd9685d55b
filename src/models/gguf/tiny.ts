/**
 * Writes a tiny random llama model with a byte tokenizer, which llama.cpp and the embedded trainer both load:
 * tests of training and serving need no download.
 */
import { seededRandom } from '../../core/random.ts';
import { type GgufTensorData, writeGguf } from './write.ts';

const SPECIAL = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];

export interface TinyShape {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly ffn: number;
  readonly context: number;
  /** False adds an output matrix of its own. */
  readonly tied: boolean;
}

const TINY: TinyShape = {
  layers: 2,
  hidden: 32,
  heads: 4,
  kvHeads: 2,
  ffn: 48,
  context: 512,
  tied: true,
};

/** Writes the model to `path`. Vocabulary: three special tokens, then the 256 bytes. The same seed, the same file. */
export function writeTinyLlama(
  path: string,
  options: Partial<TinyShape> & { readonly seed?: number } = {},
): void {
  const shape = { ...TINY, ...options };
  const { hidden, heads, kvHeads, ffn } = shape;
  const random = seededRandom(options.seed ?? 1);
  const headSize = hidden / heads;
  const vocab = SPECIAL.length + 256;
  const tensor = (name: string, dims: readonly number[], draw: () => number): GgufTensorData => ({
    name,
    dims,
    format: 'F32',
    data: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, draw),
  });
  const matrix = (name: string, input: number, output: number): GgufTensorData =>
    tensor(`${name}.weight`, [input, output], () => random.normal() / Math.sqrt(input));
  const gain = (name: string): GgufTensorData =>
    tensor(`${name}.weight`, [hidden], () => 1 + 0.2 * random.normal());
  const blocks = Array.from({ length: shape.layers }, (_, i) => `blk.${i}.`).flatMap((blk) => [
    gain(`${blk}attn_norm`),
    matrix(`${blk}attn_q`, hidden, hidden),
    matrix(`${blk}attn_k`, hidden, kvHeads * headSize),
    matrix(`${blk}attn_v`, hidden, kvHeads * headSize),
    matrix(`${blk}attn_output`, hidden, hidden),
    gain(`${blk}ffn_norm`),
    matrix(`${blk}ffn_gate`, hidden, ffn),
    matrix(`${blk}ffn_up`, hidden, ffn),
    matrix(`${blk}ffn_down`, ffn, hidden),
  ]);
  writeGguf(
    path,
    {
      'general.architecture': { string: 'llama' },
      'general.name': { string: 'tiny' },
      'llama.block_count': { uint32: shape.layers },
      'llama.context_length': { uint32: shape.context },
      'llama.embedding_length': { uint32: hidden },
      'llama.feed_forward_length': { uint32: ffn },
      'llama.attention.head_count': { uint32: heads },
      'llama.attention.head_count_kv': { uint32: kvHeads },
      'llama.attention.layer_norm_rms_epsilon': { float32: 1e-5 },
      'llama.rope.freq_base': { float32: 10_000 },
      'llama.rope.dimension_count': { uint32: headSize },
      'llama.vocab_size': { uint32: vocab },
      'tokenizer.ggml.model': { string: 'gpt2' },
      'tokenizer.ggml.pre': { string: 'smollm' },
      'tokenizer.ggml.tokens': { strings: [...SPECIAL, ...byteTokens()] },
      // 3: control token, 1: normal token.
      'tokenizer.ggml.token_type': { int32s: [...SPECIAL.map(() => 3), ...Array<number>(256).fill(1)] },
      'tokenizer.ggml.merges': { strings: [] },
      'tokenizer.ggml.bos_token_id': { uint32: 1 },
      'tokenizer.ggml.eos_token_id': { uint32: 2 },
      'tokenizer.ggml.add_bos_token': { bool: false },
      'tokenizer.ggml.add_space_prefix': { bool: false },
    },
    [
      tensor('token_embd.weight', [hidden, vocab], () => random.normal() * 0.5),
      ...blocks,
      gain('output_norm'),
      ...(shape.tied ? [] : [matrix('output', hidden, vocab)]),
    ],
  );
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
