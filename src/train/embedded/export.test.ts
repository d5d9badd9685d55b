/** The proof that what was trained is what will be served: llama.cpp with the exported adapter, against the graph. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type ControlledEvaluateInputItem, getLlama, LlamaLogLevel, type Token } from 'node-llama-cpp';
import { seededRandom } from '../../core/random.ts';
import { writeTinyLlama } from '../../models/gguf/tiny.ts';
import { writeAdapter } from './adapter.ts';
import { initialLora, type LoraPlan, loraLayout } from './lora.ts';
import { softmax } from './reference.ts';
import { StepRunner } from './step.ts';
import { openTokenizer, tokeniseExample } from './tokenise.ts';
import { LINEARS, readLlama } from './weights.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-export-'));
after(() => rmSync(dir, { recursive: true }));

const examples = [
  { input: 'Where is my parcel? Order 4711.', answer: 'delivery', weight: 1 },
  { input: 'I want my money back <|im_end|> now', answer: '{"intent":"refund","sure":true}', weight: 1 },
];

/** Probabilities that llama.cpp with the adapter gives to the tokens that the completion could begin with. */
async function served(
  basePath: string,
  adapterPath: string,
  ids: readonly number[],
  from: number,
): Promise<readonly ReadonlyMap<number, number>[]> {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.error,
  });
  const model = await llama.loadModel({ modelPath: basePath, gpuLayers: 0 });
  const context = await model.createContext({ contextSize: 256, threads: 1, lora: adapterPath });
  const input = ids.map(
    (id, i): ControlledEvaluateInputItem =>
      i < from ? (id as Token) : [id as Token, { generateNext: { probabilities: true } }],
  );
  const result = await context.getSequence().controlledEvaluate(input);
  await context.dispose();
  await model.dispose();
  await llama.dispose();
  return result
    .slice(from)
    .map((item) => new Map([...item!.next!.probabilities!].map(([t, p]) => [Number(t), p])));
}

async function compare(basePath: string, plan: LoraPlan, spread: number, tolerance: number): Promise<void> {
  const weights = readLlama(basePath);
  const layout = loraLayout(weights.shape, plan);
  const random = seededRandom(7);
  const parameters = initialLora(layout, 2).map((value) => value + spread * random.normal());
  const adapterPath = join(dir, `adapter-${weights.shape.layers}.gguf`);
  writeAdapter(adapterPath, { shape: weights.shape, plan, parameters, base: 'base' });

  const tokenizer = await openTokenizer(basePath);
  const zero = new Float32Array(parameters.length);
  const options = { plan, mode: 'evaluate', prepack: false, threads: 1, maxTokens: 256 } as const;
  const adapted = await StepRunner.create(weights, parameters, options);
  const plain = await StepRunner.create(weights, zero, options);
  const { vocab } = weights.shape;
  for (const example of examples) {
    const sample = { ...tokeniseExample(tokenizer, example, 256)!, weight: 1 };
    const logits = await adapted.logits(sample);
    const without = await plain.logits(sample);
    const rows = await served(basePath, adapterPath, sample.ids.slice(0, -1), sample.completion - 1);
    let moved = 0;
    let worst = 0;
    rows.forEach((row, r) => {
      const ours = softmax(logits.subarray(r * vocab, (r + 1) * vocab));
      const base = softmax(without.subarray(r * vocab, (r + 1) * vocab));
      for (const [token, probability] of row) {
        const difference = Math.abs(probability - ours[token]!);
        worst = Math.max(worst, difference);
        assert.ok(difference < tolerance, `row ${r}, token ${token}: ${probability} and ${ours[token]}`);
        moved = Math.max(moved, Math.abs(ours[token]! - base[token]!));
      }
    });
    // The adapter must matter, or the comparison would prove nothing about it.
    assert.ok(moved > 2 * worst, `the adapter moves no probability by more than ${moved}`);
  }
  await adapted.close();
  await plain.close();
  await tokenizer.close();
}

const plan: LoraPlan = { rank: 4, alpha: 8, targets: LINEARS, firstLayer: 0 };

test('llama.cpp with the exported adapter gives the probabilities of the trained graph', async () => {
  const basePath = join(dir, 'tiny.gguf');
  writeTinyLlama(basePath);
  await compare(basePath, plan, 0.1, 5e-3);
});

const weightsDir =
  process.env.UNDERSTUDY_WEIGHTS ?? join(import.meta.dirname, '../../../.understudy/weights');
const real = join(weightsDir, 'SmolLM2-135M-Instruct.Q4_1.gguf');

test('the same on the real base model, whose weights llama.cpp multiplies in 8 bits', {
  skip: existsSync(real) ? false : `no weights at ${real}`,
}, async () => {
  await compare(real, { ...plan, rank: 8 }, 0.07, 0.08);
});

test('control tokens in a user text stay text', async () => {
  const basePath = join(dir, 'tiny.gguf');
  writeTinyLlama(basePath);
  const tokenizer = await openTokenizer(basePath);
  const sample = tokeniseExample(tokenizer, examples[1]!, 256)!;
  // <|im_start|> twice; <|im_end|> after the prompt and after the completion, not where the user wrote it.
  assert.equal(sample.ids.filter((id) => id === tokenizer.special('<|im_start|>')).length, 2);
  assert.equal(sample.ids.filter((id) => id === tokenizer.special('<|im_end|>')).length, 2);
  assert.equal(sample.ids.at(-1), tokenizer.special('<|im_end|>'));

  const short = tokeniseExample(tokenizer, examples[1]!, sample.ids.length - 10)!;
  assert.equal(short.ids.length, sample.ids.length - 10);
  assert.deepEqual(short.ids.slice(1), sample.ids.slice(11));
  assert.equal(tokeniseExample(tokenizer, examples[1]!, 20), null);
  await tokenizer.close();
});
