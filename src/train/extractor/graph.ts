/**
 * One training step of the encoder with heads for options (on the input's vector) and tags (on its tokens) as one ONNX
 * graph: forward, cross-entropy of each, backward down to the gradients of the heads and of the LoRA matrices.
 * Does not: make the inputs or run the graph (step.ts), or update parameters (../engine).
 */

import { bertForward } from '../../models/encoder/bert-forward.ts';
import { tuningLayout, tuningLength } from '../../models/encoder/bert-tuning.ts';
import type { BertWeights } from '../../models/encoder/bert-weights.ts';
import { float, GraphBuilder, type Value } from '../../models/formats/onnx.ts';
import { bertBackward, gradientName, LORA_SCALE, poolBackward } from '../encoder/backward.ts';
import type { ParameterPlace } from '../encoder/graph.ts';

/** Logits = scale · (x Uᵀ + c): a step of Adam on U moves a head this much further than one on LoRA. */
export const OPTION_SCALE = 20;
/** States of tokens are longer than the vectors of texts. */
export const TAG_SCALE = 4;

export interface Heads {
  /** Options of each group; empty where nothing is chosen. */
  readonly groups: readonly number[];
  /** Tags of a unit; at most 1 where nothing is copied. */
  readonly tags: number;
}

export const OPTIONS = 'options';
export const TAGS = 'tags';

const headOf = (name: string): readonly [weight: string, bias: string] => [`${name}.weight`, `${name}.bias`];

const heads = ({ groups, tags }: Heads): readonly (readonly [string, number])[] => [
  ...(groups.length > 0 ? [[OPTIONS, groups.reduce((sum, size) => sum + size, 0)] as const] : []),
  ...(tags > 1 ? [[TAGS, tags] as const] : []),
];

/** Every trained array in the flat one: LoRA matrices, then weight [classes, hidden] and bias [classes] of each head. */
export function parameterPlaces(weights: BertWeights, rank: number, sizes: Heads): readonly ParameterPlace[] {
  const { hidden } = weights.config;
  const layout = tuningLayout(weights, rank);
  const places: ParameterPlace[] = layout.map(({ name, rows, cols, offset }) => {
    return { name, dims: [rows, cols], offset, length: rows * cols };
  });
  let offset = tuningLength(layout);
  for (const [name, classes] of heads(sizes))
    for (const [part, dims] of [
      [headOf(name)[0], [classes, hidden]],
      [headOf(name)[1], [classes]],
    ] as const) {
      const length = dims.reduce((product, dim) => product * dim, 1);
      places.push({ name: part, dims, offset, length });
      offset += length;
    }
  return places;
}

/**
 * Inputs: those of bertForward and bertBackward; for each head its weight and bias, and its targets and weights [rows,
 * classes]. Outputs: the probabilities, and the gradients.
 */
export function extractorGraph(weights: BertWeights, sizes: Heads): Uint8Array {
  const g = new GraphBuilder('extractor');
  const tape = bertForward(g, weights, LORA_SCALE);
  let dStates: Value = '';
  for (const [name, classes] of heads(sizes)) {
    const isOptions = name === OPTIONS;
    const x = isOptions ? tape.vectors : tape.states;
    const dx = head(g, weights, name, x, classes, isOptions ? sizes.groups : [classes]);
    const own = isOptions ? poolBackward(g, tape, dx) : dx;
    dStates = dStates === '' ? own : g.node('Add', [dStates, own]);
  }
  bertBackward(g, weights, tape, dStates);
  return g.toBytes();
}

/** A linear layer and a softmax for each group of its outputs; returns the gradient of its input. */
function head(
  g: GraphBuilder,
  { config: { hidden } }: BertWeights,
  name: string,
  x: Value,
  classes: number,
  groups: readonly number[],
): Value {
  const factor = name === OPTIONS ? OPTION_SCALE : TAG_SCALE;
  const scale = { alpha: float(factor) };
  const [weightName, biasName] = headOf(name);
  const rows = name === OPTIONS ? 'texts' : 'tokens';
  const weight = g.input(weightName, 'float32', [classes, hidden]);
  const bias = g.input(biasName, 'float32', [classes]);
  const targets = g.input(`${name}.targets`, 'float32', [rows, classes]);
  const shares = g.input(`${name}.shares`, 'float32', [rows, classes]);
  const logits = g.node('Gemm', [x, weight, bias], { transB: 1, ...scale, beta: float(factor) });
  const probabilities =
    groups.length === 1
      ? g.node('Softmax', [logits], { axis: -1 })
      : g.node(
          'Concat',
          g
            .nodeOutputs('Split', [logits, g.ints(groups)], groups.length, { axis: 1 })
            .map((group) => g.node('Softmax', [group], { axis: -1 })),
          { axis: 1 },
        );
  g.output(probabilities, 'float32', [rows, classes], name);
  // Cross-entropy: the logits' gradient is softmax − target.
  const dLogits = g.node('Mul', [g.node('Sub', [probabilities, targets]), shares]);
  const dWeight = g.node('Gemm', [dLogits, x], { transA: 1, ...scale });
  g.output(dWeight, 'float32', [classes, hidden], gradientName(weightName));
  const sums = g.node('ReduceSum', [dLogits, g.ints([0])], { keepdims: 0 });
  g.output(g.node('Mul', [sums, g.scalar(factor)]), 'float32', [classes], gradientName(biasName));
  return g.node('Gemm', [dLogits, weight], scale);
}
