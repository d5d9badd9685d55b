/**
 * Where each LoRA matrix lies in the one flat array of trained parameters, and how the array begins.
 * For a linear layer y = x Wᵀ the adapted layer is y = x Wᵀ + (alpha/rank) (x Aᵀ) Bᵀ (Hu et al. 2021,
 * arXiv 2106.09685), with A [rank, in] and B [out, rank].
 */
import { seededRandom } from '../../core/random.ts';
import { type DecoderShape, linearSize } from './architecture.ts';
import { GROUPS, type Group, type Linear } from './linears.ts';

/** Rank of the matrices, and what their update is scaled by: alpha / rank. All linear layers of all blocks have them. */
export interface LoraConfig {
  readonly rank: number;
  readonly alpha: number;
}

/** The part of a recipe that says what the matrices are. */
export function loraConfig({ rank, alpha }: LoraConfig): LoraConfig {
  return { rank, alpha };
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

/** Name of a matrix in the adapter file (llama.cpp's convention); in the graph, of a matrix B. */
export function loraName(layer: number, linear: Linear, part: 'a' | 'b'): string {
  return `blk.${layer}.${linear}.weight.lora_${part}`;
}

/** Name in the graph of the matrices A of a group, below each other. */
export function groupName(layer: number, group: Group): string {
  return `blk.${layer}.${group.join('+')}.lora_a`;
}

/** Name under which the gradient of a tensor comes out of the graph. */
export function gradientName(tensor: string): string {
  return `grad.${tensor}`;
}

/** All matrices in order; together they fill the flat array without gaps. Those of a group's A come one after another. */
export function loraLayout(shape: DecoderShape, { rank }: Pick<LoraConfig, 'rank'>): readonly LoraMatrix[] {
  const layout: LoraMatrix[] = [];
  let offset = 0;
  for (let layer = 0; layer < shape.layers; layer++) {
    for (const group of GROUPS) {
      for (const part of ['a', 'b'] as const)
        for (const linear of group) {
          const size = linearSize(shape, linear);
          const [rows, cols] = part === 'a' ? [rank, size.in] : [size.out, rank];
          layout.push({ layer, linear, part, rows, cols, offset });
          offset += rows * cols;
        }
    }
  }
  return layout;
}

/** A part of the flat array as the graph reads it. */
export type LoraTensor = Pick<LoraMatrix, 'rows' | 'cols' | 'offset'> & { readonly name: string };

/** The matrices B, and the matrices A of each group as one: layers that read the same input share the product with it. */
export function loraTensors(layout: readonly LoraMatrix[]): readonly LoraTensor[] {
  const parts = Map.groupBy(layout, ({ layer, linear, part }) => {
    const group = GROUPS.find((each: readonly Linear[]) => each.includes(linear))!;
    return part === 'a' ? groupName(layer, group) : loraName(layer, linear, 'b');
  });
  return [...parts].map(([name, [first, ...others]]) => ({
    name,
    cols: first!.cols,
    offset: first!.offset,
    rows: others.reduce((sum, { rows }) => sum + rows, first!.rows),
  }));
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
export function matrixOf(
  flat: Float32Array,
  matrix: Pick<LoraMatrix, 'rows' | 'cols' | 'offset'>,
): Float32Array {
  return flat.subarray(matrix.offset, matrix.offset + matrix.rows * matrix.cols);
}
