/** The feed-forward's activation f(z) = z σ(linear z + cubic z³) and its slope, as ONNX nodes. */
import type { GraphBuilder, Value } from '../../models/formats/onnx.ts';
import type { Activation } from './families.ts';

export interface ActivationTape {
  readonly z: Value;
  readonly y: Value;
  readonly sigmoid: Value;
}

export function activate(g: GraphBuilder, { linear, cubic }: Activation, z: Value): ActivationTape {
  let inner = z;
  if (cubic !== 0) {
    const square = g.node('Mul', [z, z]);
    const factor = g.node('Add', [g.node('Mul', [square, g.scalar(cubic)]), g.scalar(linear)]);
    inner = g.node('Mul', [z, factor]);
  } else if (linear !== 1) inner = g.node('Mul', [z, g.scalar(linear)]);
  const sigmoid = g.node('Sigmoid', [inner]);
  return { z, y: g.node('Mul', [z, sigmoid]), sigmoid };
}

/** f'(z) = σ + (f − f σ) · (linear + 3 cubic z²) */
export function slope(g: GraphBuilder, { linear, cubic }: Activation, tape: ActivationTape): Value {
  const { z, y, sigmoid } = tape;
  const product = g.node('Mul', [y, sigmoid]);
  if (cubic === 0 && linear === 1) return g.node('Sub', [g.node('Add', [sigmoid, y]), product]);
  const square = g.node('Mul', [z, z]);
  const inner = g.node('Add', [g.node('Mul', [square, g.scalar(3 * cubic)]), g.scalar(linear)]);
  return g.node('Add', [sigmoid, g.node('Mul', [g.node('Sub', [y, product]), inner])]);
}
