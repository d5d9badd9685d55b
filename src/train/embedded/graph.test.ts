import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { referenceLogits, softmax } from '../../../test/support/reference-decoder.ts';
import { writeTinyModel } from '../../../test/support/tiny-gguf.ts';
import { seededRandom } from '../../core/random.ts';
import { completionTokens, type Sample } from './batch.ts';
import { initialLora, type LoraConfig, loraLayout } from './lora.ts';
import { StepRunner } from './step.ts';
import { type DecoderWeights, readDecoder } from './weights.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-graph-'));
after(() => rmSync(dir, { recursive: true }));

const all: LoraConfig = { rank: 3, alpha: 6 };
const base = { prepack: false, threads: 1, maxTokens: 64 } as const;

function tiny(options: Parameters<typeof writeTinyModel>[1] = {}): DecoderWeights {
  const path = join(dir, 'tiny.gguf');
  writeTinyModel(path, options);
  return readDecoder(path);
}

/** LoRA parameters away from their beginning, so that B is not zero and every gradient flows. */
function drawn(weights: DecoderWeights, lora: LoraConfig): Float32Array {
  const random = seededRandom(5);
  return initialLora(loraLayout(weights.shape, lora), 4).map((value) => value + 0.1 * random.normal());
}

function sample(length: number, completion: number, weight: number, seed: number): Sample {
  const random = seededRandom(seed);
  // The byte tokens of every tiny model.
  return { ids: Array.from({ length }, () => 3 + random.below(256)), completion, weight };
}

/** Different lengths, so that padding, weights and the rows without a label all take part. */
const samples = [sample(9, 6, 1, 1), sample(5, 1, 0.5, 2), sample(12, 10, 1.5, 3)];

function referenceLoss(
  weights: DecoderWeights,
  lora: LoraConfig,
  parameters: Float32Array,
  of: readonly Sample[],
): number {
  let loss = 0;
  for (const { ids, completion, weight } of of) {
    const logits = referenceLogits(weights, lora, parameters, ids.slice(0, -1));
    for (let i = completion; i < ids.length; i++)
      loss -= (weight * Math.log(softmax(logits[i - 1]!)[ids[i]!]!)) / completionTokens(of);
  }
  return loss;
}

const scaled = {
  'llama.rope.scaling.type': { string: 'linear' },
  'llama.rope.scaling.factor': { float32: 2 },
} as const;
const capped = {
  'gemma3.attention.sliding_window': { uint32: 0 },
  'gemma3.final_logit_softcapping': { float32: 3 },
} as const;

for (const [name, lora, options] of [
  ['tied embeddings, grouped queries, all layers', all, {}],
  ['own output matrix, one head per key', { ...all, rank: 2 }, { tied: false, kvHeads: 4 }],
  ['one block', all, { layers: 1, kvHeads: 1 }],
  ['llama with rotary factors and scaled positions', all, { rotaryFactors: true, metadata: scaled }],
  ['qwen2', all, { architecture: 'qwen2' }],
  ['qwen3, own output matrix', all, { architecture: 'qwen3', tied: false }],
  ['granite', all, { architecture: 'granite' }],
  ['smollm3', all, { architecture: 'smollm3', layers: 4 }],
  ['gemma3', all, { architecture: 'gemma3' }],
  ['gemma3, grouped queries', all, { architecture: 'gemma3', kvHeads: 2 }],
  ['gemma3 without windows, capped logits', all, { architecture: 'gemma3', tied: false, metadata: capped }],
] as const) {
  test(`loss and gradients equal the reference: ${name}`, async () => {
    const weights = tiny(options);
    const parameters = drawn(weights, lora);
    const runner = await StepRunner.create(weights, parameters, { ...base, lora, mode: 'train' });
    const loss = await runner.step(samples);
    const expected = referenceLoss(weights, lora, parameters, samples);
    assert.ok(Math.abs(loss - expected) < 1e-5, `loss ${loss}, reference ${expected}`);

    // Central differences of the double-precision reference, on a few parameters of every matrix.
    const random = seededRandom(9);
    const gradient = runner.gradient.slice();
    for (const matrix of loraLayout(weights.shape, lora)) {
      for (let draw = 0; draw < 2; draw++) {
        const at = matrix.offset + random.below(matrix.rows * matrix.cols);
        const difference = (sign: number): number => {
          const moved = parameters.slice();
          moved[at]! += sign * 1e-3;
          return referenceLoss(weights, lora, moved, samples);
        };
        const numeric = (difference(1) - difference(-1)) / 2e-3;
        const where = `blk.${matrix.layer}.${matrix.linear}.${matrix.part}: ${gradient[at]} and ${numeric}`;
        assert.ok(Math.abs(gradient[at]! - numeric) < 1e-4 + 2e-3 * Math.abs(numeric), where);
      }
    }
    await runner.close();
  });
}

test('prepacked weights, and steps cut into several runs, give the same gradients', async () => {
  const weights = tiny();
  const parameters = drawn(weights, all);
  const fed = await StepRunner.create(weights, parameters, { ...base, lora: all, mode: 'train' });
  const packed = await StepRunner.create(weights, parameters, {
    ...base,
    lora: all,
    mode: 'train',
    prepack: true,
  });
  const cut = await StepRunner.create(weights, parameters, {
    ...base,
    lora: all,
    mode: 'train',
    limits: { tokens: 14, attention: 1000, labels: 100 },
  });
  const losses = [];
  for (const runner of [fed, packed, cut]) losses.push(await runner.step(samples));
  for (const other of [packed, cut]) {
    for (let i = 0; i < fed.gradient.length; i++)
      assert.ok(Math.abs(fed.gradient[i]! - other.gradient[i]!) < 1e-5, `parameter ${i}`);
  }
  assert.ok(Math.max(...losses) - Math.min(...losses) < 1e-5);
});

for (const prepack of [false, true])
  test(`in 8-bit integers, ${prepack ? 'laid out' : 'fed'}, loss and gradients are nearly those of float32`, async () => {
    const weights = tiny({ hidden: 64, ffn: 96 });
    const parameters = drawn(weights, all);
    const [exact, rough] = await Promise.all(
      (['float32', 'int8'] as const).map(async (arithmetic) => {
        const options = { ...base, lora: all, mode: 'train', arithmetic, prepack } as const;
        const runner = await StepRunner.create(weights, parameters, options);
        return { loss: await runner.step(samples), gradient: runner.gradient };
      }),
    );
    const dot = (a: Float32Array, b: Float32Array): number =>
      a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    const { gradient: g } = exact!;
    const { gradient: h } = rough!;
    assert.ok(Math.abs(rough!.loss - exact!.loss) < 0.02 * exact!.loss, `${rough!.loss}, ${exact!.loss}`);
    const cosine = dot(g, h) / Math.sqrt(dot(g, g) * dot(h, h));
    assert.ok(cosine > 0.99 && cosine < 0.999999, `cosine ${cosine}`);
  });

test('logits equal the reference', async () => {
  const weights = tiny();
  const parameters = drawn(weights, all);
  const runner = await StepRunner.create(weights, parameters, { ...base, lora: all, mode: 'evaluate' });
  const one = sample(10, 7, 1, 8);
  const logits = await runner.logits(one);
  const expected = referenceLogits(weights, all, parameters, one.ids.slice(0, -1)).slice(6);
  const { vocab } = weights.shape;
  assert.equal(logits.length, 3 * vocab);
  expected.forEach((row, r) => {
    for (const [i, value] of row.entries()) assert.ok(Math.abs(value - logits[r * vocab + i]!) < 1e-4);
  });
  assert.ok((await runner.step([one])) > 0);
});
