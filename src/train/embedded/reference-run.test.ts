/** The loss curve of a whole training, against one recorded from an independent implementation with autodiff. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { writeTinyModel } from '../../../test/support/tiny-gguf.ts';
import { seededRandom } from '../../core/random.ts';
import { stepOrder } from '../engine/loop.ts';
import { stepCount } from '../engine/schedule.ts';
import { writeAdapter } from './adapter.ts';
import type { Sample } from './batch.ts';
import { initialLora, loraConfig, loraLayout } from './lora.ts';
import { parseRecipe } from './recipe.ts';
import { trainLora } from './train.ts';
import { readDecoder } from './weights.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-reference-'));
after(() => rmSync(dir, { recursive: true }));
const out = process.env.UNDERSTUDY_REFERENCE_DIR ?? dir;

const seed = 11;
const recipe = parseRecipe({
  rank: 4,
  alpha: 8,
  learningRate: 0.01,
  batch: 4,
  epochs: 10,
  warmup: 0.1,
  arithmetic: 'float32',
});

/** Pairs of a random prompt and its first bytes backwards: something to learn, in samples of different lengths. */
function samples(): readonly Sample[] {
  const random = seededRandom(seed);
  return Array.from({ length: 12 }, (_, i) => {
    const prompt = Array.from({ length: 4 + (i % 5) }, () => 3 + random.below(256));
    const completion = [...prompt.slice(0, 1 + (i % 3))].reverse();
    return {
      ids: [1, ...prompt, ...completion, 2],
      completion: 1 + prompt.length,
      weight: i % 2 === 0 ? 0.5 : 1.5,
    };
  });
}

test('the loss of every step equals the reference run', async () => {
  const basePath = join(out, 'base.gguf');
  writeTinyModel(basePath);
  const weights = readDecoder(basePath);
  const lora = loraConfig(recipe);
  const parameters = initialLora(loraLayout(weights.shape, lora), seed);
  writeAdapter(join(out, 'initial.gguf'), { shape: weights.shape, lora, parameters, base: 'tiny' });
  const order = stepOrder(12, recipe.batch, stepCount(12, recipe), seed);
  writeFileSync(join(out, 'run.json'), JSON.stringify({ recipe, order, samples: samples() }));

  const trained = await trainLora({
    weights,
    samples: samples(),
    recipe,
    seed,
    threads: 1,
    memoryBytes: 4e9,
    checkpoint: { path: join(dir, 'checkpoint'), job: 'reference', everyMs: 1e9 },
  });
  const recorded = JSON.parse(
    readFileSync(join(import.meta.dirname, 'fixtures/reference-run.json'), 'utf8'),
  ) as { losses: number[] };
  assert.equal(trained.losses.length, recorded.losses.length);
  trained.losses.forEach((loss, step) => {
    const expected = recorded.losses[step]!;
    assert.ok(Math.abs(loss - expected) < 1e-4, `step ${step}: ${loss}, reference ${expected}`);
  });
  assert.ok(trained.losses.at(-1)! < trained.losses[0]! / 2);
});
