/**
 * One training step of a decoder with LoRA as one ONNX graph: forward, cross-entropy on the completion,
 * backward down to the gradients of the LoRA matrices.
 *
 * Activations are [tokens, hidden], the tokens of all sequences one after another without padding; only attention
 * sees a padded layout [sequences, longest, …]. The last block's output is needed, and computed, only where a
 * completion token is predicted.
 * Does not: make the index inputs (batch.ts), run the graph (step.ts) or update parameters (adamw.ts).
 */
import { GraphBuilder, type TensorData, type Value } from '../../models/formats/onnx.ts';
import { Blocks } from './blocks.ts';
import { type Arithmetic, Linears } from './linear-layers.ts';
import type { LoraConfig } from './lora.ts';
import type { DecoderWeights } from './weights.ts';

export interface GraphOptions {
  readonly lora: LoraConfig;
  /** 'train' gives label probabilities and gradients, 'evaluate' label probabilities, logits and the likeliest tokens. */
  readonly mode: 'train' | 'evaluate';
  /** Of the products with the blocks' weights. Default: float32. */
  readonly arithmetic?: Arithmetic;
  /**
   * Store the blocks' weights in the graph rather than feed them: ONNX Runtime then lays them out for its matrix
   * kernels once (faster steps, a longer start, about twice the weights' memory more).
   */
  readonly prepack: boolean;
}

/**
 * Names of the outputs: probability of each label [rows, 1], and in evaluation the logits [rows, vocab] and the
 * likeliest token [rows].
 */
export const PROBABILITY = 'probability';
export const LOGITS = 'logits';
export const LIKELIEST = 'likeliest';

export interface Graph {
  readonly bytes: Uint8Array;
  /** Weights that are fed at each run, by name. Its other inputs are those of batch.ts and the LoRA matrices by loraName. */
  readonly fed: ReadonlyMap<string, TensorData>;
}

export function buildGraph(weights: DecoderWeights, options: GraphOptions): Graph {
  const { shape } = weights;
  const { lora, mode } = options;
  const train = mode === 'train';
  const g = new GraphBuilder(`decoder-lora-${mode}`);
  const fed = new Map<string, TensorData>();
  const feed = (name: Value, matrix: TensorData): void => {
    g.input(name, matrix.type, matrix.dims);
    fed.set(name, matrix);
  };
  const keep = (name: Value, matrix: TensorData): void => void g.initializer(name, matrix);
  const dims = [shape.vocab, shape.hidden];
  feed('embedding', { type: 'float32', dims, data: weights.embedding });
  const head = weights.head === weights.embedding ? 'embedding' : 'head';
  if (head === 'head') feed(head, { type: 'float32', dims, data: weights.head });
  declareBatchInputs(g);
  const { arithmetic = 'float32', prepack } = options;
  const linears = new Linears(g, weights, { lora, arithmetic, store: prepack ? keep : feed });
  const blocks = new Blocks(g, weights, linears);
  const top = shape.layers - 1;

  let x = g.node('Gather', ['embedding', 'ids'], { axis: 0 });
  if (shape.embeddingScale !== 1) x = g.node('Mul', [x, g.scalar(shape.embeddingScale)]);
  const tapes = [];
  for (let layer = 0; layer < shape.layers; layer++) {
    const { y, tape } = blocks.forward(layer, x, layer === top);
    tapes.push(tape);
    x = y;
  }

  const finalNorm = blocks.norm(x, weights.norm, 'output_norm');
  const raw = g.node('Gemm', [finalNorm.y, head], { transB: 1 });
  // With a cap, logits = cap · tanh(raw / cap).
  const capped = shape.logitCap && g.node('Tanh', [g.node('Mul', [raw, g.scalar(1 / shape.logitCap)])]);
  const logits = capped ? g.node('Mul', [capped, g.scalar(shape.logitCap!)]) : raw;
  const probabilities = g.node('Softmax', [logits], { axis: -1 });
  const probability = g.node('GatherElements', [probabilities, 'labels'], { axis: 1 });
  g.output(probability, 'float32', ['rows', 1], PROBABILITY);
  if (!train) {
    g.output(logits, 'float32', ['rows', shape.vocab], LOGITS);
    const likeliest = g.node('ArgMax', [logits], { axis: 1, keepdims: 0 });
    g.output(likeliest, 'int64', ['rows'], LIKELIEST);
    return { bytes: g.toBytes(), fed };
  }

  // Cross-entropy: dlogits = w (P − onehot), so dh = w (P E − E[label]) without ever writing the one-hot.
  // With a cap, both get the factor draw / dlogits = 1 − tanh²(raw / cap).
  const slope = capped && g.node('Sub', [g.scalar(1), g.node('Mul', [capped, capped])]);
  const expected = g.node('Gemm', [slope ? g.node('Mul', [probabilities, slope]) : probabilities, head]);
  const row = g.node('Reshape', [
    g.node('Gather', [head, 'labels'], { axis: 0 }),
    g.ints([-1, shape.hidden]),
  ]);
  const target = slope ? g.node('Mul', [row, g.node('GatherElements', [slope, 'labels'], { axis: 1 })]) : row;
  const dh = g.node('Mul', [g.node('Sub', [expected, target]), 'lossWeights']);
  let dx: Value = blocks.normBackward(dh, finalNorm);
  for (let layer = top; layer >= 0; layer--) {
    dx = blocks.backward(layer, tapes[layer]!, dx, layer === top, layer > 0);
  }
  return { bytes: g.toBytes(), fed };
}

function declareBatchInputs(g: GraphBuilder): void {
  g.input('ids', 'int64', ['tokens']);
  g.input('positions', 'int64', ['tokens', 1]);
  g.input('pad', 'int64', ['padded']);
  g.input('unpad', 'int64', ['tokens']);
  g.input('padMask', 'float32', ['padded', 1]);
  g.input('querySplit', 'int64', [5]);
  g.input('queryJoin', 'int64', [4]);
  g.input('queryPart', 'int64', [5]);
  g.input('keySplit', 'int64', [4]);
  g.input('rows', 'int64', ['rows']);
  g.input('topUnpad', 'int64', ['rows']);
  g.input('topPad', 'int64', ['padded']);
  g.input('topPadMask', 'float32', ['padded', 1]);
  g.input('spread', 'int64', ['tokens']);
  g.input('labels', 'int64', ['rows', 1]);
  g.input('lossWeights', 'float32', ['rows', 1]);
}
