/**
 * What a GGUF file's metadata say about the decoder in it: its sizes, and as data everything in which the supported
 * architectures differ, so that graph and reference read one description and never ask for a name. It follows
 * llama.cpp (ggml-org/llama.cpp, src/models/), which will serve the model. What it does not understand it refuses,
 * all at once and before any work.
 * Does not: read weights (weights.ts) or compute.
 */
import type { GgufFile } from '../../models/formats/gguf/read.ts';
import { isTrained, TRAINED_ARCHITECTURES } from '../../models/weights/abilities.ts';
import { formatProblems, KeyReader, tensorProblems, unsupported } from './checks.ts';
import { type Activation, FAMILIES, type Family } from './families.ts';
import { LINEARS, type Linear } from './linears.ts';

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
  /** What attention and feed-forward give is multiplied by it before it is added to the stream. */
  readonly residualScale: number;
  /** Logits are divided by it. */
  readonly logitScale: number;
}

/** What a linear layer's result, that of its adapter too, is multiplied by: of those that end in the stream, the residual's scale. */
export function outputScale({ residualScale }: Pick<DecoderShape, 'residualScale'>, linear: Linear): number {
  return linear === 'attn_output' || linear === 'ffn_down' ? residualScale : 1;
}

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
  const scales = scalesOf(family, keys);
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
    ...kindsOf(family, keys, layers || 0, global),
    attentionScale:
      scales.attention || 1 / Math.sqrt(layers === family.shareScaledLayers ? hidden / heads : headSize),
    embeddingScale: family.scaledEmbedding ? Math.sqrt(hidden) : scales.embedding,
    activation: family.activation,
    headNorms: family.headNorms,
    postNorms: family.postNorms,
    biases: family.biases.filter((linear) => file.tensors.has(`blk.0.${linear}.bias`)),
    logitCap: (family.logitCap && keys.number('final_logit_softcapping', 0)) || null,
    residualScale: scales.residual,
    logitScale: scales.logits,
  };
}

/** In which way each block attends. */
function kindsOf(
  family: Family,
  keys: KeyReader,
  layers: number,
  global: AttentionKind,
): Pick<DecoderShape, 'kinds' | 'kindOf'> {
  const by = (isSecond: (layer: number) => boolean): readonly number[] =>
    Array.from({ length: layers }, (_, layer) => Number(isSecond(layer)));
  if (family.unrotated !== null) {
    const { unrotated } = family;
    const still = { window: null, frequencies: global.frequencies.map(() => 0) };
    return { kinds: [global, still], kindOf: by((layer) => (layer + 1) % unrotated === 0) };
  }
  const window = family.window && keys.number('attention.sliding_window', 0);
  const period = family.window ? keys.number('attention.sliding_window_pattern', family.window.period) : 1;
  const localBase = family.window ? keys.number('rope.freq_base_swa', family.window.rotaryBase) : 0;
  if (!window) return { kinds: [global], kindOf: by(() => false) };
  const local = { window, frequencies: frequencies(2 * global.frequencies.length, localBase) };
  return { kinds: [global, local], kindOf: by((layer) => (layer + 1) % period !== 0) };
}

/** What the file multiplies by, 1 where it says nothing; `attention` 0: as everybody does. */
function scalesOf(
  family: Family,
  keys: KeyReader,
): Readonly<Record<'attention' | 'embedding' | 'residual' | 'logits', number>> {
  if (!family.scales) return { attention: 0, embedding: 1, residual: 1, logits: 1 };
  // llama.cpp's switch for rotation in this family, and a size that only mixtures of experts use.
  keys.refuse(keys.text('rope.scaling.finetuned', 'true') === 'false', 'it does not rotate positions');
  keys.number('expert_shared_feed_forward_length', 0);
  return {
    attention: keys.number('attention.scale', 0),
    embedding: keys.number('embedding_scale', 0) || 1,
    residual: keys.number('residual_scale', 0) || 1,
    logits: keys.number('logit_scale'),
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
