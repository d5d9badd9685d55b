import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { seededRandom } from '../../core/random.ts';
import { GraphBuilder } from '../formats/onnx.ts';
import { int8Matrix, int8Product, int8Rows } from './int8.ts';

const size = { out: 48, in: 32 };

/** x [rows, columns of x] times the matrix, by ONNX Runtime. */
async function product(x: Float32Array, weight: Float32Array, direction: 'forward' | 'backward') {
  const { data, scales } = int8Matrix(weight, size, direction);
  const g = new GraphBuilder('int8');
  const [n, m] = data.dims as [number, number];
  g.input('x', 'float32', ['rows', n]);
  const rows = int8Rows(g, 'x');
  const y = int8Product(g, rows, g.initializer('data', data), g.initializer('scales', scales));
  g.output(y, 'float32', ['rows', m], 'y');
  const session = await InferenceSession.create(g.toBytes(), { intraOpNumThreads: 1 });
  const { y: result } = await session.run({ x: new Tensor('float32', x, [x.length / n, n]) });
  await session.release();
  return result!.data as Float32Array;
}

test('a matrix is within half a step of the weights, and small enough for 16-bit sums', () => {
  const value = fc.oneof(fc.constant(0), fc.float({ noNaN: true, min: -1e3, max: 1e3 }));
  fc.assert(
    fc.property(fc.array(value, { minLength: 12, maxLength: 12 }), (values) => {
      const weight = Float32Array.from(values);
      for (const direction of ['forward', 'backward'] as const) {
        const { data, scales } = int8Matrix(weight, { out: 3, in: 4 }, direction);
        assert.deepEqual(data.dims, direction === 'forward' ? [4, 3] : [3, 4]);
        for (let out = 0; out < 3; out++)
          for (let i = 0; i < 4; i++) {
            const [row, column] = direction === 'forward' ? [i, out] : [out, i];
            const stored = Number(data.data[row * data.dims[1]! + column]);
            const scale = Number(scales.data[column]);
            assert.ok(Math.abs(stored) <= 64);
            assert.ok(Math.abs(stored * scale - weight[out * 4 + i]!) <= 0.501 * scale);
          }
      }
    }),
  );
});

for (const direction of ['forward', 'backward'] as const) {
  test(`${direction}: rows of any magnitude, zeros too, are right to about a per cent`, async () => {
    const random = seededRandom(3);
    const weight = Float32Array.from({ length: size.out * size.in }, () => random.normal());
    const [n, m] = direction === 'forward' ? [size.in, size.out] : [size.out, size.in];
    const magnitudes = [1, 1e-9, 1e6, 0, 30];
    const x = Float32Array.from(
      { length: magnitudes.length * n },
      (_, i) => magnitudes[Math.floor(i / n)]! * random.normal(),
    );
    const y = await product(x, weight, direction);
    magnitudes.forEach((magnitude, row) => {
      for (let column = 0; column < m; column++) {
        let exact = 0;
        for (let k = 0; k < n; k++) {
          const at = direction === 'forward' ? column * size.in + k : k * size.in + column;
          exact += x[row * n + k]! * weight[at]!;
        }
        // Of a sum of n products of normal numbers the deviation is √n.
        assert.ok(Math.abs(y[row * m + column]! - exact) <= 0.05 * magnitude * Math.sqrt(n), `row ${row}`);
      }
    });
  });
}

test('sums of the largest values do not overflow', async () => {
  const y = await product(
    new Float32Array(size.in).fill(2),
    new Float32Array(size.out * size.in).fill(3),
    'forward',
  );
  for (const value of y) assert.ok(Math.abs(value - 6 * size.in) < 0.01 * 6 * size.in, `${value}`);
});
