/**
 * The backward pass of the encoder with LoRA as ONNX nodes, from the gradient of its states down to those of the LoRA
 * matrices: what the trainings of the encoder share, whatever head they have.
 * Does not: know the head or the loss (graph.ts, ../extractor/graph.ts).
 */

import type { BlockTape, ForwardTape, LinearTape, NormTape } from '../../models/encoder/bert-forward.ts';
import type { BertWeights } from '../../models/encoder/bert-weights.ts';
import { CONTRIB, float, type GraphBuilder, type Value } from '../../models/formats/onnx.ts';

/** alpha / rank of LoRA while training. */
export const LORA_SCALE = 2;

export const gradientName = (parameter: string): string => `grad.${parameter}`;

/** Gradient of the states [tokens, hidden] from that of the texts' vectors. */
export function poolBackward(g: GraphBuilder, tape: ForwardTape, dVectors: Value): Value {
  // Unit length, v = m/|m|: dm = (dv − v (v · dv)) / |m|. Then the mean over the tokens.
  const along = g.node('ReduceSum', [g.node('Mul', [dVectors, tape.vectors]), g.ints([-1])], { keepdims: 1 });
  const across = g.node('Sub', [dVectors, g.node('Mul', [tape.vectors, along])]);
  return matmul(g, 'pool', g.node('Div', [across, tape.norms]), { transA: 1 });
}

/** Emits the gradients of all LoRA matrices. Adds the inputs padMask [cells, 1] and mergedSplit. */
export function bertBackward(g: GraphBuilder, weights: BertWeights, tape: ForwardTape, dStates: Value): void {
  const padMask = g.input('padMask', 'float32', ['cells', 1]);
  g.input('mergedSplit', 'int64', [5]);
  let dx = dStates;
  for (let layer = weights.blocks.length - 1; layer >= 0; layer--)
    dx = blockBackward(g, weights, tape.blocks[layer]!, dx, padMask, layer > 0);
}

/** Emits the gradients of the block's LoRA matrices; returns that of its input, or '' unless `below`. */
function blockBackward(
  g: GraphBuilder,
  weights: BertWeights,
  tape: BlockTape,
  dy: Value,
  padMask: Value,
  below: boolean,
): Value {
  const { hidden, heads } = weights.config;
  const linear = (dOut: Value, of: LinearTape, want = true): Value => linearBackward(g, dOut, of, want);
  const dEnd = normBackward(g, dy, tape.outputNorm);
  const dWide = linear(dEnd, tape.linear.output);
  // GELU'(z) = Φ(z) + z φ(z), φ the normal density.
  const { wide, cdf } = tape;
  const square = g.node('Mul', [g.node('Mul', [wide, wide]), g.scalar(-0.5)]);
  const density = g.node('Mul', [g.node('Exp', [square]), g.scalar(1 / Math.sqrt(2 * Math.PI))]);
  const slope = g.node('Add', [cdf, g.node('Mul', [wide, density])]);
  const dMiddle = g.node('Add', [linear(g.node('Mul', [dWide, slope]), tape.linear.intermediate), dEnd]);
  const dAttended = normBackward(g, dMiddle, tape.attentionNorm);

  const dContext = g.node('Gather', [linear(dAttended, tape.linear.attention_output), 'pad'], { axis: 0 });
  // Padding would send gradients into keys and values: what comes in at its cells is zeroed.
  const dRows = g.node('Reshape', [g.node('Mul', [dContext, padMask]), 'mergedSplit']);
  const dMixed = g.node('Transpose', [dRows], { perm: [0, 1, 3, 2, 4] });
  const dValue = matmul(g, tape.scores, dMixed, { transA: 1 });
  // Softmax: dS = P ∘ (dP − rowsum(dP ∘ P)), and that row sum equals rowsum(dO ∘ O).
  const rowSum = g.node('ReduceSum', [g.node('Mul', [dMixed, tape.mixed]), g.ints([-1])], { keepdims: 1 });
  const dProbabilities = g.node('Sub', [matmul(g, dMixed, tape.value, { transB: 1 }), rowSum]);
  const dScores = g.node('Mul', [tape.scores, dProbabilities]);
  const scale = { alpha: float(1 / Math.sqrt(hidden / heads)) };
  const dQuery = matmul(g, dScores, tape.key, scale);
  const dKey = matmul(g, dScores, tape.query, { transA: 1, ...scale });
  const parts = g.node('Concat', [dQuery, dKey, dValue], { axis: 0 });
  const cells = g.node('Reshape', [
    g.node('Transpose', [parts], { perm: [1, 3, 0, 2, 4] }),
    g.ints([-1, 3 * hidden]),
  ]);
  const dInput = linear(g.node('Gather', [cells, 'unpad'], { axis: 0 }), tape.linear.attention, below);
  return below ? g.node('Add', [dInput, dAttended]) : '';
}

/** Emits the gradients of A and B; returns dx, or '' unless wanted. */
function linearBackward(g: GraphBuilder, dy: Value, tape: LinearTape, want: boolean): Value {
  const scale = { alpha: float(LORA_SCALE) };
  const du = g.node('Gemm', [dy, tape.b], scale);
  g.output(g.node('Gemm', [du, tape.x], { transA: 1 }), 'float32', ['rank', 'in'], gradientName(tape.a));
  g.output(
    g.node('Gemm', [dy, tape.u], { transA: 1, ...scale }),
    'float32',
    ['out', 'rank'],
    gradientName(tape.b),
  );
  return want ? g.node('Gemm', [du, tape.a, g.node('Gemm', [dy, tape.weight])]) : '';
}

/** dx = r (d − mean(d) − x̂ mean(d ∘ x̂)) with d = dy ∘ gain, x̂ = (x − mean) r, r the inverse deviation. */
function normBackward(g: GraphBuilder, dy: Value, tape: NormTape): Value {
  const mean = (value: Value): Value => g.node('ReduceMean', [value, g.ints([-1])], { keepdims: 1 });
  const centred = g.node('Mul', [g.node('Sub', [tape.x, tape.mean]), tape.inverse]);
  const d = g.node('Mul', [dy, tape.gain]);
  const drawn = g.node('Mul', [centred, mean(g.node('Mul', [d, centred]))]);
  return g.node('Mul', [g.node('Sub', [g.node('Sub', [d, mean(d)]), drawn]), tape.inverse]);
}

function matmul(
  g: GraphBuilder,
  a: Value,
  b: Value,
  attributes: Parameters<GraphBuilder['node']>[2] = {},
): Value {
  return g.node('FusedMatMul', [a, b], attributes, { domain: CONTRIB });
}
