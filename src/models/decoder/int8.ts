/**
 * Products with a block's fixed weights in 8-bit integers: the processor multiplies more of them at a time than of
 * float32, and they take a quarter of the memory. Each column of the weights and each row of what they are multiplied
 * with has a scale of its own, so that a token with large values costs the others no accuracy.
 * Does not: know which products may be inexact (train/embedded/linear.ts).
 */
import { CONTRIB, type GraphBuilder, type TensorData, type Value } from '../formats/onnx.ts';

/**
 * Largest weight. Without VNNI, ONNX Runtime's kernels add two products in 16 bits, which hold 2 · 255 · 64 = 32,640
 * and not 2 · 255 · 65.
 */
const LARGEST = 64;
/** Smallest scale: a row or a column of zeros stays one. */
const TINY = 1e-30;

/** W ≈ data · scales, column by column. */
export interface Int8Matrix {
  /** int8 [rows, columns] */
  readonly data: TensorData;
  /** float32 [columns] */
  readonly scales: TensorData;
}

/**
 * @param weight [out, in], row-major.
 * @param direction Forward, x Wᵀ is wanted: the matrix is [in, out]. Backward, dy W: [out, in].
 */
export function int8Matrix(
  weight: Float32Array,
  size: { readonly out: number; readonly in: number },
  direction: 'forward' | 'backward',
): Int8Matrix {
  const forward = direction === 'forward';
  const [rows, columns] = forward ? [size.in, size.out] : [size.out, size.in];
  // Element (row, column) of the matrix is weight[row · rowStep + column · columnStep].
  const [rowStep, columnStep] = forward ? [1, size.in] : [size.in, 1];
  const scales = new Float32Array(columns).fill(TINY);
  for (let row = 0; row < rows; row++)
    for (let column = 0, at = row * rowStep; column < columns; column++, at += columnStep) {
      const scale = Math.abs(weight[at]!) / LARGEST;
      if (scale > scales[column]!) scales[column] = scale;
    }
  const steps = scales.map((scale) => 1 / scale);
  const data = new Int8Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0, at = row * rowStep; column < columns; column++, at += columnStep)
      // Rounds as Math.round does, in less time.
      data[row * columns + column] = ((weight[at]! * steps[column]! + LARGEST + 0.5) | 0) - LARGEST;
  return {
    data: { type: 'int8', dims: [rows, columns], data },
    scales: { type: 'float32', dims: [columns], data: scales },
  };
}

/** x [tokens, n] as unsigned 8-bit integers, and what turns them back. */
export interface Int8Rows {
  readonly values: Value;
  readonly scale: Value;
  readonly zero: Value;
  /** Largest absolute value of each row [tokens, 1]. */
  readonly largest: Value;
}

export function int8Rows(g: GraphBuilder, x: Value): Int8Rows {
  const absolute = g.node('ReduceMax', [g.node('Abs', [x]), g.ints([-1])], { keepdims: 1 });
  const largest = g.node('Max', [absolute, g.scalar(TINY)]);
  const [values, scale, zero] = g.nodeOutputs('DynamicQuantizeLinear', [g.node('Div', [x, largest])], 3);
  return { values: values!, scale: scale!, zero: zero!, largest };
}

/**
 * The product of rows with an Int8Matrix, in float32.
 * @param data Name of the matrix's data, and `scales` of its scales.
 */
export function int8Product(g: GraphBuilder, rows: Int8Rows, data: Value, scales: Value): Value {
  const inputs = [rows.values, data, rows.scale, scales, rows.zero];
  return g.node('Mul', [g.node('MatMulIntegerToFloat', inputs, {}, { domain: CONTRIB }), rows.largest]);
}
