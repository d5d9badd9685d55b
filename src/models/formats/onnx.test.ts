import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { CONTRIB, float, GraphBuilder } from './onnx.ts';

test('a graph with every kind of attribute and input runs in ONNX Runtime', async () => {
  const g = new GraphBuilder('sample');
  const x = g.input('x', 'float32', ['rows', 2]);
  const w = g.initializer('w', { type: 'float32', dims: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
  const y = g.node('Gemm', [x, w], { transB: 1, alpha: float(0.5) });
  const z = g.node('FusedMatMul', [y, w], { alpha: float(2) }, { domain: CONTRIB });
  const flat = g.node('Transpose', [z], { perm: [1, 0] });
  const c = g.node('Constant', [], {
    value: { tensor: { type: 'float32', dims: [1], data: Float32Array.of(-1) } },
  });
  const sum = g.node('ReduceSum', [g.node('Add', [flat, c]), g.ints([0])], { keepdims: 0 });
  g.output(sum, 'float32', ['rows'], 'sum');
  const [top] = g.nodeOutputs('TopK', [x, g.ints([1])], 2, { axis: -1 });
  g.output(top!, 'float32', ['rows', 1], 'top');
  const session = await InferenceSession.create(g.toBytes(), { intraOpNumThreads: 1 });
  const result = await session.run({ x: new Tensor('float32', [1, 2, 3, 4, 5, 6], [3, 2]) });
  const data = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  const weight = data;
  const expected = data.map((row) => {
    const hidden = weight.map((out) => 0.5 * (row[0]! * out[0]! + row[1]! * out[1]!));
    const back = [0, 1].map((i) => 2 * hidden.reduce((total, h, o) => total + h * weight[o]![i]!, 0) - 1);
    return back[0]! + back[1]!;
  });
  assert.deepEqual([...(result.sum!.data as Float32Array)], expected);
  assert.deepEqual([...(result.top!.data as Float32Array)], [2, 4, 6]);
});

test('equal constants are stored once', () => {
  const g = new GraphBuilder('constants');
  assert.equal(g.ints([1, -1]), g.ints([1, -1]));
  assert.notEqual(g.ints([1]), g.ints([1, 1]));
  assert.equal(g.scalar(0.5), g.scalar(0.5));
});
