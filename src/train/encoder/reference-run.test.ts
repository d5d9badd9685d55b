/**
 * The loss curve of a whole training, against one recorded from an independent implementation with autodiff.
 * UNDERSTUDY_REFERENCE_DIR keeps what such an implementation needs: the weights, and run.json.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { writeTinyBert } from '../../../test/support/tiny-bert.ts';
import { seededRandom } from '../../core/random.ts';
import { bertWeights } from '../../models/encoder/bert-weights.ts';
import { stepOrder, train } from '../engine/loop.ts';
import { stepCount } from '../engine/schedule.ts';
import { LORA_SCALE } from './backward.ts';
import { HEAD_SCALE, parameterPlaces } from './graph.ts';
import { parseRecipe } from './recipe.ts';
import { type Sample, tuningRunner } from './step.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-reference-'));
after(() => rmSync(dir, { recursive: true }));
const out = process.env.UNDERSTUDY_REFERENCE_DIR ?? dir;

const [seed, rank, classes] = [11, 4, 3];
const recipe = parseRecipe({
  rank,
  learningRate: 0.01,
  batch: 4,
  epochs: 25,
  warmup: 0.1,
  weightDecay: 0.05,
  wordDropout: 0,
});

test('the loss of every step equals the reference run', async () => {
  const weights = bertWeights({ hidden: 8, layers: 2, heads: 2, epsilon: 1e-12 }, writeTinyBert(out));
  const random = seededRandom(seed);
  const samples = Array.from(
    { length: 12 },
    (_, i): Sample => ({
      ids: [2, ...Array.from({ length: 2 + (i % 5) }, () => 4 + random.below(7)), 3],
      label: random.below(classes),
      weight: i % 2 === 0 ? 0.5 : 1.5,
    }),
  );
  const places = parameterPlaces(weights, rank, classes);
  const length = places.reduce((sum, place) => sum + place.length, 0);
  const parameters = Float32Array.from({ length }, () => 0.1 * random.normal());
  const order = stepOrder(samples.length, recipe.batch, stepCount(samples.length, recipe), seed);
  writeFileSync(
    join(out, 'run.json'),
    JSON.stringify({
      recipe,
      order,
      samples,
      places,
      LORA_SCALE,
      HEAD_SCALE,
      parameters: [...parameters],
    }),
  );
  const model = await tuningRunner(weights, samples, parameters, {
    rank,
    classes,
    threads: 1,
    seed,
    wordDropout: 0,
  });
  const { losses } = await train({
    model,
    seed,
    schedule: recipe,
    guessing: Number.POSITIVE_INFINITY,
    lengths: samples.map(({ ids }) => ids.length),
    checkpoint: { path: join(dir, 'checkpoint'), job: 'reference', everyMs: 1e9 },
  });
  await model.close();
  const recorded = JSON.parse(
    readFileSync(join(import.meta.dirname, 'fixtures/reference-run.json'), 'utf8'),
  ) as { losses: number[] };
  assert.equal(losses.length, recorded.losses.length);
  losses.forEach((loss, step) => {
    const expected = recorded.losses[step]!;
    assert.ok(Math.abs(loss - expected) < 1e-4, `step ${step}: ${loss}, reference ${expected}`);
  });
  assert.ok(losses.at(-1)! < losses[0]! / 2);
});
