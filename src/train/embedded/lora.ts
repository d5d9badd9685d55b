/**
 * Where each LoRA matrix lies in the one flat array of trained parameters, and how the array begins.
 * For a linear layer y = x Wᵀ the adapted layer is y = x Wᵀ + (alpha/rank) (x Aᵀ) Bᵀ (Hu et al. 2021,
 * arXiv 2106.09685), with A [rank, in] and B [out, rank].
 */
import { seededRandom } from '../../core/random.ts';
import { type DecoderShape, type Linear, linearSize } from './architecture.ts';

export interface LoraPlan {
  readonly rank: number;
  readonly alpha: number;
  readonly targets: readonly Linear[];
  /** Blocks below this one are left as they are. */
  readonly firstLayer: number;
}

export interface LoraMatrix {
  readonly layer: number;
  readonly linear: Linear;
  readonly part: 'a' | 'b';
  readonly rows: number;
  readonly cols: number;
  /** First element in the flat array. */
  readonly offset: number;
}

/** Name of a matrix: in the graph, and in the adapter file (llama.cpp's convention). */
export function loraName(layer: number, linear: Linear, part: 'a' | 'b'): string {
  return `blk.${layer}.${linear}.weight.lora_${part}`;
}

/** Name under which the gradient of a LoRA matrix comes out of the graph. */
export function gradientName(matrix: string): string {
  return `grad.${matrix}`;
}

/** All matrices in order; together they fill the flat array without gaps. */
export function loraLayout(shape: DecoderShape, plan: LoraPlan): readonly LoraMatrix[] {
  const layout: LoraMatrix[] = [];
  let offset = 0;
  for (let layer = plan.firstLayer; layer < shape.layers; layer++) {
    for (const linear of plan.targets) {
      const size = linearSize(shape, linear);
      layout.push({ layer, linear, part: 'a', rows: plan.rank, cols: size.in, offset });
      offset += plan.rank * size.in;
      layout.push({ layer, linear, part: 'b', rows: size.out, cols: plan.rank, offset });
      offset += size.out * plan.rank;
    }
  }
  return layout;
}

export function loraLength(layout: readonly LoraMatrix[]): number {
  return layout.reduce((sum, matrix) => sum + matrix.rows * matrix.cols, 0);
}

/** A uniform in ±1/√in as PEFT begins it, B zero: the adapted model begins as the base model. */
export function initialLora(layout: readonly LoraMatrix[], seed: number): Float32Array {
  const random = seededRandom(seed);
  const parameters = new Float32Array(loraLength(layout));
  for (const matrix of layout) {
    if (matrix.part === 'b') continue;
    const bound = 1 / Math.sqrt(matrix.cols);
    for (let i = 0; i < matrix.rows * matrix.cols; i++)
      parameters[matrix.offset + i] = (2 * random.next() - 1) * bound;
  }
  return parameters;
}

/** The part of a flat array that a matrix takes; a view, not a copy. */
export function matrixOf(flat: Float32Array, matrix: LoraMatrix): Float32Array {
  return flat.subarray(matrix.offset, matrix.offset + matrix.rows * matrix.cols);
}
