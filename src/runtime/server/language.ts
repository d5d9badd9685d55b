/**
 * The language model of the server: one base model, of each adapter a copy with it worked in (or, of a large base, the
 * adapter beside it) and a context, several sequences per context so that
 * requests of one adapter share batches, greedy decoding with token probabilities. A sequence keeps its last request's
 * keys and values, and the next one that begins as that did (a system prompt, the turns so far) does not read that again.
 * Does not: speak HTTP (http.ts), or know what an answer means.
 *
 * llama.cpp's logits must not be read from two threads at once (reading puts the rows in order on the fly), and
 * node-llama-cpp reads those of a batch's sequences in parallel. So this program must run with
 * UV_THREADPOOL_SIZE=1; process.ts sees to it. Without that, sequences now and then get each other's tokens.
 */

import { existsSync } from 'node:fs';
import type {
  ControlledEvaluateIndexOutput,
  LlamaContext,
  LlamaContextSequence,
  LlamaModel,
  Token,
} from 'node-llama-cpp';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import { chatPieces, chatTemplateOf, type Message } from '../../models/decoder/chat-template.ts';
import { openLlama } from '../../models/decoder/llama-engine.ts';
import { controlToken, pieceTokens } from '../../models/decoder/llama-tokenizer.ts';
import { mergedCopy } from '../../models/decoder/merge.ts';
import { servingCopy } from '../../models/decoder/requantise.ts';
import { requestCancelled } from '../cancelled.ts';
import { type Pool, pool } from '../pool.ts';
import type { Progress } from './pulse.ts';

export interface LanguageOptions {
  readonly modelPath: string;
  /** Folder of the copies of it that are served. Default: its own. */
  readonly copiesDir?: string | undefined;
  readonly threads: number;
  /** Requests of one adapter that are decoded together. */
  readonly sequences: number;
  /** Longest prompt and answer together, in tokens. */
  readonly contextTokens: number;
  /** Contexts kept in memory; the one unused for longest goes first. */
  readonly contexts: number;
  /** Told of each piece of native work. Default: nobody. */
  readonly progress?: Progress;
}

export interface CompletionRequest {
  /** Null: the base model without an adapter. */
  readonly adapter: string | null;
  readonly messages: readonly Message[];
  readonly maxTokens: number;
  /** Probable answer, checked in one batch; '' for none. Never changes the result. */
  readonly prediction: string;
}

export interface TokenProbability {
  readonly text: string;
  readonly logprob: number;
}

export interface Completion {
  readonly text: string;
  /** The answer's tokens, and the end-of-answer token where the model wrote it. */
  readonly tokens: readonly TokenProbability[];
  readonly finish: 'stop' | 'length';
  readonly promptTokens: number;
  /** Of the prompt's tokens those that an earlier request had left behind. */
  readonly cachedTokens: number;
}

export interface LanguageModel {
  /** Makes an adapter known under a name. @throws UnderstudyError 'not-found' (no such file). */
  addAdapter(name: string, path: string): void;
  removeAdapter(name: string): Promise<void>;
  /** @throws UnderstudyError 'bad-input' (too long), 'not-found' (adapter), 'overloaded', 'unavailable', 'cancelled'. */
  complete(request: CompletionRequest, signal: AbortSignal): Promise<Completion>;
}

interface Context {
  close(): Promise<void>;
  readonly sequences: Pool<LlamaContextSequence>;
}

interface Kept {
  readonly opening: Promise<Context>;
  /** Requests that hold it, from before it is open: what they hold is not let go. */
  users: number;
}

/**
 * Probabilities are a softmax over this many of the likeliest tokens. Over all 49,152, node-llama-cpp sorts them
 * first, which takes 4 ms a token; over these 0.1 ms. What is left out is negligible wherever an answer is sure.
 */
const LIKELIEST = 128;

const NO_PROGRESS: Progress = { step: (work) => work(), further: () => undefined };

/** Nothing is loaded until the first request. */
export function languageModel(options: LanguageOptions): LanguageModel {
  const progress = options.progress ?? NO_PROGRESS;
  const adapters = new Map<string, string>();
  /** By adapter name ('' for the base), least recently used first. */
  const contexts = new Map<string, Kept>();
  let loading: Promise<LlamaModel> | undefined;

  const model = (): Promise<LlamaModel> => {
    loading ??= progress.step(() => loadModel(options, progress));
    loading.catch(() => {
      loading = undefined;
    });
    return loading;
  };

  /** The caller counts itself out of `users` when it is done. */
  const keep = (name: string, path: string | undefined): Kept => {
    const known = contexts.get(name);
    const kept = known ?? {
      opening: makeRoom(contexts, options.contexts - 1).then(async () =>
        openContext(await model(), path, options, progress),
      ),
      users: 0,
    };
    kept.users++;
    contexts.delete(name);
    contexts.set(name, kept);
    if (known === undefined) kept.opening.catch(() => contexts.delete(name));
    return kept;
  };

  return {
    addAdapter(name, path) {
      if (!existsSync(path))
        throw new UnderstudyError('not-found', `There is no adapter file ${path}.`, {
          hint: 'Train the task again.',
          status: 404,
        });
      adapters.set(name, path);
    },
    async removeAdapter(name) {
      adapters.delete(name);
      const kept = contexts.get(name);
      contexts.delete(name);
      if (kept) await letGo(contexts, name, kept);
    },
    async complete(request, signal) {
      const name = request.adapter ?? '';
      // Read at once: an adapter that is removed meanwhile must not become the base model.
      const path = adapters.get(name);
      if (name !== '' && path === undefined)
        throw new UnderstudyError('not-found', `The model ${name} is not loaded.`, {
          hint: 'POST /v1/load_lora_adapter first.',
          data: { model: name },
          status: 404,
        });
      const loaded = await model();
      const prompt = promptTokens(loaded, request.messages);
      const room = options.contextTokens - prompt.length - 2;
      if (room < 1)
        throw new UnderstudyError(
          'bad-input',
          `The prompt has ${prompt.length} tokens; ${options.contextTokens} is the limit with the answer.`,
          {
            hint: 'Send a shorter prompt.',
            data: { limit: options.contextTokens, actual: prompt.length },
            status: 400,
          },
        );
      const kept = keep(name, path);
      try {
        const { sequences } = await kept.opening;
        const sequence = await sequences.take(signal);
        let whole = false;
        try {
          const draft = request.prediction === '' ? [] : loaded.tokenize(request.prediction, false);
          const max = Math.min(request.maxTokens, room);
          const completion = await greedy(sequence, prompt, draft, max, signal, progress);
          whole = true;
          return completion;
        } finally {
          // What a request leaves is what the next one may begin with; of one that failed nobody knows how far it came.
          if (!whole) await sequence.clearHistory();
          sequences.give(sequence);
        }
      } finally {
        kept.users--;
        await letGo(contexts, name, kept);
      }
    },
  };
}

async function loadModel(options: LanguageOptions, progress: Progress): Promise<LlamaModel> {
  try {
    const llama = await openLlama({ threads: options.threads });
    return await llama.loadModel({
      modelPath: servingCopy(options.modelPath, options.copiesDir),
      gpuLayers: 0,
      onLoadProgress: progress.further,
    });
  } catch (cause) {
    throw new UnderstudyError('unavailable', `The base model cannot be loaded: ${messageOf(cause)}`, {
      hint: 'Run `understudy doctor`.',
      status: 503,
      cause,
    });
  }
}

async function openContext(
  model: LlamaModel,
  adapter: string | undefined,
  options: LanguageOptions,
  progress: Progress,
): Promise<Context> {
  const create = (from: LlamaModel, lora: string | undefined): Promise<LlamaContext> =>
    progress.step(() =>
      from.createContext({
        sequences: options.sequences,
        contextSize: options.contextTokens,
        batchSize: 512,
        threads: options.threads,
        ...(lora === undefined ? {} : { lora }),
      }),
    );
  let own: LlamaModel | null = null;
  try {
    const merged =
      adapter === undefined
        ? null
        : await mergedCopy(options.modelPath, adapter, {
            further: progress.further,
            ...(options.copiesDir === undefined ? {} : { copiesDir: options.copiesDir }),
          });
    if (merged !== null)
      own = await progress.step(() => model.llama.loadModel({ modelPath: merged, gpuLayers: 0 }));
    const context = await create(own ?? model, own === null ? adapter : undefined);
    const sequences = Array.from({ length: options.sequences }, () => context.getSequence());
    const close = async (): Promise<void> => {
      await context.dispose();
      await own?.dispose();
    };
    return { close, sequences: pool(sequences) };
  } catch (cause) {
    await own?.dispose();
    throw new UnderstudyError('unavailable', `The adapter cannot be loaded: ${messageOf(cause)}`, {
      hint: 'Train the task again, or free some memory.',
      status: 503,
      cause,
    });
  }
}

/** Frees a context that is no longer to be kept: now, or after the last request that holds it. */
async function letGo(contexts: ReadonlyMap<string, Kept>, name: string, kept: Kept): Promise<void> {
  if (kept.users > 0 || contexts.get(name) === kept) return;
  await kept.opening.then((context) => context.close()).catch(() => undefined);
}

/** Lets go of contexts that no request holds, least recently used first, until no more than `limit` are left. */
async function makeRoom(contexts: Map<string, Kept>, limit: number): Promise<void> {
  for (const [name, kept] of [...contexts]) {
    if (contexts.size <= limit) return;
    if (kept.users > 0 || contexts.get(name) !== kept) continue;
    contexts.delete(name);
    await letGo(contexts, name, kept);
  }
}

function promptTokens(model: LlamaModel, messages: readonly Message[]): Token[] {
  const template = chatTemplateOf((name) => controlToken(model, name) !== null);
  return chatPieces(template, messages).flatMap((piece) => pieceTokens(model, piece));
}

const ASK = {
  generateNext: {
    probabilities: true,
    options: { temperature: 1, topK: LIKELIEST, topP: 1, minP: 0, seed: 0 },
  },
} as const;

/**
 * Writes the likeliest token until the end of the answer. A draft goes through the model together with the prompt;
 * its tokens count as long as each is what the model would have written.
 */
async function greedy(
  sequence: LlamaContextSequence,
  prompt: readonly Token[],
  draft: readonly Token[],
  max: number,
  signal: AbortSignal,
  progress: Progress,
): Promise<Completion> {
  const { model } = sequence;
  const tokens: Token[] = [];
  const probabilities: TokenProbability[] = [];
  const kept = await progress.step(() => keepPrefix(sequence, prompt));
  const finish = (reason: 'stop' | 'length'): Completion => ({
    text: model.detokenize(tokens),
    tokens: probabilities,
    finish: reason,
    promptTokens: prompt.length,
    cachedTokens: kept,
  });
  /** Takes the model's choice after a position; tells whether the answer is over. */
  const take = (output: ControlledEvaluateIndexOutput | undefined): 'stop' | 'length' | Token => {
    const [token, probability] = likeliest(output);
    probabilities.push({ text: model.detokenize([token], true), logprob: Math.log(probability) });
    if (model.isEogToken(token)) return 'stop';
    tokens.push(token);
    return tokens.length >= max ? 'length' : token;
  };

  const checked = draft.slice(0, max - 1);
  const outputs = await progress.step(() =>
    sequence.controlledEvaluate([
      ...prompt.slice(kept, -1),
      ...[...prompt.slice(-1), ...checked].map((token): [Token, typeof ASK] => [token, ASK]),
    ]),
  );
  const last = prompt.length - 1 - kept;
  let next = take(outputs[last]);
  for (const [k, token] of checked.entries()) {
    if (next !== token) {
      const start = prompt.length + k;
      if (typeof next === 'number')
        await sequence.eraseContextTokenRanges([{ start, end: sequence.nextTokenIndex }]);
      break;
    }
    next = take(outputs[last + 1 + k]);
  }
  while (typeof next === 'number') {
    if (signal.aborted) throw requestCancelled();
    const token = next;
    const [output] = await progress.step(() => sequence.controlledEvaluate([[token, ASK]]));
    next = take(output);
  }
  return finish(next);
}

/** A shared beginning of fewer tokens is read again: that costs less than asking whether the cache can be cut there. */
const MIN_SHARED = 8;

/**
 * Cuts what the sequence holds of its last request down to what this prompt begins with too, but for its last token, after
 * which the model is asked. @returns How many tokens of the prompt it holds then.
 */
async function keepPrefix(sequence: LlamaContextSequence, prompt: readonly Token[]): Promise<number> {
  const { isRecurrent, isHybrid, swaSize } = sequence.model.fileInsights;
  // Neither a state nor the keys of a sliding window can be cut back to any token.
  const canBeCut = !isRecurrent && !isHybrid && swaSize === undefined;
  const held = sequence.contextTokens;
  let shared = 0;
  while (shared < Math.min(held.length, prompt.length - 1) && held[shared] === prompt[shared]) shared++;
  if (!canBeCut || shared < MIN_SHARED) await sequence.clearHistory();
  else await sequence.eraseContextTokenRanges([{ start: shared, end: sequence.nextTokenIndex }]);
  return sequence.nextTokenIndex;
}

/** The map of probabilities comes sorted, likeliest first. */
function likeliest(output: ControlledEvaluateIndexOutput | undefined): readonly [Token, number] {
  const first = output?.next.probabilities?.entries().next().value;
  if (first === undefined)
    throw new UnderstudyError('internal', 'The model gave no probabilities.', { hint: 'Report this.' });
  return first;
}
