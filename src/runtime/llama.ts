/**
 * The runtime of the LoRA rung: asks a server of language models (the model process, or a remote one such as vLLM,
 * by URL) and turns the tokens' probabilities into signals.
 * Does not: load weights or decode (server/), or decide whether an answer is used.
 */
import { UnderstudyError } from '../core/errors.ts';
import { contentHash } from '../core/ids.ts';
import { isObject, type Json } from '../core/json.ts';
import type { Artefact, Prediction, Signals } from '../core/specialist.ts';
import { withKeys, withoutKeys } from '../models/decoder/answer-keys.ts';
import { type Client, httpClient } from './client.ts';
import type { ProbedRuntime } from './guarded.ts';
import { pool } from './pool.ts';

export interface LlamaRuntimeOptions {
  /** Where the server is: the model process's client, or a URL with an optional key. */
  readonly server:
    | Client
    | { readonly baseUrl: string; readonly apiKey?: string; readonly timeoutMs?: number };
  /** Catalogue name of the base model that the server runs; artefacts of another base are refused. */
  readonly base: string;
  /** Requests in flight at once; more wait in line. */
  readonly concurrency?: number;
  readonly maxTokens?: number;
}

export const LLAMA_RUNGS = ['lora'] as const;

/** A runtime for rung 'lora'. An artefact is a GGUF adapter. */
export function llamaRuntime(options: LlamaRuntimeOptions): ProbedRuntime {
  const client = 'post' in options.server ? options.server : httpClient(options.server);
  const turns = pool(Array.from({ length: options.concurrency ?? 8 }, (_, i) => i));
  const loaded = new Map<string, Promise<unknown>>();

  const load = (name: string, artefact: Artefact): Promise<unknown> => {
    let loading = loaded.get(name);
    if (loading === undefined) {
      const body = { lora_name: name, lora_path: artefact.path };
      loading = client.post('/v1/load_lora_adapter', body);
      loaded.set(name, loading);
      loading.catch(() => loaded.delete(name));
    }
    return loading;
  };

  /** The server's answer, when it is this request's turn. */
  const ask = async (
    artefact: Artefact,
    input: string,
    more: { readonly [key: string]: Json },
    signal: AbortSignal | undefined,
  ): Promise<Json> => {
    const name = adapterName(artefact);
    const body = { model: name, messages: [{ role: 'user', content: input }], temperature: 0, ...more };
    const turn = await turns.take(signal);
    try {
      await load(name, artefact);
      return await client.post('/v1/chat/completions', body, signal).catch(async (error: unknown) => {
        if (!(error instanceof UnderstudyError && error.code === 'not-found')) throw error;
        // A server that was started again has forgotten its adapters.
        loaded.delete(name);
        await load(name, artefact);
        return client.post('/v1/chat/completions', body, signal);
      });
    } finally {
      turns.give(turn);
    }
  };

  return {
    rungs: LLAMA_RUNGS,
    async predict(artefact, input, predictOptions = {}) {
      if (artefact.base !== options.base)
        throw new UnderstudyError('unavailable', `The server runs ${options.base}, not ${artefact.base}.`, {
          hint: 'Train the task again on this base model.',
          status: 503,
        });
      const started = performance.now();
      const { answerKeys } = artefact;
      const draft = draftOf(predictOptions.draft, answerKeys);
      const more = {
        max_tokens: options.maxTokens ?? 384,
        logprobs: true,
        ...(draft === undefined ? {} : { prediction: { type: 'content', content: draft } }),
      };
      try {
        const said = read(await ask(artefact, input, more, predictOptions.signal));
        const whole = answerKeys === undefined ? said.answer : withKeys(answerKeys, said.answer);
        return { ...(whole === '' ? NOTHING : { ...said, answer: whole }), ms: performance.now() - started };
      } catch (error) {
        // Too long for the context: no answer, and not at all sure; not a fault of the server.
        if (error instanceof UnderstudyError && error.code === 'bad-input')
          return { ...NOTHING, ms: performance.now() - started };
        throw error;
      }
    },
    async probe(artefact, signal) {
      await ask(artefact, 'probe', { max_tokens: 1 }, signal);
    },
    close: () => client.close(),
  };
}

/** The draft as the artefact would write it; absent where it would never write it. */
function draftOf(draft: string | undefined, keys: readonly string[] | undefined): string | undefined {
  if (draft === undefined || keys === undefined) return draft;
  return withoutKeys(keys, draft) ?? undefined;
}

const NOTHING: Omit<Prediction, 'ms'> = { answer: '', signals: { sequence: 0, lowest: 0, mean: 0 } };

/** An answer that was cut off is no answer. */
function read(answer: Json): Omit<Prediction, 'ms'> {
  const choice = isObject(answer) && Array.isArray(answer.choices) ? answer.choices[0] : undefined;
  if (!isObject(choice) || !isObject(choice.message)) throw unreadable();
  if (choice.finish_reason !== 'stop') return NOTHING;
  const content = isObject(choice.logprobs) ? choice.logprobs.content : undefined;
  if (typeof choice.message.content !== 'string' || !Array.isArray(content)) throw unreadable();
  const logprobs = content.map((item) => (isObject(item) ? Number(item.logprob) : Number.NaN));
  return { answer: choice.message.content, signals: signalsOf(logprobs) };
}

/**
 * sequence: the probability of the whole answer. lowest: of its least likely token. mean: the geometric mean of the
 * tokens' probabilities, which does not fall with length.
 */
export function signalsOf(logprobs: readonly number[]): Signals {
  if (logprobs.length === 0) return NOTHING.signals;
  const sum = logprobs.reduce((total, logprob) => total + logprob, 0);
  return {
    sequence: probability(sum),
    lowest: probability(Math.min(...logprobs)),
    mean: probability(sum / logprobs.length),
  };
}

function probability(logprob: number): number {
  const value = Math.exp(logprob);
  return Number.isFinite(value) ? Math.min(1, value) : 0;
}

/** Every version of an artefact has its own path, so the same name is the same weights. */
function adapterName(artefact: Artefact): string {
  return `lora-${contentHash(`${artefact.path}\n${artefact.sha256}`, 16)}`;
}

function unreadable(): UnderstudyError {
  return new UnderstudyError('internal', 'The model server gave an answer that cannot be read.', {
    hint: 'Check that it returns logprobs for chat completions.',
  });
}
