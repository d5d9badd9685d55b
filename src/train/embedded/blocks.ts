/**
 * One transformer block of the llama family with LoRA on its linear layers, forward and backward, as ONNX nodes.
 * Each forward returns a tape: the values that its backward needs.
 * Grouped-query attention keeps keys and values as they are: the queries of a group stand below each other,
 * [sequences, kvHeads, group · longest, headSize], so that no key is copied.
 * Contrib operators where they pay: FusedMatMul (transposes for free), RotaryEmbedding (its own backward with
 * the sine negated), QuickGelu with alpha 1 (= SiLU), SimplifiedLayerNormalization (= RMS norm; its second output,
 * the inverse deviation, is what the backward needs).
 */
import { CONTRIB, float, type GraphBuilder, type Value } from '../../models/onnx.ts';
import { gradientName, type LoraPlan, loraName } from './lora.ts';
import { type Linear, type LlamaWeights, linearSize } from './weights.ts';

interface NormTape {
  readonly x: Value;
  readonly y: Value;
  readonly inverse: Value;
  readonly gain: Value;
}

interface LinearTape {
  readonly y: Value;
  /** x Aᵀ [tokens, rank]; null where the layer is not trained. */
  readonly u: Value | null;
}

export interface BlockTape {
  readonly attnNorm: NormTape;
  readonly ffnNorm: NormTape;
  readonly linear: Readonly<Record<Linear, LinearTape>>;
  /** In attention's layout. */
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
  readonly attention: Value;
  readonly mixed: Value;
  /** Attention's result by token. */
  readonly context: Value;
  readonly sigmoid: Value;
  readonly silu: Value;
  readonly product: Value;
}

export class Blocks {
  private readonly g: GraphBuilder;
  private readonly weights: LlamaWeights;
  private readonly plan: LoraPlan;
  private readonly cosine: Value;
  private readonly sine: Value;
  private readonly minusSine: Value;

  constructor(g: GraphBuilder, weights: LlamaWeights, plan: LoraPlan) {
    this.g = g;
    this.weights = weights;
    this.plan = plan;
    const dims = ['positions', weights.shape.headSize / 2];
    this.cosine = g.input('cosine', 'float32', dims);
    this.sine = g.input('sine', 'float32', dims);
    this.minusSine = g.input('minusSine', 'float32', dims);
    for (let layer = plan.firstLayer; layer < weights.shape.layers; layer++) {
      for (const linear of plan.targets) {
        const size = linearSize(weights.shape, linear);
        g.input(loraName(layer, linear, 'a'), 'float32', [plan.rank, size.in]);
        g.input(loraName(layer, linear, 'b'), 'float32', [size.out, plan.rank]);
      }
    }
  }

  /** `top`: from attention's result on, only the rows that predict a completion token are computed. */
  forward(layer: number, x: Value, top: boolean): { readonly y: Value; readonly tape: BlockTape } {
    const { g } = this;
    const { shape } = this.weights;
    const block = this.weights.blocks[layer]!;
    const attnNorm = this.norm(x, block.attnNorm, `blk.${layer}.attn_norm`);
    const q = this.linear(layer, 'attn_q', attnNorm.y);
    const k = this.linear(layer, 'attn_k', attnNorm.y);
    const v = this.linear(layer, 'attn_v', attnNorm.y);
    const query = this.splitQueries(this.rotate(q.y, this.sine, shape.heads), 'pad');
    const key = this.splitKeys(this.rotate(k.y, this.sine, shape.kvHeads));
    const value = this.splitKeys(v.y);
    const scores = this.matmul(query, key, { transB: 1, alpha: float(1 / Math.sqrt(shape.headSize)) });
    const attention = g.node('Softmax', [g.node('Add', [scores, 'causal'])], { axis: -1 });
    const mixed = this.matmul(attention, value);
    const context = this.joinQueries(mixed, top ? 'topUnpad' : 'unpad');
    const residual = top ? g.node('Gather', [x, 'rows'], { axis: 0 }) : x;
    const output = this.linear(layer, 'attn_output', context, residual);
    const ffnNorm = this.norm(output.y, block.ffnNorm, `blk.${layer}.ffn_norm`);
    const gate = this.linear(layer, 'ffn_gate', ffnNorm.y);
    const up = this.linear(layer, 'ffn_up', ffnNorm.y);
    const sigmoid = g.node('Sigmoid', [gate.y]);
    const silu = g.node('Mul', [gate.y, sigmoid]);
    const product = g.node('Mul', [silu, up.y]);
    const down = this.linear(layer, 'ffn_down', product, output.y);
    return {
      y: down.y,
      tape: {
        attnNorm,
        ffnNorm,
        linear: {
          attn_q: q,
          attn_k: k,
          attn_v: v,
          attn_output: output,
          ffn_gate: gate,
          ffn_up: up,
          ffn_down: down,
        },
        query,
        key,
        value,
        attention,
        mixed,
        context,
        sigmoid,
        silu,
        product,
      },
    };
  }

  /** Emits the gradients of the block's LoRA matrices; returns the gradient of its input, or '' unless `below`. */
  backward(layer: number, tape: BlockTape, dy: Value, top: boolean, below: boolean): Value {
    const { g } = this;
    const { shape } = this.weights;
    const grad = (linear: Linear, d: Value, x: Value, sum: Value | null, want = true): Value =>
      this.linearBackward(layer, linear, d, x, tape.linear[linear], sum, want);
    const scale = { alpha: float(1 / Math.sqrt(shape.headSize)) };

    const dProduct = grad('ffn_down', dy, tape.product, null);
    const dUp = g.node('Mul', [dProduct, tape.silu]);
    // SiLU'(z) = σ + z σ (1 − σ) = σ + silu − silu σ
    const slope = g.node('Sub', [
      g.node('Add', [tape.sigmoid, tape.silu]),
      g.node('Mul', [tape.silu, tape.sigmoid]),
    ]);
    const dGate = g.node('Mul', [g.node('Mul', [dProduct, tape.linear.ffn_up.y]), slope]);
    let dNorm = grad('ffn_gate', dGate, tape.ffnNorm.y, null);
    dNorm = grad('ffn_up', dUp, tape.ffnNorm.y, dNorm);
    const dOutput = g.node('Add', [dy, this.normBackward(dNorm, tape.ffnNorm)]);
    const dContext = grad('attn_output', dOutput, tape.context, null);

    // Padding rows would send gradients into keys and values: their incoming gradient is zeroed.
    const dMixed = this.splitQueries(dContext, top ? 'topPad' : 'pad', top ? 'topPadMask' : 'padMask');
    const dValue = this.joinKeys(this.matmul(tape.attention, dMixed, { transA: 1 }));
    const dAttention = this.matmul(dMixed, tape.value, { transB: 1 });
    // Softmax backward: dS = P ∘ (dP − rowsum(dP ∘ P)), and that row sum equals rowsum(dO ∘ O).
    const rowSum = g.node('ReduceSum', [g.node('Mul', [dMixed, tape.mixed]), g.ints([-1])], { keepdims: 1 });
    const dScores = g.node('Mul', [tape.attention, g.node('Sub', [dAttention, rowSum])]);
    const dQuery = this.rotate(
      this.joinQueries(this.matmul(dScores, tape.key, scale), 'unpad'),
      this.minusSine,
      shape.heads,
    );
    const dKey = this.rotate(
      this.joinKeys(this.matmul(dScores, tape.query, { transA: 1, ...scale })),
      this.minusSine,
      shape.kvHeads,
    );
    let dAttnNorm = grad('attn_q', dQuery, tape.attnNorm.y, null, below);
    dAttnNorm = grad('attn_k', dKey, tape.attnNorm.y, dAttnNorm, below);
    dAttnNorm = grad('attn_v', dValue, tape.attnNorm.y, dAttnNorm, below);
    if (!below) return '';
    const residual = top ? this.spread(dOutput) : dOutput;
    return g.node('Add', [residual, this.normBackward(dAttnNorm, tape.attnNorm)]);
  }

  /** RMS norm: y = x / √(mean x² + ε) ∘ gain. */
  norm(x: Value, gain: Float32Array, name: string): NormTape {
    const weight = this.g.initializer(name, { type: 'float32', dims: [gain.length], data: gain });
    const [y, inverse] = this.g.nodeOutputs('SimplifiedLayerNormalization', [x, weight], 2, {
      axis: -1,
      epsilon: float(this.weights.shape.normEps),
    });
    return { x, y: y!, inverse: inverse!, gain: weight };
  }

  /** dx = r (dy ∘ gain − x r · mean(dy ∘ y)) with r the inverse deviation. */
  normBackward(dy: Value, tape: NormTape): Value {
    const { g } = this;
    const mean = g.node('ReduceMean', [g.node('Mul', [dy, tape.y]), g.ints([-1])], { keepdims: 1 });
    const drawn = g.node('Mul', [tape.x, g.node('Mul', [tape.inverse, mean])]);
    return g.node('Mul', [g.node('Sub', [g.node('Mul', [dy, tape.gain]), drawn]), tape.inverse]);
  }

  /** y = x Wᵀ + s (x Aᵀ) Bᵀ (+ residual). */
  private linear(layer: number, linear: Linear, x: Value, residual?: Value): LinearTape {
    const { g, plan } = this;
    const inputs = [x, `blk.${layer}.${linear}`, ...(residual === undefined ? [] : [residual])];
    const y = g.node('Gemm', inputs, { transB: 1 });
    if (!this.trained(layer, linear)) return { y, u: null };
    const u = g.node('Gemm', [x, loraName(layer, linear, 'a')], { transB: 1 });
    const adapted = g.node('Gemm', [u, loraName(layer, linear, 'b'), y], {
      transB: 1,
      alpha: float(plan.alpha / plan.rank),
    });
    return { y: adapted, u };
  }

  /** Emits the gradients of A and B; returns dx (+ `sum`), or '' unless `want`. */
  private linearBackward(
    layer: number,
    linear: Linear,
    dy: Value,
    x: Value,
    tape: LinearTape,
    sum: Value | null,
    want: boolean,
  ): Value {
    const { g, plan } = this;
    const weight = `blk.${layer}.${linear}`;
    const dx = want ? g.node('Gemm', sum ? [dy, weight, sum] : [dy, weight]) : '';
    if (tape.u === null) return dx;
    const size = linearSize(this.weights.shape, linear);
    const scale = { alpha: float(plan.alpha / plan.rank) };
    const a = loraName(layer, linear, 'a');
    const b = loraName(layer, linear, 'b');
    const du = g.node('Gemm', [dy, b], scale);
    const dB = g.node('Gemm', [dy, tape.u], { transA: 1, ...scale });
    const dA = g.node('Gemm', [du, x], { transA: 1 });
    g.output(dA, 'float32', [plan.rank, size.in], gradientName(a));
    g.output(dB, 'float32', [size.out, plan.rank], gradientName(b));
    return want ? g.node('Gemm', [du, a, dx]) : '';
  }

  private trained(layer: number, linear: Linear): boolean {
    return layer >= this.plan.firstLayer && this.plan.targets.includes(linear);
  }

  private matmul(a: Value, b: Value, attributes: Parameters<GraphBuilder['node']>[2] = {}): Value {
    return this.g.node('FusedMatMul', [a, b], attributes, { domain: CONTRIB });
  }

  /** Rotates interleaved pairs of each head by the token's position; with the sine negated, back again. */
  private rotate(x: Value, sine: Value, heads: number): Value {
    const { g } = this;
    const width = heads * this.weights.shape.headSize;
    // One token is one "batch" of length 1, so that tokens of different sequences can lie in one row.
    const rows = g.node('Reshape', [x, g.ints([-1, 1, width])]);
    const rotated = g.node(
      'RotaryEmbedding',
      [rows, 'positions', this.cosine, sine],
      { interleaved: 1 },
      { domain: CONTRIB },
    );
    return g.node('Reshape', [rotated, g.ints([-1, width])]);
  }

  /** [tokens, heads · headSize] → [sequences, kvHeads, group · longest, headSize] */
  private splitQueries(x: Value, index: Value, mask?: Value): Value {
    const { g } = this;
    const padded = g.node('Gather', [x, index], { axis: 0 });
    const masked = mask === undefined ? padded : g.node('Mul', [padded, mask]);
    const split = g.node('Reshape', [masked, 'querySplit']);
    return g.node('Reshape', [g.node('Transpose', [split], { perm: [0, 2, 3, 1, 4] }), 'queryJoin']);
  }

  /** The inverse of splitQueries, for the rows in `index`. */
  private joinQueries(x: Value, index: Value): Value {
    const { g } = this;
    const parts = g.node('Transpose', [g.node('Reshape', [x, 'queryPart'])], { perm: [0, 3, 1, 2, 4] });
    const width = this.weights.shape.heads * this.weights.shape.headSize;
    return g.node('Gather', [g.node('Reshape', [parts, g.ints([-1, width])]), index], { axis: 0 });
  }

  /** [tokens, kvHeads · headSize] → [sequences, kvHeads, longest, headSize] */
  private splitKeys(x: Value): Value {
    const { g } = this;
    const split = g.node('Reshape', [g.node('Gather', [x, 'pad'], { axis: 0 }), 'keySplit']);
    return g.node('Transpose', [split], { perm: [0, 2, 1, 3] });
  }

  private joinKeys(x: Value): Value {
    const { g } = this;
    const width = this.weights.shape.kvHeads * this.weights.shape.headSize;
    const rows = g.node('Reshape', [g.node('Transpose', [x], { perm: [0, 2, 1, 3] }), g.ints([-1, width])]);
    return g.node('Gather', [rows, 'unpad'], { axis: 0 });
  }

  /** [rows, hidden] → [tokens, hidden], zero where no completion token is predicted. */
  private spread(x: Value): Value {
    const { g } = this;
    const zero = g.initializer('zeroRow', {
      type: 'float32',
      dims: [1, this.weights.shape.hidden],
      data: new Float32Array(this.weights.shape.hidden),
    });
    return g.node('Gather', [g.node('Concat', [x, zero], { axis: 0 }), 'spread'], { axis: 0 });
  }
}
