/**
 * The LoRA matrices of an encoder (Hu et al. 2021, arXiv 2106.09685), in one flat array: which there are, and where each is.
 */
import { BERT_LINEARS, type BertLinear, type BertWeights } from './bert-weights.ts';

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

export const matrixName = (layer: number, linear: BertLinear, part: 'a' | 'b'): string =>
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

export function linearSize(
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
