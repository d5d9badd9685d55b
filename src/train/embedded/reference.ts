/**
 * A llama-like model with LoRA in plain TypeScript and double precision, one token at a time: slow and obvious.
 * Tests hold the ONNX graph against it.
 */
import { type LoraPlan, loraLayout, matrixOf } from './lora.ts';
import { type Linear, type LlamaWeights, linearSize } from './weights.ts';

type Vector = Float64Array<ArrayBuffer>;

/** Logits [tokens][vocab] after each token of one sequence. */
export function referenceLogits(
  weights: LlamaWeights,
  plan: LoraPlan,
  parameters: Float32Array,
  ids: readonly number[],
): readonly Vector[] {
  const { shape } = weights;
  const { headSize } = shape;
  const group = shape.heads / shape.kvHeads;
  const lora = new Map<string, Float32Array>();
  for (const matrix of loraLayout(shape, plan))
    lora.set(`${matrix.layer}.${matrix.linear}.${matrix.part}`, matrixOf(parameters, matrix));
  const linear = (layer: number, name: Linear, x: Vector): Vector => {
    const size = linearSize(shape, name);
    const y = times(weights.blocks[layer]!.linear[name], size.out, x);
    const a = lora.get(`${layer}.${name}.a`);
    const b = lora.get(`${layer}.${name}.b`);
    if (!a || !b) return y;
    const low = times(a, plan.rank, x);
    const delta = times(b, size.out, low);
    return y.map((value, i) => value + (plan.alpha / plan.rank) * delta[i]!);
  };
  const norm = (x: Vector, gain: Float32Array): Vector => {
    const square = x.reduce((sum, value) => sum + value * value, 0) / x.length;
    return x.map((value, i) => (value / Math.sqrt(square + shape.normEps)) * gain[i]!);
  };
  const rotate = (x: Vector, position: number): Vector => {
    const out = new Float64Array(x.length);
    for (let i = 0; i < x.length; i += 2) {
      const angle = position * shape.ropeBase ** (-(i % headSize) / headSize);
      out[i] = x[i]! * Math.cos(angle) - x[i + 1]! * Math.sin(angle);
      out[i + 1] = x[i]! * Math.sin(angle) + x[i + 1]! * Math.cos(angle);
    }
    return out;
  };

  let states = ids.map((id) =>
    Float64Array.from(weights.embedding.subarray(id * shape.hidden, (id + 1) * shape.hidden)),
  );
  for (let layer = 0; layer < shape.layers; layer++) {
    const block = weights.blocks[layer]!;
    const normed = states.map((x) => norm(x, block.attnNorm));
    const queries = normed.map((x, t) => rotate(linear(layer, 'attn_q', x), t));
    const keys = normed.map((x, t) => rotate(linear(layer, 'attn_k', x), t));
    const values = normed.map((x) => linear(layer, 'attn_v', x));
    states = states.map((x, t) => {
      const mixed = new Float64Array(shape.heads * headSize);
      for (let head = 0; head < shape.heads; head++) {
        const from = Math.floor(head / group) * headSize;
        const scores = Array.from({ length: t + 1 }, (_, s) => {
          let dot = 0;
          for (let i = 0; i < headSize; i++) dot += queries[t]![head * headSize + i]! * keys[s]![from + i]!;
          return dot / Math.sqrt(headSize);
        });
        softmax(scores).forEach((share, s) => {
          for (let i = 0; i < headSize; i++) mixed[head * headSize + i]! += share * values[s]![from + i]!;
        });
      }
      return add(x, linear(layer, 'attn_output', mixed));
    });
    states = states.map((x) => {
      const h = norm(x, block.ffnNorm);
      const up = linear(layer, 'ffn_up', h);
      const gated = linear(layer, 'ffn_gate', h).map((z, i) => (z / (1 + Math.exp(-z))) * up[i]!);
      return add(x, linear(layer, 'ffn_down', gated));
    });
  }
  return states.map((x) => times(weights.head, shape.vocab, norm(x, weights.norm)));
}

/** Probabilities of a row of logits. */
export function softmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  const max = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - max));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

function times(matrix: Float32Array, rows: number, x: Vector): Vector {
  const y = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let c = 0; c < x.length; c++) sum += matrix[r * x.length + c]! * x[c]!;
    y[r] = sum;
  }
  return y;
}

function add(a: Vector, b: Vector): Vector {
  return a.map((value, i) => value + b[i]!);
}
