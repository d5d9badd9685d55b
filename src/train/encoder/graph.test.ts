/** Loss and gradients of the encoder's graph against a plain forward pass in double precision. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { referenceVector, writeTinyBert } from '../../../test/support/tiny-bert.ts';
import { seededRandom } from '../../core/random.ts';
import { tuningLayout } from '../../models/encoder/bert-tuning.ts';
import { bertWeights } from '../../models/encoder/bert-weights.ts';
import { LORA_SCALE } from './backward.ts';
import { HEAD, HEAD_BIAS, HEAD_SCALE, parameterPlaces } from './graph.ts';
import { type Sample, tuningRunner } from './step.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-tuning-'));
after(() => rmSync(dir, { recursive: true }));
const tensors = writeTinyBert(dir);
const weights = bertWeights({ hidden: 8, layers: 2, heads: 2, epsilon: 1e-12 }, tensors);
const [RANK, CLASSES] = [3, 4];
const places = parameterPlaces(weights, RANK, CLASSES);

/** Away from where training begins, so that B is not zero and every gradient flows. */
function drawn(): Float32Array {
  const random = seededRandom(5);
  return Float32Array.from(
    { length: places.reduce((sum, { length }) => sum + length, 0) },
    () => 0.1 * random.normal(),
  );
}

/** Different lengths and weights, so that padding and weighting take part. */
const samples: readonly Sample[] = [
  { ids: [2, 4, 5, 6, 7, 10, 3], label: 0, weight: 1 },
  { ids: [2, 9, 3], label: 3, weight: 0.5 },
  { ids: [2, 4, 7, 8, 1, 3], label: 1, weight: 1.5 },
];

const matrix = (
  parameters: Float32Array,
  name: string,
): { readonly data: Float32Array; readonly cols: number } => {
  const { offset, length, dims } = places.find((place) => place.name === name)!;
  return { data: parameters.subarray(offset, offset + length), cols: dims.at(-1)! };
};

const times = ({ data, cols }: ReturnType<typeof matrix>, x: readonly number[]): number[] =>
  Array.from({ length: data.length / cols }, (_, r) =>
    x.reduce((sum, v, c) => sum + v * data[r * cols + c]!, 0),
  );

function referenceLoss(parameters: Float32Array): number {
  const lora = (name: string, x: readonly number[]): number[] => {
    const parts = /^encoder\.layer\.(\d+)\.(.*)$/.exec(name)!;
    const self = /self\.(query|key|value)$/.exec(parts[2]!)?.[1];
    const linear = self ? 'attention' : parts[2]!.replace('.dense', '').replace('.', '_');
    const of = (part: string): ReturnType<typeof matrix> =>
      matrix(parameters, `layer.${parts[1]}.${linear}.lora_${part}`);
    const out = times(of('b'), times(of('a'), x)).map((value) => LORA_SCALE * value);
    const third = self ? ['query', 'key', 'value'].indexOf(self) : 0;
    return self ? out.slice(third * 8, (third + 1) * 8) : out;
  };
  let loss = 0;
  for (const { ids, label, weight } of samples) {
    const vector = referenceVector(tensors, ids, lora);
    const bias = matrix(parameters, HEAD_BIAS).data;
    const logits = times(matrix(parameters, HEAD), vector).map((value, c) => HEAD_SCALE * (value + bias[c]!));
    const top = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    loss -= (weight / samples.length) * (logits[label]! - top);
  }
  return loss;
}

const options = { rank: RANK, classes: CLASSES, threads: 1, seed: 1, wordDropout: 0 };

test('loss and gradients of every matrix equal those of the reference', async () => {
  const parameters = drawn();
  const runner = await tuningRunner(weights, samples, parameters, options);
  const loss = await runner.step(0, [0, 1, 2]);
  const expected = referenceLoss(parameters);
  assert.ok(Math.abs(loss - expected) < 1e-5, `loss ${loss}, reference ${expected}`);
  // Central differences of the reference.
  const random = seededRandom(9);
  for (const { name, offset, length } of places)
    for (let draw = 0; draw < 3; draw++) {
      const at = offset + random.below(length);
      const difference = (sign: number): number => {
        const moved = parameters.slice();
        moved[at]! += sign * 1e-3;
        return referenceLoss(moved);
      };
      const numeric = (difference(1) - difference(-1)) / 2e-3;
      const where = `${name}: ${runner.gradient[at]} and ${numeric}`;
      assert.ok(Math.abs(runner.gradient[at]! - numeric) < 1e-4 + 2e-3 * Math.abs(numeric), where);
    }
  assert.ok(tuningLayout(weights, RANK).length === places.length - 2);
  await runner.close();
});
