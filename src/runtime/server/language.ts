/**
 * The language model of the server: one base model, of each adapter a copy with it worked in (or, of a large base, the
 * adapter beside it) and a context (contexts.ts), several sequences per context so that requests of one adapter share
 * batches, greedy decoding with token probabilities (greedy.ts). A sequence keeps its last request's keys and values, and the
 * next one that begins as that did (a system prompt, the turns so far) does not read that again.
 * Does not: speak HTTP (http.ts), or know what an answer means.
 *
 * llama.cpp's logits must not be read from two threads at once (reading puts the rows in order on the fly), and
 * node-llama-cpp reads those of a batch's sequences in parallel. So this program must run with
 * UV_THREADPOOL_SIZE=1; process.ts sees to it. Without that, sequences now and then get each other's tokens.
 */
import { existsSync } from 'node:fs';
import type { LlamaModel, Token } from 'node-llama-cpp';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import { chatPieces, chatTemplateOf, type Message } from '../../models/decoder/chat-template.ts';
import { openLlama } from '../../models/decoder/llama-engine.ts';
import { controlToken, pieceTokens } from '../../models/decoder/llama-tokenizer.ts';
import { servingCopy } from '../../models/decoder/requantise.ts';
import { type ContextOptions, type Kept, letGo, makeRoom, openContext } from './contexts.ts';
import { type Completion, greedy } from './greedy.ts';
import type { Progress } from './pulse.ts';

export interface LanguageOptions extends ContextOptions {
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

export interface LanguageModel {
  /** Makes an adapter known under a name. @throws UnderstudyError 'not-found' (no such file). */
  addAdapter(name: string, path: string): void;
  removeAdapter(name: string): Promise<void>;
  /** @throws UnderstudyError 'bad-input' (too long), 'not-found' (adapter), 'overloaded', 'unavailable', 'cancelled'. */
  complete(request: CompletionRequest, signal: AbortSignal): Promise<Completion>;
}

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

export async function loadModel(options: LanguageOptions, progress: Progress): Promise<LlamaModel> {
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

export function promptTokens(model: LlamaModel, messages: readonly Message[]): Token[] {
  const template = chatTemplateOf((name) => controlToken(model, name) !== null);
  return chatPieces(template, messages).flatMap((piece) => pieceTokens(model, piece));
}
