/**
 * Talks to a provider: JSON and files over HTTPS, with patience. Where the provider asks to wait, cannot be reached
 * or fails for a moment, a request that may be repeated is sent again, each time after a longer wait.
 * Does not: know what is asked for (apis.ts), or repeat what might then be done twice (trainer.ts looks first).
 */

import { setTimeout as wait } from 'node:timers/promises';
import { type Dispatcher, FormData, Pool } from 'undici';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import { isObject, type Json, parseJson } from '../../core/json.ts';
import { trainingCancelled } from '../cancelled.ts';

export interface ProviderOptions {
  /** With its version path, as in https://api.openai.com/v1. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** First wait before a request is sent again; doubled each time. Default: 1 s. */
  readonly retryMs?: number;
}

export interface Provider {
  get(path: string, signal?: AbortSignal): Promise<Json>;
  /**
   * Sent once; again only where the provider certainly did nothing (429, nobody there).
   * @throws as get; 'timed-out' where it is not known whether the provider has done it.
   */
  post(path: string, body: Json | FormData, signal?: AbortSignal): Promise<Json>;
  close(): Promise<void>;
}

/** With waits that double from a second to a minute: about ten minutes. */
const TRIES = 15;
/** Where nobody has ever answered the address is more likely wrong than the provider away: a quarter of a minute. */
const FIRST_TRIES = 5;
const RETRY_MS = 1000;
/** Longest wait, in first waits. */
const LONGEST_WAIT = 60;
const TIMEOUT_MS = 120_000;

/** @throws UnderstudyError 'unavailable' (not there, key refused, no credit), 'overloaded', 'unsupported', 'cancelled'. */
export function connectProvider(options: ProviderOptions): Provider {
  const url = new URL(options.baseUrl);
  const prefix = url.pathname.replace(/\/$/, '');
  const pool = new Pool(url.origin, { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  let met = false;
  const headers = { authorization: `Bearer ${options.apiKey}` };

  const once = async (
    method: 'GET' | 'POST',
    path: string,
    body: Json | FormData | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Answer> => {
    try {
      const form = body instanceof FormData;
      const response = await pool.request({
        method,
        path: prefix + path,
        headers: form || body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        body: form ? body : body === undefined ? null : JSON.stringify(body),
        signal: signal ?? null,
      });
      met = true;
      const json = parseJson(await response.body.text());
      return { status: response.statusCode, headers: response.headers, json };
    } catch (error) {
      if (signal?.aborted) throw cancelled();
      const code = isObject(error as Json) ? String((error as { code?: unknown }).code) : '';
      return {
        failure: messageOf(error),
        sent: !/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|CONNECT_TIMEOUT/.test(code),
      };
    }
  };

  const send = async (
    method: 'GET' | 'POST',
    path: string,
    body?: Json | FormData,
    signal?: AbortSignal,
  ): Promise<Json> => {
    for (let tried = 1; ; tried++) {
      const answer = await once(method, path, body, signal);
      if (!('failure' in answer) && answer.status < 300 && answer.json !== undefined) return answer.json;
      const trouble = troubleOf(answer, method === 'POST');
      if (!trouble.again || tried >= (met ? TRIES : FIRST_TRIES)) throw trouble.error;
      const first = options.retryMs ?? RETRY_MS;
      const asked = 'failure' in answer ? null : retryAfter(answer.headers);
      await pause(Math.min(asked ?? first * 2 ** (tried - 1), first * LONGEST_WAIT), signal);
    }
  };

  return {
    get: (path, signal) => send('GET', path, undefined, signal),
    post: (path, body, signal) => send('POST', path, body, signal),
    close: () => pool.destroy(),
  };
}

/** Waits. @throws UnderstudyError 'cancelled'. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(ms, undefined, signal ? { signal } : {});
  } catch {
    throw cancelled();
  }
}

type Answer =
  | {
      readonly status: number;
      readonly headers: Dispatcher.ResponseData['headers'];
      readonly json: Json | undefined;
    }
  /** `sent`: the provider may have got the request. */
  | { readonly failure: string; readonly sent: boolean };

/** What went wrong, and whether asking again may help without doing anything twice. */
function troubleOf(
  answer: Answer,
  changes: boolean,
): { readonly error: UnderstudyError; readonly again: boolean } {
  const fields = {
    hint: 'The provider was asked several times. Start the training again later: it resumes.',
  };
  if ('failure' in answer) {
    const unsure = changes && answer.sent;
    const code = unsure ? 'timed-out' : 'unavailable';
    const error = new UnderstudyError(code, `The provider cannot be reached: ${answer.failure}`, {
      hint: `Check train.hosted.baseUrl. ${fields.hint}`,
    });
    return { error, again: !unsure };
  }
  const { status, json } = answer;
  const body = isObject(json) && isObject(json.error) ? json.error : {};
  const message = typeof body.message === 'string' ? body.message : `It answered ${status}.`;
  const refused = `The provider refused: ${message}`;
  if (status === 401 || status === 403)
    return {
      error: new UnderstudyError('unavailable', refused, { hint: 'Check train.hosted.apiKey.' }),
      again: false,
    };
  if (status === 429 && body.code === 'insufficient_quota')
    return {
      error: new UnderstudyError('unavailable', refused, { hint: 'Add credit there.' }),
      again: false,
    };
  if (status === 429) return { error: new UnderstudyError('overloaded', refused, fields), again: true };
  if (status >= 500 || status < 300)
    return {
      error: new UnderstudyError(
        changes ? 'timed-out' : 'unavailable',
        `The provider failed: ${message}`,
        fields,
      ),
      again: !changes,
    };
  return {
    error: new UnderstudyError('unsupported', refused, {
      hint: 'Check train.hosted: its model, and what the provider allows for it.',
    }),
    again: false,
  };
}

/** Milliseconds that a 429 or 503 asks to wait: seconds or a date (RFC 9110, section 10.2.3); null where it does not. */
function retryAfter(headers: Dispatcher.ResponseData['headers']): number | null {
  const value = String(headers['retry-after'] ?? '');
  if (value === '') return null;
  const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

export const cancelled = (): UnderstudyError =>
  trainingCancelled('Start it again: files that the provider has are used again.');
