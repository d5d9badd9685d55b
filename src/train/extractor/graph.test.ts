/** Loss and gradients of the extractor's graph against a plain forward pass in double precision. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { referenceStates, writeTinyBert } from '../../../test/support/tiny-bert.ts';
import { seededRandom } from '../../core/random.ts';
import { bertWeights } from '../../models/encoder/bert-weights.ts';
import { LORA_SCALE } from '../encoder/backward.ts';
import { type Heads, OPTION_SCALE, parameterPlaces, TAG_SCALE } from './graph.ts';
import { extractorRunner, type Sample } from './step.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-extractor-'));
after(() => rmSync(dir, { recursive: true }));
const tensors = writeTinyBert(dir);
const weights = bertWeights({ hidden: 8, layers: 2, heads: 2, epsilon: 1e-12 }, tensors);
const RANK = 3;

const sample = (
  windows: readonly (readonly number[])[],
  shares: readonly number[],
  options: readonly number[],
  tags: readonly number[],
  weight: number,
): Sample => ({ windows, shares, ids: windows.flat(), options, tags: Int32Array.from(tags), weight });

/** Different lengths, weights and windows; groups and tokens of which nothing is said. */
const samples: readonly Sample[] = [
  sample([[2, 4, 5, 6, 7, 10, 3]], [1], [0, 2], [-1, 0, 1, 2, -1, 0, -1], 1),
  sample([[2, 9, 3]], [1], [1, -1], [-1, 3, -1], 0.5),
  sample(
    [
      [2, 4, 7, 3],
      [2, 8, 1, 5, 3],
    ],
    [0.5, 1],
    [-1, 1],
    [-1, 0, 0, -1, -1, 1, 2, 0, -1],
    1.5,
  ),
];

type Matrix = { readonly data: Float32Array; readonly cols: number };

function referenceLoss(parameters: Float32Array, heads: Heads): number {
  const places = parameterPlaces(weights, RANK, heads);
  const matrix = (name: string): Matrix => {
    const { offset, length, dims } = places.find((place) => place.name === name)!;
    return { data: parameters.subarray(offset, offset + length), cols: dims.at(-1)! };
  };
  const times = ({ data, cols }: Matrix, x: readonly number[]): number[] =>
    Array.from({ length: data.length / cols }, (_, r) =>
      x.reduce((sum, v, c) => sum + v * data[r * cols + c]!, 0),
    );
  const lora = (name: string, x: readonly number[]): number[] => {
    const parts = /^encoder\.layer\.(\d+)\.(.*)$/.exec(name)!;
    const self = /self\.(query|key|value)$/.exec(parts[2]!)?.[1];
    const linear = self ? 'attention' : parts[2]!.replace('.dense', '').replace('.', '_');
    const of = (part: string): Matrix => matrix(`layer.${parts[1]}.${linear}.lora_${part}`);
    const out = times(of('b'), times(of('a'), x)).map((value) => LORA_SCALE * value);
    const third = self ? ['query', 'key', 'value'].indexOf(self) : 0;
    return self ? out.slice(third * 8, (third + 1) * 8) : out;
  };
  const logitsOf = (name: string, x: readonly number[], scale: number): number[] => {
    const bias = matrix(`${name}.bias`).data;
    return times(matrix(`${name}.weight`), x).map((value, c) => scale * (value + bias[c]!));
  };
  const crossEntropy = (logits: readonly number[], label: number): number =>
    Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)) - logits[label]!;
  let loss = 0;
  for (const { windows, shares, options, tags, weight } of samples) {
    const states = windows.map((ids) => referenceStates(tensors, ids, lora));
    const mean = Array.from({ length: 8 }, (_, h) =>
      states.reduce((sum, rows, w) => sum + shares[w]! * rows.reduce((all, row) => all + row[h]!, 0), 0),
    );
    const length = Math.hypot(...mean);
    const vector = mean.map((value) => value / length);
    let own = 0;
    if (heads.groups.length > 0) {
      const logits = logitsOf('options', vector, OPTION_SCALE);
      let at = 0;
      heads.groups.forEach((size, group) => {
        if (options[group]! >= 0) own += crossEntropy(logits.slice(at, at + size), options[group]!);
        at += size;
      });
    }
    if (heads.tags > 1)
      for (const [t, state] of states.flat().entries())
        if (tags[t]! >= 0) own += crossEntropy(logitsOf('tags', state, TAG_SCALE), tags[t]!);
    loss += (weight / samples.length) * own;
  }
  return loss;
}

/** Loss and gradients of the graph and of the reference, by central differences, at a few places of each matrix. */
async function compare(heads: Heads): Promise<void> {
  const places = parameterPlaces(weights, RANK, heads);
  const draw = seededRandom(5);
  // Away from where training begins, so that B is not zero and every gradient flows.
  const parameters = Float32Array.from(
    { length: places.reduce((sum, { length }) => sum + length, 0) },
    () => 0.1 * draw.normal(),
  );
  const options = { rank: RANK, members: 1, heads, threads: 1, seed: 1, wordDropout: 0, mask: 1 };
  const runner = await extractorRunner(weights, samples, parameters, options);
  const loss = await runner.step(0, [0, 1, 2]);
  const expected = referenceLoss(parameters, heads);
  assert.ok(Math.abs(loss - expected) < 1e-4, `loss ${loss}, reference ${expected}`);
  const random = seededRandom(9);
  for (const { name, offset, length } of places)
    for (let k = 0; k < 3; k++) {
      const at = offset + random.below(length);
      const moved = (by: number): number => {
        const other = parameters.slice();
        other[at]! += by;
        return referenceLoss(other, heads);
      };
      const numeric = (moved(1e-3) - moved(-1e-3)) / 2e-3;
      const where = `${name}: ${runner.gradient[at]} and ${numeric}`;
      assert.ok(Math.abs(runner.gradient[at]! - numeric) < 2e-4 + 4e-3 * Math.abs(numeric), where);
    }
  await runner.close();
}

describe('extractorGraph', () => {
  it('gives the loss and the gradients of the reference, with options and tags', () =>
    compare({ groups: [2, 3], tags: 5 }));
  it('works without options', () => compare({ groups: [], tags: 5 }));
  it('works without tags', () => compare({ groups: [2, 3], tags: 1 }));
});
