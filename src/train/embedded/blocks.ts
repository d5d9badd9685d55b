/**
 * One block of a decoder, forward and backward, as ONNX nodes; its linear layers are those of linear.ts. What an architecture
 * has or lacks (head norms, post-norms, biases, windows, …) comes from the shape (architecture.ts).
 * Each forward returns a tape: the values that its backward needs.
 * Grouped-query attention keeps keys and values as they are: the queries of a group stand below each other,
 * [sequences, kvHeads, group · longest, headSize], so that no key is copied.
 * Contrib operators where they pay: FusedMatMul (transposes for free), RotaryEmbedding (its own backward with
 * the sine negated), SimplifiedLayerNormalization (= RMS norm; its second output, the inverse deviation, is what the
 * backward needs).
 */
import { CONTRIB, float, type GraphBuilder, type Value } from '../../models/formats/onnx.ts';
import { type ActivationTape, activate, slope } from './activation.ts';
import type { Linears, Tapes } from './linear-layers.ts';
import { GROUPS } from './linears.ts';
import type { DecoderWeights } from './weights.ts';

const [HEADS, OUTPUT, GATES, DOWN] = GROUPS;

interface NormTape {
  readonly x: Value;
  readonly y: Value;
  readonly inverse: Value;
  readonly gain: Value;
}

export interface BlockTape {
  readonly attnNorm: NormTape;
  readonly ffnNorm: NormTape;
  /** Null where the architecture has none. */
  readonly queryNorm: NormTape | null;
  readonly keyNorm: NormTape | null;
  readonly attnPostNorm: NormTape | null;
  readonly ffnPostNorm: NormTape | null;
  readonly linears: {
    readonly heads: Tapes<typeof HEADS>;
    readonly outputs: Tapes<typeof OUTPUT>;
    readonly gates: Tapes<typeof GATES>;
    readonly downs: Tapes<typeof DOWN>;
  };
  /** In attention's layout. */
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
  readonly attention: Value;
  readonly mixed: Value;
  /** Attention's result by token. */
  readonly context: Value;
  readonly activation: ActivationTape;
  readonly product: Value;
}

export class Blocks {
  private readonly g: GraphBuilder;
  private readonly weights: DecoderWeights;
  private readonly linears: Linears;

  constructor(g: GraphBuilder, weights: DecoderWeights, linears: Linears) {
    this.g = g;
    this.weights = weights;
    this.linears = linears;
    const dims = ['positions', weights.shape.headSize / 2];
    weights.shape.kinds.forEach((_, kind) => {
      for (const name of ['cosine', 'sine', 'minusSine']) g.input(`${name}.${kind}`, 'float32', dims);
      g.input(`causal.${kind}`, 'float32', ['queries', 'longest']);
    });
  }

  /** `top`: from attention's result on, only the rows that predict a completion token are computed. */
  forward(layer: number, x: Value, top: boolean): { readonly y: Value; readonly tape: BlockTape } {
    const { g } = this;
    const { shape } = this.weights;
    const block = this.weights.blocks[layer]!;
    const attnNorm = this.norm(x, block.attnNorm, `blk.${layer}.attn_norm`);
    const heads = this.linears.forward(layer, HEADS, attnNorm.y);
    const [q, k, v] = heads;
    const queryNorm = this.headNorm(q.y, block.headNorms?.query, `blk.${layer}.attn_q_norm`);
    const keyNorm = this.headNorm(k.y, block.headNorms?.key, `blk.${layer}.attn_k_norm`);
    const query = this.splitQueries(this.rotate(layer, queryNorm?.y ?? q.y, 'sine', shape.heads), 'pad');
    const key = this.splitKeys(this.rotate(layer, keyNorm?.y ?? k.y, 'sine', shape.kvHeads));
    const value = this.splitKeys(v.y);
    const scores = this.matmul(query, key, { transB: 1, alpha: float(shape.attentionScale) });
    const masked = g.node('Add', [scores, `causal.${shape.kindOf[layer]}`]);
    const attention = g.node('Softmax', [masked], { axis: -1 });
    const mixed = this.matmul(attention, value);
    const context = this.joinQueries(mixed, top ? 'topUnpad' : 'unpad');
    const residual = top ? g.node('Gather', [x, 'rows'], { axis: 0 }) : x;
    const post = block.postNorms;
    const outputs = this.linears.forward(layer, OUTPUT, context, post ? undefined : residual);
    const [output] = outputs;
    const attnPostNorm = post && this.norm(output.y, post.attention, `blk.${layer}.post_attention_norm`);
    const middle = attnPostNorm ? g.node('Add', [residual, attnPostNorm.y]) : output.y;
    const ffnNorm = this.norm(middle, block.ffnNorm, `blk.${layer}.ffn_norm`);
    const gates = this.linears.forward(layer, GATES, ffnNorm.y);
    const [gate, up] = gates;
    const activation = activate(g, shape.activation, gate.y);
    const product = g.node('Mul', [activation.y, up.y]);
    const downs = this.linears.forward(layer, DOWN, product, post ? undefined : middle);
    const [down] = downs;
    const ffnPostNorm = post && this.norm(down.y, post.ffn, `blk.${layer}.post_ffw_norm`);
    return {
      y: ffnPostNorm ? g.node('Add', [middle, ffnPostNorm.y]) : down.y,
      tape: {
        attnNorm,
        ffnNorm,
        queryNorm,
        keyNorm,
        attnPostNorm,
        ffnPostNorm,
        linears: { heads, outputs, gates, downs },
        query,
        key,
        value,
        attention,
        mixed,
        context,
        activation,
        product,
      },
    };
  }

  /** Emits the gradients of the block's LoRA matrices; returns the gradient of its input, or '' unless `below`. */
  backward(layer: number, tape: BlockTape, dy: Value, top: boolean, below: boolean): Value {
    const { g } = this;
    const { shape } = this.weights;
    const { heads, outputs, gates, downs } = tape.linears;
    const before = (dNormed: Value, norm: NormTape | null): Value =>
      norm ? this.normBackward(dNormed, norm) : dNormed;
    const scale = { alpha: float(shape.attentionScale) };

    const dDown = before(dy, tape.ffnPostNorm);
    const dProduct = this.linears.backward(layer, DOWN, { dys: [dDown], x: tape.product, tapes: downs });
    const dUp = g.node('Mul', [dProduct, tape.activation.y]);
    const dGate = g.node('Mul', [
      g.node('Mul', [dProduct, gates[1].y]),
      slope(g, shape.activation, tape.activation),
    ]);
    const dNorm = this.linears.backward(layer, GATES, { dys: [dGate, dUp], x: tape.ffnNorm.y, tapes: gates });
    const dMiddle = g.node('Add', [dy, this.normBackward(dNorm, tape.ffnNorm)]);
    const dOutput = before(dMiddle, tape.attnPostNorm);
    const dContext = this.linears.backward(layer, OUTPUT, {
      dys: [dOutput],
      x: tape.context,
      tapes: outputs,
    });

    // Padding rows would send gradients into keys and values: their incoming gradient is zeroed.
    const dMixed = this.splitQueries(dContext, top ? 'topPad' : 'pad', top ? 'topPadMask' : 'padMask');
    const dValue = this.joinKeys(this.matmul(tape.attention, dMixed, { transA: 1 }));
    const dAttention = this.matmul(dMixed, tape.value, { transB: 1 });
    // Softmax backward: dS = P ∘ (dP − rowsum(dP ∘ P)), and that row sum equals rowsum(dO ∘ O).
    const rowSum = g.node('ReduceSum', [g.node('Mul', [dMixed, tape.mixed]), g.ints([-1])], { keepdims: 1 });
    const dScores = g.node('Mul', [tape.attention, g.node('Sub', [dAttention, rowSum])]);
    const dTurnedQuery = this.joinQueries(this.matmul(dScores, tape.key, scale), 'unpad');
    const dTurnedKey = this.joinKeys(this.matmul(dScores, tape.query, { transA: 1, ...scale }));
    const dQuery = this.rotate(layer, dTurnedQuery, 'minusSine', shape.heads);
    const dKey = this.rotate(layer, dTurnedKey, 'minusSine', shape.kvHeads);
    const dQ = this.headNormBackward(dQuery, tape.queryNorm, shape.heads);
    const dK = this.headNormBackward(dKey, tape.keyNorm, shape.kvHeads);
    const ofHeads = { dys: [dQ, dK, dValue] as const, x: tape.attnNorm.y, tapes: heads };
    const dAttnNorm = this.linears.backward(layer, HEADS, ofHeads, below);
    if (!below) return '';
    const residual = top ? this.spread(dMiddle) : dMiddle;
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

  /** Each head of x [tokens, width] by itself: the tape is of [tokens · heads, headSize]. */
  private headNorm(x: Value, gain: Float32Array | undefined, name: string): NormTape | null {
    if (gain === undefined) return null;
    return this.norm(this.g.node('Reshape', [x, this.g.ints([-1, gain.length])]), gain, name);
  }

  /** @param dy [tokens, heads · headSize], and so is what comes back. */
  private headNormBackward(dy: Value, tape: NormTape | null, heads: number): Value {
    if (tape === null) return dy;
    const { g } = this;
    const { headSize } = this.weights.shape;
    const dx = this.normBackward(g.node('Reshape', [dy, g.ints([-1, headSize])]), tape);
    return g.node('Reshape', [dx, g.ints([-1, heads * headSize])]);
  }

  private matmul(a: Value, b: Value, attributes: Parameters<GraphBuilder['node']>[2] = {}): Value {
    return this.g.node('FusedMatMul', [a, b], attributes, { domain: CONTRIB });
  }

  /** Turns the rotary pairs of each head by the token's position; with the sine negated, back again. */
  private rotate(layer: number, x: Value, sine: 'sine' | 'minusSine', heads: number): Value {
    const { g } = this;
    const { shape } = this.weights;
    const width = heads * shape.headSize;
    const kind = shape.kindOf[layer];
    // One token is one "batch" of length 1, so that tokens of different sequences can lie in one row.
    const rows = g.node('Reshape', [x, g.ints([-1, 1, width])]);
    const rotated = g.node(
      'RotaryEmbedding',
      [rows, 'positions', `cosine.${kind}`, `${sine}.${kind}`],
      { interleaved: shape.rotaryPairs === 'neighbours' ? 1 : 0 },
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
