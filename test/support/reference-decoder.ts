/**
 * A decoder with LoRA in plain TypeScript and double precision, one token at a time: slow and obvious.
 * Tests hold the ONNX graph against it.
 */
import { linearSize, outputScale } from '../../src/train/embedded/architecture.ts';
import type { Linear } from '../../src/train/embedded/linears.ts';
import { type LoraConfig, loraLayout, matrixOf } from '../../src/train/embedded/lora.ts';
import type { DecoderWeights } from '../../src/train/embedded/weights.ts';

type Vector = Float64Array<ArrayBuffer>;

/** Logits [tokens][vocab] after each token of one sequence. */
export function referenceLogits(
  weights: DecoderWeights,
  lora: LoraConfig,
  parameters: Float32Array,
  ids: readonly number[],
): readonly Vector[] {
  const { shape } = weights;
  const { headSize } = shape;
  const group = shape.heads / shape.kvHeads;
  const matrices = new Map<string, Float32Array>();
  for (const matrix of loraLayout(shape, lora))
    matrices.set(`${matrix.layer}.${matrix.linear}.${matrix.part}`, matrixOf(parameters, matrix));
  const linear = (layer: number, name: Linear, x: Vector): Vector => {
    const size = linearSize(shape, name);
    const block = weights.blocks[layer]!;
    const product = times(block.linear[name], size.out, x);
    const y = product.map((value, i) => value + (block.bias[name]?.[i] ?? 0));
    const a = matrices.get(`${layer}.${name}.a`);
    const b = matrices.get(`${layer}.${name}.b`);
    if (!a || !b) return y;
    const low = times(a, lora.rank, x);
    const delta = times(b, size.out, low);
    const scale = outputScale(shape, name) * (lora.alpha / lora.rank);
    return y.map((value, i) => value + scale * delta[i]!);
  };
  const norm = (x: Vector, gain: Float32Array): Vector => {
    const square = x.reduce((sum, value) => sum + value * value, 0) / x.length;
    return x.map((value, i) => (value / Math.sqrt(square + shape.normEps)) * gain[i]!);
  };
  /** Norms each head where the architecture does, then turns its rotary pairs. */
  const headwise = (x: Vector, gain: Float32Array | undefined, layer: number, position: number): Vector => {
    const { frequencies } = shape.kinds[shape.kindOf[layer]!]!;
    const [stride, apart] = shape.rotaryPairs === 'neighbours' ? [2, 1] : [1, headSize / 2];
    const out = new Float64Array(x.length);
    for (let from = 0; from < x.length; from += headSize) {
      const part = x.slice(from, from + headSize);
      const head = gain ? norm(part, gain) : part;
      frequencies.forEach((frequency, pair) => {
        const [i, j] = [pair * stride, pair * stride + apart];
        const [cosine, sine] = [Math.cos(position * frequency), Math.sin(position * frequency)];
        out[from + i] = head[i]! * cosine - head[j]! * sine;
        out[from + j] = head[i]! * sine + head[j]! * cosine;
      });
    }
    return out;
  };
  const activation = (z: number): number => {
    const { linear: first, cubic } = shape.activation;
    return z / (1 + Math.exp(-(first * z + cubic * z ** 3)));
  };

  let states = ids.map((id) =>
    Float64Array.from(
      weights.embedding.subarray(id * shape.hidden, (id + 1) * shape.hidden),
      (value) => value * shape.embeddingScale,
    ),
  );
  for (let layer = 0; layer < shape.layers; layer++) {
    const block = weights.blocks[layer]!;
    const normed = states.map((x) => norm(x, block.attnNorm));
    const queries = normed.map((x, t) =>
      headwise(linear(layer, 'attn_q', x), block.headNorms?.query, layer, t),
    );
    const keys = normed.map((x, t) => headwise(linear(layer, 'attn_k', x), block.headNorms?.key, layer, t));
    const values = normed.map((x) => linear(layer, 'attn_v', x));
    const { window } = shape.kinds[shape.kindOf[layer]!]!;
    states = states.map((x, t) => {
      const first = window === null ? 0 : Math.max(0, t - window + 1);
      const mixed = new Float64Array(shape.heads * headSize);
      for (let head = 0; head < shape.heads; head++) {
        const from = Math.floor(head / group) * headSize;
        const scores = keys.slice(first, t + 1).map((key) => {
          let dot = 0;
          for (let i = 0; i < headSize; i++) dot += queries[t]![head * headSize + i]! * key[from + i]!;
          return dot * shape.attentionScale;
        });
        softmax(scores).forEach((share, s) => {
          const value = values[first + s]!;
          for (let i = 0; i < headSize; i++) mixed[head * headSize + i]! += share * value[from + i]!;
        });
      }
      const output = linear(layer, 'attn_output', mixed);
      return add(x, block.postNorms ? norm(output, block.postNorms.attention) : output);
    });
    states = states.map((x) => {
      const h = norm(x, block.ffnNorm);
      const up = linear(layer, 'ffn_up', h);
      const gated = linear(layer, 'ffn_gate', h).map((z, i) => activation(z) * up[i]!);
      const output = linear(layer, 'ffn_down', gated);
      return add(x, block.postNorms ? norm(output, block.postNorms.ffn) : output);
    });
  }
  const cap = shape.logitCap;
  return states.map((x) =>
    times(weights.head, shape.vocab, norm(x, weights.norm)).map((logit) =>
      cap === null ? logit : cap * Math.tanh(logit / cap),
    ),
  );
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
