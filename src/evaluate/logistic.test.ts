import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../core/random.ts';
import { type Design, fitLogistic, type LogisticTask, logisticAt } from './logistic.ts';

/** Rows of three sparse places, one of which is set, and two dense features. */
function taskOf(n: number, seed: number, weightOf: (row: number) => number = () => 1): LogisticTask {
  const random = seededRandom(seed);
  const truth = [1.5, -1, 0.3, 0.8, -2, 0.4];
  const design: Design = {
    rows: n,
    sparseWidth: 3,
    starts: Uint32Array.from({ length: n + 1 }, (_, i) => i),
    places: Uint16Array.from({ length: n }, () => random.below(3)),
    values: new Float32Array(n).fill(1),
    denseWidth: 2,
    dense: Float32Array.from({ length: 2 * n }, () => random.normal()),
  };
  const rows = Uint32Array.from({ length: n }, (_, i) => i);
  return {
    design,
    use: rows,
    targets: Float32Array.from(rows, (row) =>
      random.next() < logisticAt(design, Float64Array.from(truth), row) ? 1 : 0,
    ),
    weights: Float32Array.from(rows, weightOf),
  };
}

/** The gradient of the penalised loss, written out plainly. */
function gradientOf(
  { design, use, targets, weights }: LogisticTask,
  ridge: number,
  x: Float64Array,
): number[] {
  const gradient = Array.from(x, (value, j) => (j === x.length - 1 ? 0 : ridge * value));
  for (const row of use) {
    const miss = weights[row]! * (logisticAt(design, x, row) - targets[row]!);
    gradient[design.places[row]!]! += miss;
    gradient[3]! += miss * design.dense[2 * row]!;
    gradient[4]! += miss * design.dense[2 * row + 1]!;
    gradient[5]! += miss;
  }
  return gradient;
}

test('the fit ends where the gradient of the penalised loss is nought, whatever the data, the ridge and the start', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 5, max: 300 }),
      fc.integer(),
      fc.double({ min: 0.1, max: 50, noNaN: true }),
      fc.boolean(),
      (n, seed, ridge, started) => {
        const task = taskOf(n, seed, (row) => 0.5 + (row % 3));
        const start = started ? Float64Array.of(3, -3, 2, -2, 1, -1) : undefined;
        const x = fitLogistic(task, ridge, start);
        const total = task.weights.reduce((sum, weight) => sum + weight, 0);
        for (const slope of gradientOf(task, ridge, x)) assert.ok(Math.abs(slope) <= 1e-3 * total + 1e-6);
      },
    ),
    { numRuns: 60 },
  );
});

test('many rows give back the weights that made them, up to what the ridge and the bias share', () => {
  const x = fitLogistic(taskOf(20_000, 1), 0.1);
  assert.ok(Math.abs(x[3]! - 0.8) < 0.1 && Math.abs(x[4]! + 2) < 0.15, `${x}`);
  assert.ok(Math.abs(x[0]! - x[1]! - 2.5) < 0.2, `${x}`);
});

test('a row of weight 2 counts as two rows', () => {
  const task = taskOf(100, 2);
  const doubled: LogisticTask = { ...task, weights: new Float32Array(100).fill(1) };
  doubled.weights[7] = 2;
  const repeated: LogisticTask = { ...task, use: Uint32Array.from([...task.use, 7]) };
  const [a, b] = [fitLogistic(doubled, 1), fitLogistic(repeated, 1)];
  a.forEach((value, j) => {
    assert.ok(Math.abs(value - b[j]!) < 1e-2);
  });
});

test('rows that are not used change nothing', () => {
  const task = { ...taskOf(50, 3), use: Uint32Array.from({ length: 40 }, (_, i) => i) };
  const other = { ...task, targets: task.targets.map((target, row) => (row < 40 ? target : 1 - target)) };
  assert.deepEqual(fitLogistic(task, 1), fitLogistic(other, 1));
});
