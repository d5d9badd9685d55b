/**
 * The weights of a base model as float32, out of its GGUF file, in the file's own row order: where llama.cpp's
 * converter has permuted the rows of q and k, keeping that order (and turning neighbouring pairs) makes the
 * adapter's rows fit the file it will be served with.
 * Does not: know what architectures there are (architecture.ts), or build the graph (graph.ts).
 */

import { chatTemplateOfGguf } from '../../models/decoder/gguf-template.ts';
import { openGguf } from '../../models/formats/gguf/read.ts';
import { type DecoderShape, outputScale, readShape } from './architecture.ts';
import { LINEARS, type Linear } from './linears.ts';

export interface BlockWeights {
  readonly attnNorm: Float32Array;
  readonly ffnNorm: Float32Array;
  /** Of each head's queries and keys [headSize]; null where the architecture has none. */
  readonly headNorms: { readonly query: Float32Array; readonly key: Float32Array } | null;
  /** Of what attention and feed-forward give [hidden]; null where the architecture has none. */
  readonly postNorms: { readonly attention: Float32Array; readonly ffn: Float32Array } | null;
  /** Each [out, in], row-major. */
  readonly linear: Readonly<Record<Linear, Float32Array>>;
  /** Each [out]. */
  readonly bias: Readonly<Partial<Record<Linear, Float32Array>>>;
}

/** As the graph multiplies with them: what the architecture scales afterwards is scaled here already. */
export interface DecoderWeights {
  readonly shape: DecoderShape;
  /** [vocab, hidden] */
  readonly embedding: Float32Array;
  /** [vocab, hidden]; the embedding itself where the model ties them. */
  readonly head: Float32Array;
  readonly norm: Float32Array;
  readonly blocks: readonly BlockWeights[];
}

/** @throws UnderstudyError 'unavailable', 'corrupt', or 'unsupported' for what the graph cannot express. */
export function readDecoder(path: string): DecoderWeights {
  const file = openGguf(path);
  try {
    const shape = readShape(file, path);
    const embedding = file.tensor('token_embd.weight');
    const block = (layer: number): BlockWeights => {
      const read = (name: string): Float32Array => file.tensor(`blk.${layer}.${name}`);
      const each = (linears: readonly Linear[], part: string): [Linear, Float32Array][] =>
        linears.map((linear) => [linear, scaled(read(`${linear}.${part}`), outputScale(shape, linear))]);
      return {
        attnNorm: read('attn_norm.weight'),
        ffnNorm: read('ffn_norm.weight'),
        headNorms: shape.headNorms
          ? { query: read('attn_q_norm.weight'), key: read('attn_k_norm.weight') }
          : null,
        postNorms: shape.postNorms
          ? { attention: read('post_attention_norm.weight'), ffn: read('post_ffw_norm.weight') }
          : null,
        linear: Object.fromEntries(each(LINEARS, 'weight')) as Record<Linear, Float32Array>,
        bias: Object.fromEntries(each(shape.biases, 'bias')),
      };
    };
    return {
      shape,
      embedding,
      head: file.tensors.has('output.weight') ? file.tensor('output.weight') : embedding,
      norm: scaled(file.tensor('output_norm.weight'), 1 / shape.logitScale),
      blocks: Array.from({ length: shape.layers }, (_, layer) => block(layer)),
    };
  } finally {
    file.close();
  }
}

function scaled(values: Float32Array, by: number): Float32Array {
  return by === 1 ? values : values.map((value) => value * by);
}

/**
 * The shape alone, out of the header.
 * @throws UnderstudyError as readDecoder does, and 'unsupported' where no chat template fits the vocabulary.
 */
export function readDecoderShape(path: string): DecoderShape {
  const file = openGguf(path);
  try {
    const shape = readShape(file, path);
    chatTemplateOfGguf(file);
    return shape;
  } finally {
    file.close();
  }
}
