/**
 * The runtime of models that run elsewhere: an OpenAI-compatible server by URL (the provider that fine-tuned the
 * model, vLLM, llama-server, Ollama). An artefact is a file that names the server and the model there.
 * Where the server gives log-probabilities, the signals are those of the llama runtime; where it does not, only
 * whether the answer came to its end.
 * Does not: load adapters (llama.ts), or send a key to a server that the configuration does not name.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { UnderstudyError } from '../core/errors.ts';
import { type Json, type JsonObject, parseJson } from '../core/json.ts';
import type { Artefact, Prediction, Signals } from '../core/specialist.ts';
import { estimateTokens } from '../core/tokens.ts';
import { httpClient } from './client.ts';
import type { ProbedRuntime } from './guarded.ts';
import { signalsOf } from './llama.ts';
import { pool } from './pool.ts';

export interface RemoteRuntimeOptions {
  /** With its version path, as in http://127.0.0.1:8000/v1. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  /** Longest wait for one answer. */
  readonly timeoutMs?: number;
  /** Requests in flight at once; more wait in line. */
  readonly concurrency?: number;
  readonly maxTokens?: number;
  /** Hears of each answer, used or not, and what it took. */
  readonly onCharge?: (model: string, usage: NonNullable<Prediction['usage']>) => void;
}

const artefactSchema = z.object({ baseUrl: z.string(), model: z.string() });

const completionSchema = z.object({
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({ content: z.string().nullish() }),
        logprobs: z.object({ content: z.array(z.object({ logprob: z.number() })).nullish() }).nullish(),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
});

export const REMOTE_RUNGS = ['hosted'] as const;

/** A runtime for rung 'hosted'. */
export function remoteRuntime(options: RemoteRuntimeOptions): ProbedRuntime {
  const client = httpClient(options);
  const turns = pool(Array.from({ length: options.concurrency ?? 8 }, (_, i) => i));
  const models = new Map<string, Promise<string>>();
  /** Until the server refuses them. */
  let logprobs = true;

  const modelOf = (artefact: Artefact): Promise<string> => {
    const known = models.get(artefact.path);
    if (known) return known;
    const reading = readModel(artefact, options.baseUrl);
    models.set(artefact.path, reading);
    reading.catch(() => models.delete(artefact.path));
    return reading;
  };
  const bodyOf = (model: string, input: string, maxTokens: number): JsonObject => ({
    model,
    messages: [{ role: 'user', content: input }],
    max_tokens: maxTokens,
    temperature: 0,
  });
  const ask = async (model: string, input: string, signal: AbortSignal | undefined): Promise<Json> => {
    const body = bodyOf(model, input, options.maxTokens ?? 384);
    if (!logprobs) return client.post('/chat/completions', body, signal);
    try {
      return await client.post('/chat/completions', { ...body, logprobs: true }, signal);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // It refuses the request: because of the log-probabilities, or because of the input?
      const answer = await client.post('/chat/completions', body, signal);
      logprobs = false;
      return answer;
    }
  };

  return {
    rungs: REMOTE_RUNGS,
    varies: true,
    async predict(artefact, input, { signal } = {}) {
      const model = await modelOf(artefact);
      const started = performance.now();
      const turn = await turns.take(signal);
      try {
        const answer = await ask(model, input, signal);
        const usage = usageOf(answer, input);
        options.onCharge?.(model, usage);
        return { ...read(answer), usage, ms: performance.now() - started };
      } catch (error) {
        // Refused, too long perhaps: no answer, and not at all sure; not a fault of the server.
        if (isRefusal(error)) return { ...NOTHING, ms: performance.now() - started };
        if (error instanceof UnderstudyError && error.code === 'not-found')
          throw new UnderstudyError('unavailable', `The server has no model ${model}: ${error.message}`, {
            hint: 'It may be asleep or deleted there. Deploy it again, or train the task again.',
            status: 503,
            cause: error,
          });
        throw error;
      } finally {
        turns.give(turn);
      }
    },
    async probe(artefact, signal) {
      const model = await modelOf(artefact);
      // Not in line behind calls: those may be what hangs.
      await client.post('/chat/completions', bodyOf(model, 'probe', 1), signal);
    },
    close: () => client.close(),
  };
}

/** Unsure by every signal there may be: one that is missing anywhere is used nowhere. */
const NOTHING: Omit<Prediction, 'ms'> = { answer: '', signals: { answered: 0, ...signalsOf([]) } };

/** An answer that was cut off is no answer. */
function read(answer: Json): Omit<Prediction, 'ms'> {
  const choice = completionSchema.safeParse(answer).data?.choices[0];
  if (!choice)
    throw new UnderstudyError('internal', 'The model server gave an answer that cannot be read.', {
      hint: 'Check that it offers OpenAI’s chat completions.',
    });
  const text = choice.message.content ?? '';
  if (choice.finish_reason !== 'stop' || text === '') return NOTHING;
  const tokens = choice.logprobs?.content;
  const signals: Signals = tokens?.length ? signalsOf(tokens.map(({ logprob }) => logprob)) : {};
  return { answer: text, signals: { answered: 1, ...signals } };
}

/** As the server counts, else as estimated. */
function usageOf(answer: Json, input: string): NonNullable<Prediction['usage']> {
  const { usage, choices } = completionSchema.safeParse(answer).data ?? {};
  const text = choices?.[0]?.message.content ?? '';
  return {
    promptTokens: usage?.prompt_tokens ?? estimateTokens(input),
    completionTokens: usage?.completion_tokens ?? estimateTokens(text),
  };
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof UnderstudyError &&
    error.code === 'bad-input' &&
    error.status !== 401 &&
    error.status !== 403
  );
}

/** The model's name at the server. @throws UnderstudyError 'unavailable' where that is another server. */
async function readModel(artefact: Artefact, baseUrl: string): Promise<string> {
  const text = await readFile(artefact.path, 'utf8').catch(() => '');
  const named = artefactSchema.safeParse(parseJson(text)).data;
  if (named?.baseUrl === baseUrl) return named.model;
  throw new UnderstudyError(
    'unavailable',
    named
      ? `This specialist runs at ${named.baseUrl}, which the configuration does not name.`
      : `${artefact.path} names no model at a server.`,
    { hint: 'Set train.hosted.baseUrl to where it was trained, or train the task again.', status: 503 },
  );
}
