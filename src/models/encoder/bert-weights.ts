/**
 * The weights of a BERT encoder as its graph takes them: query, key and value are one linear layer.
 * Does not: read the file (formats/safetensors.ts), or build the graph (bert-forward.ts).
 */
import { UnderstudyError } from '../../core/errors.ts';
import type { Safetensor } from '../formats/safetensors.ts';
import type { BertConfig } from './read-bert.ts';

/** The linear layers of a block: query, key and value as one; attention's output; the two of the feed-forward. */
export const BERT_LINEARS = ['attention', 'attention_output', 'intermediate', 'output'] as const;

export type BertLinear = (typeof BERT_LINEARS)[number];

interface LinearWeights {
  /** [out, in] */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface Norm {
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
