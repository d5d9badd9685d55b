/**
 * What serving a LoRA costs besides the model itself: our decoder process over HTTP, and beside it, in the same run and in
 * turn, the bare library on the same tokens. `npm run bench -- serving [--json]`.
 *
 * llama-bench is not in the npm package. The floor in its place does what llama-bench does: it decodes the prompt in one
 * batch and then one token at a time, through the library's lowest calls (initBatch, addToBatch, decodeBatch), and
 * chooses nothing: it is given the tokens. Same file, same threads, same priority, no adapter. Beside it the same with
 * the adapter as the library applies one.
 * llamaBenchRatio is the floor's time over ours, median over calls; 1 means that HTTP, tokenizer, templates, choosing a
 * token, its probability and the adapter cost nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { LlamaContext, LlamaModel } from 'node-llama-cpp';
import { seededRandom } from '../src/core/random.ts';
import { chatPieces, chatTemplateOf } from '../src/models/decoder/chat-template.ts';
import { openLlama } from '../src/models/decoder/llama-engine.ts';
import { controlToken, pieceTokens } from '../src/models/decoder/llama-tokenizer.ts';
import { servingCopy } from '../src/models/decoder/requantise.ts';
import { DEFAULT_LANGUAGE } from '../src/models/weights/catalogue.ts';
import { ensureWeights } from '../src/models/weights/weights.ts';
import { startModelProcess } from '../src/runtime/process.ts';
import { writeAdapter } from '../src/train/embedded/adapter.ts';
import { initialLora, loraLayout } from '../src/train/embedded/lora.ts';
import { readDecoder } from '../src/train/embedded/weights.ts';
import type { BenchmarkResult } from './run.ts';

const ROOT = resolve(import.meta.dirname, '..');
/** Tokens of a prompt with its template, and of an answer. */
const [PROMPT, ANSWER] = [80, 18];
const [CALLS, WARM] = [40, 4];
const RANK = 16;
/** As the model process gives itself. */
const PRIORITY = 10;

/** The library's own handle, which its types do not show. */
interface BareContext {
  initBatch(size: number): void;
  addToBatch(sequence: number, at: number, tokens: Uint32Array, logits: Uint32Array): Uint32Array;
  decodeBatch(): Promise<void>;
  disposeSequence(sequence: number): void;
}

interface Call {
  readonly ms: number;
  readonly floorMs: number;
  /** With the adapter beside the base. */
  readonly besideMs: number;
  readonly cached: number;
}

export async function run(): Promise<BenchmarkResult> {
  setPriority(PRIORITY);
  const dir = mkdtempSync(join(tmpdir(), 'understudy-serving-'));
  const { path } = await ensureWeights(DEFAULT_LANGUAGE, {
    dataDir: join(ROOT, '.understudy'),
    env: process.env,
  });
  const adapterPath = join(dir, 'adapter.gguf');
  writeRandomAdapter(path, adapterPath);
  const llama = await openLlama({ threads: 1 });
  const model = await llama.loadModel({ modelPath: servingCopy(path), gpuLayers: 0 });
  const sizes = { sequences: 1, contextSize: 1024, batchSize: 512, threads: 1 };
  const contexts = [
    await model.createContext(sizes),
    await model.createContext({ ...sizes, lora: adapterPath }),
  ] as const;
  const server = await startModelProcess(
    {
      threads: 1,
      sequences: 4,
      contextTokens: 1024,
      contexts: 3,
      encoderDir: null,
      language: { name: DEFAULT_LANGUAGE, path },
    },
    { timeoutMs: 60_000 },
  );
  try {
    await server.client.post('/v1/load_lora_adapter', { lora_name: 'bench', lora_path: adapterPath });
    const fresh = await measure(server.client, model, contexts, (random) => words(random, model, ''));
    const opening = words(seededRandom(99), model, '', PROMPT - 24);
    const shared = await measure(server.client, model, contexts, (random) => words(random, model, opening));
    const rows = [figures('prompts of their own', fresh), figures('three quarters shared', shared)];
    return {
      table: rows.map((row) => ({
        prompts: row.prompts,
        calls: row.calls,
        'p50 ms': row.p50,
        'p95 ms': row.p95,
        'floor p50 ms': row.floorP50,
        'floor / ours': row.llamaBenchRatio,
        'with adapter / ours': row.besideRatio,
        'cached tokens': row.cached,
      })),
      json: {
        model: DEFAULT_LANGUAGE,
        threads: 1,
        promptTokens: PROMPT,
        answerTokens: ANSWER,
        llamaBenchRatio: rows[0]!.llamaBenchRatio,
        p50: rows[0]!.p50,
        p95: rows[0]!.p95,
        rows,
      },
    };
  } finally {
    await server.close();
    for (const context of contexts) await context.dispose();
    await model.dispose();
    await llama.dispose();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Both ways for each prompt, in turn, the first of them changing. */
async function measure(
  client: { post(path: string, body: never): Promise<unknown> },
  model: LlamaModel,
  contexts: readonly [LlamaContext, LlamaContext],
  draw: (random: ReturnType<typeof seededRandom>) => string,
): Promise<readonly Call[]> {
  const random = seededRandom(5);
  const calls: Call[] = [];
  while (calls.length < CALLS + WARM) {
    const input = draw(random);
    const body = {
      model: 'bench',
      messages: [{ role: 'user', content: input }],
      max_tokens: ANSWER,
      logprobs: true,
      temperature: 0,
    };
    const prompt = promptTokens(model, input);
    const ask = async (): Promise<readonly [number, Answer]> => {
      const started = performance.now();
      const answer = (await client.post('/v1/chat/completions', body as never)) as Answer;
      return [performance.now() - started, answer];
    };
    const floor = async (context: LlamaContext): Promise<number> => {
      const started = performance.now();
      // Any token costs the same.
      await decode(context, prompt, Array<number>(ANSWER).fill(prompt[5]!));
      return performance.now() - started;
    };
    const floors = async (): Promise<readonly [number, number]> => [
      await floor(contexts[0]),
      await floor(contexts[1]),
    ];
    const before = calls.length % 2 === 0 ? null : await floors();
    const [ms, answer] = await ask();
    if (answer.usage.completion_tokens !== ANSWER) continue;
    const [floorMs, besideMs] = before ?? (await floors());
    calls.push({ ms, floorMs, besideMs, cached: answer.usage.prompt_tokens_details.cached_tokens });
  }
  return calls.slice(WARM);
}

interface Answer {
  readonly usage: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly prompt_tokens_details: { readonly cached_tokens: number };
  };
}

/** The prompt in one batch, then a token at a time; of the last one nothing follows, as in the server. */
async function decode(
  context: LlamaContext,
  prompt: readonly number[],
  answer: readonly number[],
): Promise<void> {
  const { _ctx: bare } = context as unknown as { readonly _ctx: BareContext };
  const step = async (tokens: readonly number[], at: number): Promise<void> => {
    bare.initBatch(tokens.length);
    bare.addToBatch(0, at, Uint32Array.from(tokens), Uint32Array.of(tokens.length - 1));
    await bare.decodeBatch();
  };
  bare.disposeSequence(0);
  await step(prompt, 0);
  for (const [i, token] of answer.slice(0, -1).entries()) await step([token], prompt.length + i);
}

function promptTokens(model: LlamaModel, content: string): number[] {
  const template = chatTemplateOf((name) => controlToken(model, name) !== null);
  return chatPieces(template, [{ role: 'user', content }])
    .flatMap((piece) => pieceTokens(model, piece))
    .map(Number);
}

const WORDS =
  'please send the order back to our office since two of it came late and one was not what we had asked for last week can you tell me when a new part will be here or how much we get for it thanks'.split(
    ' ',
  );

/** Words after an opening, until the prompt has its length. */
function words(
  random: ReturnType<typeof seededRandom>,
  model: LlamaModel,
  opening: string,
  length = PROMPT,
): string {
  let text = opening;
  while (true) {
    const next = `${text}${text === '' ? '' : ' '}${WORDS[Math.floor(random.next() * WORDS.length)]}`;
    if (promptTokens(model, next).length > length) return text;
    text = next;
  }
}

/** A LoRA as training leaves it: all linear layers, small numbers. */
function writeRandomAdapter(basePath: string, path: string): void {
  const { shape } = readDecoder(basePath);
  const lora = { rank: RANK, alpha: 2 * RANK };
  const random = seededRandom(3);
  const parameters = initialLora(loraLayout(shape, lora), 1).map((value) => value + 1e-3 * random.normal());
  writeAdapter(path, { shape, lora, parameters, base: DEFAULT_LANGUAGE });
}

function figures(prompts: string, calls: readonly Call[]) {
  const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
  const at = (values: readonly number[], share: number): number =>
    Number(sorted(values)[Math.min(values.length - 1, Math.floor(share * values.length))]!.toFixed(1));
  const ratio = (of: (call: Call) => number): number => {
    const ratios = sorted(calls.map((call) => of(call) / call.ms));
    return Number(ratios[Math.floor(calls.length / 2)]!.toFixed(3));
  };
  return {
    prompts,
    calls: calls.length,
    p50: at(
      calls.map(({ ms }) => ms),
      0.5,
    ),
    p95: at(
      calls.map(({ ms }) => ms),
      0.95,
    ),
    floorP50: at(
      calls.map(({ floorMs }) => floorMs),
      0.5,
    ),
    llamaBenchRatio: ratio(({ floorMs }) => floorMs),
    besideRatio: ratio(({ besideMs }) => besideMs),
    cached: at(
      calls.map(({ cached }) => cached),
      0.5,
    ),
  };
}
