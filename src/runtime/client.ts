/**
 * Posts JSON to a server of models (ours or any that speaks the same HTTP) and turns what goes wrong into
 * UnderstudyErrors.
 * Does not: retry, or know what is posted.
 */

import { errors, Pool } from 'undici';
import { type ErrorCode, messageOf, UnderstudyError } from '../core/errors.ts';
import { isObject, type Json, parseJson } from '../core/json.ts';
import { requestCancelled } from './cancelled.ts';

export interface Client {
  /**
   * The answer to a POST, as JSON.
   * @throws UnderstudyError 'unavailable' (nobody there), 'timed-out', 'cancelled', 'overloaded' (429),
   *   'not-found' (404), 'bad-input' (other 4xx), 'internal'; `data.retryAfterMs` where the server says so.
   */
  post(path: string, body: Json, signal?: AbortSignal): Promise<Json>;
  close(): Promise<void>;
}

/** @param baseUrl origin and path prefix: paths are put behind it, as in `http://host:8000` + `/v1/embeddings`. */
export function httpClient(options: {
  readonly baseUrl: string;
  readonly apiKey?: string | undefined;
  /** Longest wait for one answer. */
  readonly timeoutMs?: number;
}): Client {
  const url = new URL(options.baseUrl);
  const prefix = url.pathname.replace(/\/$/, '');
  const timeout = options.timeoutMs ?? 60_000;
  const pool = new Pool(url.origin, { headersTimeout: timeout, bodyTimeout: timeout });
  const headers = {
    'content-type': 'application/json',
    ...(options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }),
  };
  return {
    async post(path, body, signal) {
      try {
        const response = await pool.request({
          method: 'POST',
          path: prefix + path,
          headers,
          body: JSON.stringify(body),
          signal: signal ?? null,
        });
        const answer = parseJson(await response.body.text());
        if (response.statusCode < 300 && answer !== undefined) return answer;
        throw refused(response.statusCode, answer, response.headers['retry-after']);
      } catch (error) {
        throw error instanceof UnderstudyError ? error : failed(error, signal);
      }
    },
    close: () => pool.destroy(),
  };
}

/** An answer that is not a success. */
function refused(
  status: number,
  answer: Json | undefined,
  retryAfter: string | string[] | undefined,
): UnderstudyError {
  const error = isObject(answer) && isObject(answer.error) ? answer.error : {};
  const message = typeof error.message === 'string' ? error.message : `The model server answered ${status}.`;
  const code: ErrorCode =
    status === 404
      ? 'not-found'
      : status === 429
        ? 'overloaded'
        : status === 503
          ? 'unavailable'
          : status >= 400 && status < 500
            ? 'bad-input'
            : 'internal';
  // Seconds; the other form, a date, is hardly ever sent by servers of models.
  const seconds = Number(retryAfter);
  const data = retryAfter !== undefined && seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {};
  return new UnderstudyError(code, message, { hint: 'Run `understudy doctor`.', status, data });
}

/** No answer at all. */
function failed(cause: unknown, signal: AbortSignal | undefined): UnderstudyError {
  if (signal?.aborted) return requestCancelled(cause);
  if (cause instanceof errors.HeadersTimeoutError || cause instanceof errors.BodyTimeoutError)
    return new UnderstudyError('timed-out', 'The model server did not answer in time.', {
      hint: 'Send fewer requests at once, or allow more time.',
      status: 504,
      cause,
    });
  return new UnderstudyError('unavailable', `The model server is not there: ${messageOf(cause)}`, {
    hint: 'It is started again by itself; try again shortly.',
    status: 503,
    cause,
  });
}
