/**
 * One training step of the encoder with a classification head as one ONNX graph: forward, cross-entropy, backward down
 * to the gradients of the head and of the LoRA matrices.
 * Does not: make the inputs or run the graph (step.ts), or update parameters (../engine).
 */

import { bertForward } from '../../models/encoder/bert-forward.ts';
import { tuningLayout, tuningLength } from '../../models/encoder/bert-tuning.ts';
import type { BertWeights } from '../../models/encoder/bert-weights.ts';
import { float, GraphBuilder } from '../../models/formats/onnx.ts';
import { bertBackward, gradientName, LORA_SCALE, poolBackward } from './backward.ts';

/** Logits = HEAD_SCALE · (v Uᵀ + c): a step of Adam on U moves the head this much further than one on LoRA. */
export const HEAD_SCALE = 20;

export const PROBABILITIES = 'probabilities';
export const HEAD = 'head.weight';
export const HEAD_BIAS = 'head.bias';

export interface ParameterPlace {
  readonly name: string;
  readonly dims: readonly number[];
  readonly offset: number;
  readonly length: number;
}

/** Every trained array in the flat one: LoRA matrices, then the head's weight [classes, hidden] and bias [classes]. */
export function parameterPlaces(
  weights: BertWeights,
  rank: number,
  classes: number,
): readonly ParameterPlace[] {
  const layout = tuningLayout(weights, rank);
  const { hidden } = weights.config;
  const end = tuningLength(layout);
  return [
    ...layout.map(({ name, rows, cols, offset }) => ({
      name,
      dims: [rows, cols],
      offset,
      length: rows * cols,
    })),
    { name: HEAD, dims: [classes, hidden], offset: end, length: classes * hidden },
    { name: HEAD_BIAS, dims: [classes], offset: end + classes * hidden, length: classes },
  ];
}

/** Inputs: those of bertForward and bertBackward, targets [texts, classes], textWeights [texts, 1], the head. */
export function tuningGraph(weights: BertWeights, classes: number): Uint8Array {
  const g = new GraphBuilder('tuning');
  const { hidden } = weights.config;
  const tape = bertForward(g, weights, LORA_SCALE);
  const targets = g.input('targets', 'float32', ['texts', classes]);
  const textWeights = g.input('textWeights', 'float32', ['texts', 1]);
  const head = g.input(HEAD, 'float32', [classes, hidden]);
  const headBias = g.input(HEAD_BIAS, 'float32', [classes]);
  const scale = { alpha: float(HEAD_SCALE) };

  const logits = g.node('Gemm', [tape.vectors, head, headBias], {
    transB: 1,
    ...scale,
    beta: float(HEAD_SCALE),
  });
  const probabilities = g.node('Softmax', [logits], { axis: -1 });
  g.output(probabilities, 'float32', ['texts', classes], PROBABILITIES);

  // Cross-entropy: the logits' gradient is softmax − target.
  const dLogits = g.node('Mul', [g.node('Sub', [probabilities, targets]), textWeights]);
  const dHead = g.node('Gemm', [dLogits, tape.vectors], { transA: 1, ...scale });
  g.output(dHead, 'float32', [classes, hidden], gradientName(HEAD));
  const dBias = g.node('Mul', [
    g.node('ReduceSum', [dLogits, g.ints([0])], { keepdims: 0 }),
    g.scalar(HEAD_SCALE),
  ]);
  g.output(dBias, 'float32', [classes], gradientName(HEAD_BIAS));
  const dVectors = g.node('Gemm', [dLogits, head], scale);

  bertBackward(g, weights, tape, poolBackward(g, tape, dVectors));
  return g.toBytes();
}
