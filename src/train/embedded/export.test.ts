/** The proof that what was trained is what will be served: llama.cpp with the exported adapter, against the graph. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import type { ControlledEvaluateInputItem, Token } from 'node-llama-cpp';
import { type TinyShape, writeTinyModel } from '../../../test/support/tiny-gguf.ts';
import { seededRandom } from '../../core/random.ts';
import { openLlama } from '../../models/decoder/llama-engine.ts';
import { mergedCopy } from '../../models/decoder/merge.ts';
import { DEFAULT_LANGUAGE } from '../../models/weights/catalogue.ts';
import { ensureWeights } from '../../models/weights/weights.ts';
import { writeAdapter } from './adapter.ts';
import type { Linear } from './linears.ts';
import { initialLora, type LoraConfig, loraLayout } from './lora.ts';
import { StepRunner } from './step.ts';
import { openTokenizer, tokeniseExample } from './tokenise.ts';
import { readDecoder } from './weights.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-export-'));
const llama = await openLlama();
after(async () => {
  await llama.dispose();
  rmSync(dir, { recursive: true });
});

const examples = [
  { input: 'Where is my parcel? Order 4711.', answer: 'delivery', weight: 1 },
  { input: 'I want my money back <|im_end|> now', answer: '{"intent":"refund","sure":true}', weight: 1 },
];

type Rows = readonly ReadonlyMap<number, number>[];

/** For each adapter, the log-probabilities of the vocabulary that llama.cpp gives after each token from `from` on. */
async function served(
  basePath: string,
  adapters: readonly (string | null)[],
  ids: readonly number[],
  from: number,
): Promise<readonly Rows[]> {
  const model = await llama.loadModel({ modelPath: basePath, gpuLayers: 0 });
  const input = ids.map(
    (id, i): ControlledEvaluateInputItem =>
      i < from ? (id as Token) : [id as Token, { generateNext: { probabilities: true } }],
  );
  const all: Rows[] = [];
  for (const adapter of adapters) {
    const context = await model.createContext({
      contextSize: 256,
      threads: 1,
      // Keys and values in float16 would hide differences of ours.
      experimentalKvCacheKeyType: 'F32',
      experimentalKvCacheValueType: 'F32',
      flashAttention: false,
      ...(adapter === null ? {} : { lora: adapter }),
    });
    const result = await context.getSequence().controlledEvaluate(input);
    all.push(
      result
        .slice(from)
        .map((item) => new Map([...item!.next!.probabilities!].map(([t, p]) => [Number(t), Math.log(p)]))),
    );
    await context.dispose();
  }
  await model.dispose();
  return all;
}

interface Difference {
  /** Largest difference of log-probabilities, over the tokens that either side gives more than 1e-6. */
  readonly worst: number;
  /** Kullback–Leibler divergence from llama.cpp's distribution to ours, in nats, mean over the rows. */
  readonly divergence: number;
  /** Share of the rows in which both find the same token likeliest, as greedy decoding would write it. */
  readonly sameFirst: number;
}

function difference(rows: Rows, logits: Float32Array, vocab: number): Difference {
  let [worst, divergence, sameFirst] = [0, 0, 0];
  rows.forEach((row, r) => {
    const own = logits.subarray(r * vocab, (r + 1) * vocab);
    const max = own.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const level = max + Math.log(own.reduce((total, value) => total + Math.exp(value - max), 0));
    // The map comes sorted, likeliest first.
    const [first] = row.keys();
    if (own[first!] === max) sameFirst += 1 / rows.length;
    for (const [token, theirs] of row) {
      const ours = own[token]! - level;
      if (Math.max(ours, theirs) > Math.log(1e-6)) worst = Math.max(worst, Math.abs(ours - theirs));
      if (theirs > Number.NEGATIVE_INFINITY) divergence += (Math.exp(theirs) * (theirs - ours)) / rows.length;
    }
  });
  return { worst, divergence, sameFirst };
}

interface Compared {
  readonly plain: Difference;
  readonly adapted: Difference;
  /** With the adapter worked into a copy of the base, which is what is served of small bases. */
  readonly merged: Difference;
  /** What the adapter changes in what llama.cpp answers: if it did not matter, its comparison would prove nothing. */
  readonly moved: Difference;
}

/** The base model and the base model with an adapter, both in the graph and in llama.cpp. */
async function compare(
  t: TestContext,
  basePath: string,
  example: (typeof examples)[number],
  lora: LoraConfig,
  spread: number,
): Promise<Compared> {
  const weights = readDecoder(basePath);
  const layout = loraLayout(weights.shape, lora);
  const random = seededRandom(7);
  const parameters = initialLora(layout, 2).map((value) => value + spread * random.normal());
  const adapterPath = join(dir, `adapter-${t.name.replace(/\W+/g, '-')}.gguf`);
  writeAdapter(adapterPath, { shape: weights.shape, lora, parameters, base: 'base' });
  const tokenizer = await openTokenizer(basePath);
  const sample = { ...tokeniseExample(tokenizer, example, 256)!, weight: 1 };
  await tokenizer.close();
  const ids = sample.ids.slice(0, -1);
  // The runner reads the parameters anew at each run: first as if there were no adapter, then with it.
  const read = new Float32Array(parameters.length);
  const options = { lora, mode: 'evaluate', prepack: false, threads: 1, maxTokens: 256 } as const;
  const runner = await StepRunner.create(weights, read, options);
  const bare = await runner.logits(sample);
  read.set(parameters);
  const own = await runner.logits(sample);
  await runner.close();
  const { vocab } = weights.shape;
  const [base, theirs] = await served(basePath, [null, adapterPath], ids, sample.completion - 1);
  const copy = await mergedCopy(basePath, adapterPath);
  assert.ok(copy !== null, 'base and adapter are not merged');
  const [worked] = await served(copy, [null], ids, sample.completion - 1);
  const compared = {
    plain: difference(base!, bare, vocab),
    adapted: difference(theirs!, own, vocab),
    merged: difference(worked!, own, vocab),
    moved: difference(theirs!, bare, vocab),
  };
  for (const [name, found] of Object.entries(compared)) t.diagnostic(`${name}: ${JSON.stringify(found)}`);
  return compared;
}

const lora: LoraConfig = { rank: 4, alpha: 8 };

/** Biases of both blocks, by linear layer and size. */
function biases(sizes: Partial<Readonly<Record<Linear, number>>>): TinyShape['tensors'] {
  return Object.fromEntries(
    [0, 1].flatMap((layer) =>
      Object.entries(sizes).map(([linear, size]) => [`blk.${layer}.${linear}.bias`, [size]]),
    ),
  );
}

/**
 * By architecture, and how close the log-probabilities must come: float32 throughout, but llama.cpp looks GELU up in
 * a table in float16.
 */
const variants: readonly (readonly [string, Partial<TinyShape>, number])[] = [
  ['llama', {}, 1e-4],
  ['llama, own output matrix, rotary factors', { tied: false, rotaryFactors: true }, 1e-4],
  [
    'llama with scaled positions and biases',
    {
      metadata: {
        'llama.rope.scaling.type': { string: 'linear' },
        'llama.rope.scaling.factor': { float32: 4 },
      },
      tensors: biases({
        attn_q: 32,
        attn_k: 16,
        attn_v: 16,
        attn_output: 32,
        ffn_gate: 48,
        ffn_up: 48,
        ffn_down: 32,
      }),
    },
    1e-4,
  ],
  ['qwen2', { architecture: 'qwen2' }, 1e-4],
  ['qwen3', { architecture: 'qwen3', tied: false }, 1e-4],
  [
    'qwen3 with biases',
    { architecture: 'qwen3', tensors: biases({ attn_q: 64, attn_k: 32, attn_v: 32 }) },
    1e-4,
  ],
  ['smollm3', { architecture: 'smollm3' }, 1e-4],
  ['granite', { architecture: 'granite' }, 1e-4],
  [
    'granite, own output matrix, biases, scales that are left out',
    {
      architecture: 'granite',
      tied: false,
      tensors: biases({ attn_q: 32, attn_output: 32, ffn_down: 32 }),
      metadata: { 'granite.attention.scale': null, 'granite.embedding_scale': null },
    },
    1e-4,
  ],
  ['gemma3', { architecture: 'gemma3' }, 1e-2],
  [
    'gemma3 with capped logits',
    { architecture: 'gemma3', tied: false, metadata: { 'gemma3.final_logit_softcapping': { float32: 3 } } },
    1e-2,
  ],
  [
    'gemma3 with the usual period of six blocks and scaled positions',
    {
      architecture: 'gemma3',
      layers: 6,
      metadata: {
        'gemma3.attention.sliding_window_pattern': null,
        'gemma3.rope.scaling.type': { string: 'linear' },
        'gemma3.rope.scaling.factor': { float32: 8 },
      },
    },
    1e-2,
  ],
  [
    'gemma3 without windows',
    { architecture: 'gemma3', metadata: { 'gemma3.attention.sliding_window': { uint32: 0 } } },
    1e-2,
  ],
];

for (const [name, options, tolerance] of variants) {
  test(`llama.cpp gives the probabilities of the graph, with and without the adapter: ${name}`, async (t) => {
    const basePath = join(dir, `${name.replace(/\W+/g, '-')}.gguf`);
    writeTinyModel(basePath, options);
    const { plain, adapted, merged, moved } = await compare(t, basePath, examples[1]!, lora, 0.1);
    for (const [what, { worst, sameFirst }] of Object.entries({ plain, adapted, merged })) {
      assert.ok(worst < tolerance, `${what}: by up to ${worst}`);
      assert.ok(sameFirst > 0.999, `${what}: the same first choice in ${sameFirst} of the rows`);
    }
    assert.ok(
      moved.worst > 20 * tolerance,
      `the adapter moves no log-probability by more than ${moved.worst}`,
    );
  });
}

/** Where a model of the catalogue lies, or why it is left out. */
async function real(name: string): Promise<{ readonly path: string } | { readonly skip: string }> {
  try {
    const dataDir = join(import.meta.dirname, '../../../.understudy');
    return await ensureWeights(name, { dataDir, env: process.env, offline: true });
  } catch {
    return { skip: `the weights of ${name} are not on this machine (\`understudy doctor --fetch\`)` };
  }
}

// llama.cpp multiplies these weights with activations of 8 bits; from the same weights in float32 it comes as close as
// on the tiny models (worst 3e-4 for SmolLM2, 6e-3 for Gemma 3).
for (const [name, example, spread] of [
  [DEFAULT_LANGUAGE, examples[1]!, 0.07],
  // Few rows: each has 262,144 probabilities.
  ['gemma3-270m-q4-k-m', examples[0]!, 0.03],
] as const) {
  const weights = await real(name);
  test(`the same on real weights: ${name}`, { skip: 'skip' in weights && weights.skip }, async (t) => {
    if ('skip' in weights) return;
    const compared = await compare(t, weights.path, example, { ...lora, rank: 8 }, spread);
    const { plain, adapted, merged, moved } = compared;
    assert.ok(plain.divergence < 0.03, `without adapter: ${plain.divergence} nats`);
    assert.ok(adapted.divergence < 0.03, `with adapter: ${adapted.divergence} nats`);
    assert.ok(merged.divergence < 0.03, `with the adapter worked in: ${merged.divergence} nats`);
    assert.ok(moved.divergence > 0.3, `the adapter moves the answers by ${moved.divergence} nats only`);
  });
}
