/**
 * The linear layers of a decoder with LoRA, forward and backward, as ONNX nodes:
 * y = x Wᵀ (+ bias) + s (x Aᵀ) Bᵀ (+ residual), s = alpha / rank, times what the architecture scales residuals by.
 * They come in groups that read the same x: products with it or for it are made once for all matrices A of a group,
 * since a product as narrow as one A leaves the cores idle.
 * The products with W, which is fixed, may be in 8-bit integers (models/decoder/int8.ts); those with A and B, which are trained, and
 * their gradients are always in float32.
 * Does not: know what a block is made of (blocks.ts).
 */

import { type Int8Rows, int8Matrix, int8Product, int8Rows } from '../../models/decoder/int8.ts';
import { float, type GraphBuilder, type TensorData, type Value } from '../../models/formats/onnx.ts';
import { type DecoderShape, linearSize, outputScale } from './architecture.ts';
import { type Group, LINEARS, type Linear } from './linears.ts';
import { gradientName, groupName, type LoraConfig, loraLayout, loraName, loraTensors } from './lora.ts';
import type { DecoderWeights } from './weights.ts';

/** How the products with the blocks' weights are computed. */
export type Arithmetic = 'float32' | 'int8';

/**
 * Forward, these may be inexact: half of the work, and the layers whose errors the gradient feels least. Backward all
 * may. Measured in dev/LOG.md.
 */
const INT8_FORWARD: ReadonlySet<Linear> = new Set(['ffn_gate', 'ffn_up']);

export interface LinearTape {
  readonly y: Value;
  /** x Aᵀ [tokens, rank] */
  readonly u: Value;
}

/** Of the layers of a group, in its order. */
export type Tapes<G extends Group> = { readonly [I in keyof G]: LinearTape };

export interface LinearOptions {
  readonly lora: LoraConfig;
  readonly arithmetic: Arithmetic;
  /** Makes a matrix of the base known to the graph. */
  readonly store: (name: Value, matrix: TensorData) => void;
}

/** Bytes of a block's matrices as the graph reads them: those of the base itself, and those made of them. */
export function blockBytes(
  shape: DecoderShape,
  arithmetic: Arithmetic,
): { readonly own: number; readonly made: number } {
  const bytes = { own: 0, made: 0 };
  for (const linear of LINEARS) {
    const { out, in: width } = linearSize(shape, linear);
    const made = arithmetic === 'float32' ? 0 : INT8_FORWARD.has(linear) ? 2 : 1;
    bytes.made += made * out * width;
    // In float32 both directions read the same matrix.
    if (made < 2) bytes.own += 4 * out * width;
  }
  return bytes;
}

export class Linears {
  private readonly g: GraphBuilder;
  private readonly weights: DecoderWeights;
  private readonly lora: LoraConfig;
  private readonly arithmetic: Arithmetic;
  private readonly store: LinearOptions['store'];
  private readonly stored = new Set<Value>();
  /** What was made into 8-bit integers already: gate and up read the same. */
  private readonly rows = new Map<Value, Int8Rows>();

  constructor(g: GraphBuilder, weights: DecoderWeights, { lora, arithmetic, store }: LinearOptions) {
    this.g = g;
    this.weights = weights;
    this.lora = lora;
    this.arithmetic = arithmetic;
    this.store = store;
    for (const { name, rows, cols } of loraTensors(loraLayout(weights.shape, lora)))
      g.input(name, 'float32', [rows, cols]);
  }

  /** @param residual Added to the result; of groups of one. */
  forward<const G extends Group>(layer: number, group: G, x: Value, residual?: Value): Tapes<G> {
    const { g } = this;
    const u = g.node('Gemm', [x, groupName(layer, group)], { transB: 1 });
    const parts =
      group.length > 1
        ? g.nodeOutputs('Split', [u], group.length, { axis: 1, num_outputs: group.length })
        : [u];
    return group.map((linear, i): LinearTape => {
      const y = this.base(layer, linear, x, this.addend(layer, linear, residual));
      const own = parts[i]!;
      // Turned first: as [rank, out] the product takes three fifths of the time.
      const b = g.node('Transpose', [loraName(layer, linear, 'b')], { perm: [1, 0] });
      return { y: g.node('Gemm', [own, b, y], this.scale(linear)), u: own };
    }) as Tapes<G>;
  }

  /**
   * Emits the gradients of A and B.
   * @param dys Gradients of the group's results.
   * @returns The gradient of x, or '' unless it is wanted.
   */
  backward<const G extends Group>(
    layer: number,
    group: G,
    of: { readonly dys: { [I in keyof G]: Value }; readonly x: Value; readonly tapes: Tapes<G> },
    wanted = true,
  ): Value {
    const { g } = this;
    const { x } = of;
    let dx: Value | null = null;
    const dus: Value[] = [];
    group.forEach((linear, i) => {
      const dy = of.dys[i]!;
      if (wanted) dx = this.baseBackward(layer, linear, dy, dx);
      const { u } = of.tapes[i]!;
      const b = loraName(layer, linear, 'b');
      dus.push(g.node('Gemm', [dy, b], this.scale(linear)));
      const dB = g.node('Gemm', [u, dy], { transA: 1, ...this.scale(linear) });
      this.gradient(b, g.node('Transpose', [dB], { perm: [1, 0] }));
    });
    const a = groupName(layer, group);
    const du = dus.length > 1 ? g.node('Concat', dus, { axis: 1 }) : dus[0]!;
    this.gradient(a, g.node('Gemm', [du, x], { transA: 1 }));
    return dx === null ? '' : g.node('Gemm', [du, a, dx]);
  }

  private gradient(tensor: string, value: Value): void {
    this.g.output(value, 'float32', [`rows.${tensor}`, `cols.${tensor}`], gradientName(tensor));
  }

  /** x Wᵀ (+ addend) */
  private base(layer: number, linear: Linear, x: Value, addend: Value | undefined): Value {
    const { g } = this;
    if (this.arithmetic === 'int8' && INT8_FORWARD.has(linear)) {
      const y = this.int8(layer, linear, x, 'forward');
      return addend === undefined ? y : g.node('Add', [y, addend]);
    }
    const weight = this.matrix(layer, linear);
    return g.node('Gemm', addend === undefined ? [x, weight] : [x, weight, addend], { transB: 1 });
  }

  /** dy W (+ sum) */
  private baseBackward(layer: number, linear: Linear, dy: Value, sum: Value | null): Value {
    const { g } = this;
    if (this.arithmetic === 'int8') {
      const dx = this.int8(layer, linear, dy, 'backward');
      return sum === null ? dx : g.node('Add', [dx, sum]);
    }
    const weight = this.matrix(layer, linear);
    return g.node('Gemm', sum === null ? [dy, weight] : [dy, weight, sum]);
  }

  private int8(layer: number, linear: Linear, x: Value, direction: 'forward' | 'backward'): Value {
    const { g } = this;
    const name = `blk.${layer}.${linear}.${direction}`;
    const size = linearSize(this.weights.shape, linear);
    const { data, scales } = int8Matrix(this.weights.blocks[layer]!.linear[linear], size, direction);
    this.store(name, data);
    g.initializer(`${name}.scales`, scales);
    const rows = this.rows.get(x) ?? int8Rows(g, x);
    this.rows.set(x, rows);
    return int8Product(g, rows, name, `${name}.scales`);
  }

  /** Forward and backward read the same matrix. */
  private matrix(layer: number, linear: Linear): Value {
    const name = `blk.${layer}.${linear}`;
    if (!this.stored.has(name)) {
      const size = linearSize(this.weights.shape, linear);
      const data = this.weights.blocks[layer]!.linear[linear];
      this.store(name, { type: 'float32', dims: [size.out, size.in], data });
      this.stored.add(name);
    }
    return name;
  }

  private addend(layer: number, linear: Linear, residual: Value | undefined): Value | undefined {
    const bias = this.weights.blocks[layer]!.bias[linear];
    if (bias === undefined) return residual;
    const name = `blk.${layer}.${linear}.bias`;
    this.g.initializer(name, { type: 'float32', dims: [bias.length], data: bias });
    return residual === undefined ? name : this.g.node('Add', [residual, name]);
  }

  /** The base's own weights are scaled already (weights.ts). */
  private scale(linear: Linear): { readonly alpha: ReturnType<typeof float> } {
    const { alpha, rank } = this.lora;
    return { alpha: float(outputScale(this.weights.shape, linear) * (alpha / rank)) };
  }
}
