/**
 * Asks a model that judges, at any server of OpenAI's chat completions: a few requests at once, and again where the server
 * is busy or down for a while.
 * Does not: know what is asked, or what it costs (evaluate/judge).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { UnderstudyError } from '../core/errors.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import { responseFromJson } from '../wire/openai-chat-response.ts';
import { requestCancelled } from './cancelled.ts';
import { httpClient } from './client.ts';
import { pool } from './pool.ts';

export interface JudgeClientOptions {
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: string | undefined;
  readonly timeoutMs: number;
  /** Requests at once. */
  readonly concurrency: number;
  /** Tries of one request. Default: 5. */
  readonly tries?: number;
  /** Waits; for tests. */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface JudgeClient {
  /**
   * @param onTimeOut Hears of each try that got no answer in time, which may have to be paid; what it throws ends the asking.
   * @throws UnderstudyError as httpClient, once trying again has not helped.
   */
  ask(
    messages: readonly { readonly role: string; readonly content: string }[],
    signal?: AbortSignal,
    onTimeOut?: () => void,
  ): Promise<{
    readonly text: string;
    /** Null where the server does not count. */
    readonly usage: { readonly promptTokens: number; readonly completionTokens: number } | null;
  }>;
  close(): Promise<void>;
}

/** Room for a model that reasons before it answers; paid is what it writes. */
export const MAX_TOKENS = 1024;
/** Before the second try; doubles with each. The server's own word (retry-after) counts up to a minute. */
const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [500, 60_000];

export function judgeClient(options: JudgeClientOptions): JudgeClient {
  const { model, concurrency, tries = 5, wait = pause } = options;
  const client = httpClient(options);
  const turns = pool(
    Array.from({ length: concurrency }, (_, i) => i),
    Number.POSITIVE_INFINITY,
  );
  /** Some models take neither a temperature nor max_tokens. */
  let takesUsual = true;
  const post = async (
    body: JsonObject,
    signal: AbortSignal | undefined,
    onTimeOut: () => void,
  ): Promise<Json> => {
    for (let attempt = 1; ; attempt++) {
      const turn = await turns.take(signal);
      try {
        return await client.post('/chat/completions', body, signal);
      } catch (error) {
        if (!(error instanceof UnderstudyError)) throw error;
        if (error.code === 'timed-out') onTimeOut();
        if (attempt >= tries || !mayHelp(error)) throw asJudge(error, options);
        const told = error.data.retryAfterMs;
        const own = FIRST_WAIT_MS * 2 ** (attempt - 1);
        // Whoever waits holds its turn: the others would only be refused as well.
        await wait(Math.min(LONGEST_WAIT_MS, typeof told === 'number' ? told : own), signal);
      } finally {
        turns.give(turn);
      }
    }
  };
  return {
    ask: async (messages, signal, onTimeOut = () => {}) => {
      const asked = { model, messages: messages.map(({ role, content }) => ({ role, content })) };
      const usual = { ...asked, max_tokens: MAX_TOKENS, temperature: 0 };
      const plain = { ...asked, max_completion_tokens: MAX_TOKENS };
      const answer = await post(takesUsual ? usual : plain, signal, onTimeOut).catch((error: unknown) => {
        const isRefused = error instanceof UnderstudyError && error.code === 'bad-input';
        if (!isRefused || !takesUsual) throw error;
        return post(plain, signal, onTimeOut).then((accepted) => {
          takesUsual = false;
          return accepted;
        });
      });
      // What is no completion is no verdict: it is counted as unreadable, not tried again.
      return { text: responseFromJson(answer)?.message.content ?? '', usage: usageOf(answer) };
    },
    close: () => client.close(),
  };
}

/** The error in words of the judge: what the client says of a server is about models of ours. */
function asJudge(error: UnderstudyError, { model, baseUrl }: JudgeClientOptions): UnderstudyError {
  const { code, message, data, status } = error;
  if (code === 'cancelled' || code === 'bad-input') return error;
  return new UnderstudyError(code, `The judge ${model} at ${baseUrl} does not answer: ${message}`, {
    hint: 'Check the section judge. Verdicts are kept: the next run resumes where this one ended.',
    data,
    status,
    cause: error,
  });
}

const mayHelp = ({ code }: UnderstudyError): boolean =>
  code === 'overloaded' || code === 'unavailable' || code === 'timed-out' || code === 'internal';

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal ? { signal } : {}).catch((error: unknown) => {
    throw requestCancelled(error);
  });
}

function usageOf(answer: Json): { promptTokens: number; completionTokens: number } | null {
  const usage = isObject(answer) ? answer.usage : null;
  if (!isObject(usage)) return null;
  const { prompt_tokens: prompt, completion_tokens: completion } = usage;
  return typeof prompt === 'number' && typeof completion === 'number'
    ? { promptTokens: prompt, completionTokens: completion }
    : null;
}
