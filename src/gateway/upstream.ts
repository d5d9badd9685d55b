/**
 * The LLM provider: a pool of connections to the one configured address. Bytes in, bytes out.
 * Does not: know dialects, retry, or follow redirects: the client decides on those, as without us.
 */
import type { Readable } from 'node:stream';
import { type Dispatcher, errors, Pool } from 'undici';
import { UnderstudyError } from '../core/errors.ts';

export interface Question {
  readonly method: string;
  /** As the client sent it, with its query. */
  readonly path: string;
  /** Flat list of names and values, already filtered (see headers.ts). */
  readonly headers: readonly string[];
  readonly body: Uint8Array | Readable | null;
}

export interface AnswerHead {
  readonly status: number;
  readonly statusText: string;
  /** Flat list of names and values, as they came. */
  readonly headers: readonly string[];
}

/** What is done with the answer as it comes. A `pause` stops the flow until the promise is settled. */
export interface Listener {
  onHead(head: AnswerHead): void;
  /** A promise to wait for before more is read, or nothing. */
  onData(chunk: Buffer): Promise<void> | undefined;
}

export interface Upstream {
  /**
   * Resolves when the answer has ended.
   * @throws UnderstudyError 'unavailable' (502), 'timed-out' (504) or 'cancelled' (by the signal).
   */
  ask(question: Question, listener: Listener, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** `timeoutMs`: longest wait for the answer's head, and between two of its chunks. */
export function connectUpstream(baseUrl: string, timeoutMs: number): Upstream {
  const base = new URL(baseUrl);
  const pool = new Pool(base.origin, {
    // Bytes and headers stay as the provider writes them in HTTP/1.1.
    allowH2: false,
    pipelining: 1,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: Math.min(timeoutMs, 10_000) },
  });
  return {
    ask: (question, listener, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(upstreamError(signal.reason, signal));
          return;
        }
        let controller: Dispatcher.DispatchController | null = null;
        const stop = (): void => controller?.abort(new Error('cancelled'));
        signal.addEventListener('abort', stop, { once: true });
        const fail = (cause: unknown): void => {
          signal.removeEventListener('abort', stop);
          reject(upstreamError(cause, signal));
        };
        try {
          pool.dispatch(
            {
              method: question.method as Dispatcher.HttpMethod,
              path: upstreamPath(base.pathname, question.path),
              headers: question.headers as string[],
              body: question.body,
            },
            {
              onRequestStart: (begun) => {
                controller = begun;
                if (signal.aborted) stop();
              },
              onResponseStart: (begun, status, _headers, statusText) => {
                if (status < 200) return;
                listener.onHead({ status, statusText: statusText ?? '', headers: flat(begun.rawHeaders) });
              },
              onResponseData: (flow, chunk) => {
                const wait = listener.onData(chunk);
                if (!wait) return;
                flow.pause();
                wait.finally(() => flow.resume());
              },
              onResponseEnd: () => {
                signal.removeEventListener('abort', stop);
                resolve();
              },
              onResponseError: (_controller, cause) => fail(cause),
            },
          );
        } catch (cause) {
          fail(cause);
        }
      }),
    close: () => pool.destroy(),
  };
}

/**
 * The path at the provider. Base URLs come with and without their version, clients' too, so a path that already
 * starts with the base's is taken as it is, and a client's leading /v1 gives way to a base that has its own version.
 */
export function upstreamPath(basePath: string, path: string): string {
  const base = basePath.replace(/\/+$/, '');
  if (base === '' || path === base || path.startsWith(`${base}/`) || path.startsWith(`${base}?`)) return path;
  const versioned = /\/v\d+[a-z\d]*(\/|$)/.test(base);
  return base + (versioned ? path.replace(/^\/v1(?=\/|\?|$)/, '') : path);
}

function flat(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  if (!Array.isArray(raw)) return [];
  return raw.map((item) => (typeof item === 'string' ? item : item.toString('latin1')));
}

function upstreamError(cause: unknown, signal: AbortSignal): UnderstudyError {
  if (signal.aborted) {
    return new UnderstudyError('cancelled', 'The client went away.', {
      hint: 'Nothing to do.',
      status: 499,
      cause,
    });
  }
  if (
    cause instanceof errors.HeadersTimeoutError ||
    cause instanceof errors.BodyTimeoutError ||
    cause instanceof errors.ConnectTimeoutError
  ) {
    return new UnderstudyError('timed-out', 'The upstream took too long to answer.', {
      hint: 'Raise gateway.timeoutMs, or look at the provider.',
      status: 504,
      cause,
    });
  }
  return new UnderstudyError('unavailable', 'The upstream cannot be reached.', {
    hint: 'Check upstream.baseUrl and the network.',
    status: 502,
    cause,
  });
}
