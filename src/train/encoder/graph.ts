/**
 * One training step of the encoder with a classification head as one ONNX graph: forward, cross-entropy, backward down
 * to the gradients of the head and of the LoRA matrices.
 * Does not: make the inputs or run the graph (step.ts), or update parameters (../engine).
 */
import {
  type BertWeights,
  type BlockTape,
  bertForward,
  type LinearTape,
  type NormTape,
  tuningLayout,
  tuningLength,
} from '../../models/encoder/bert-lora.ts';
import { CONTRIB, float, GraphBuilder, type Value } from '../../models/formats/onnx.ts';

/** Logits = HEAD_SCALE · (v Uᵀ + c): a step of Adam on U moves the head this much further than one on LoRA. */
export const HEAD_SCALE = 20;

/** alpha / rank of LoRA while training. */
export const LORA_SCALE = 2;

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

export const gradientName = (parameter: string): string => `grad.${parameter}`;

/** Inputs: those of bertForward, padMask [cells, 1], targets [texts, classes], textWeights [texts, 1], the head. */
export function tuningGraph(weights: BertWeights, classes: number): Uint8Array {
  const g = new GraphBuilder('tuning');
  const { hidden } = weights.config;
  const tape = bertForward(g, weights, LORA_SCALE);
  const padMask = g.input('padMask', 'float32', ['cells', 1]);
  g.input('mergedSplit', 'int64', [5]);
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

  // Unit length, v = m/|m|: dm = (dv − v (v · dv)) / |m|. Then the mean over the tokens.
  const along = g.node('ReduceSum', [g.node('Mul', [dVectors, tape.vectors]), g.ints([-1])], { keepdims: 1 });
  const across = g.node('Sub', [dVectors, g.node('Mul', [tape.vectors, along])]);
  let dx = matmul(g, 'pool', g.node('Div', [across, tape.norms]), { transA: 1 });
  for (let layer = weights.blocks.length - 1; layer >= 0; layer--)
    dx = blockBackward(g, weights, tape.blocks[layer]!, dx, padMask, layer > 0);
  return g.toBytes();
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
