/**
 * The LLM provider: a pool of connections to the one configured address. Bytes in, bytes out.
 * Does not: know dialects, retry, or follow redirects: the client decides on those, as without us.
 */
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { type Dispatcher, errors, Pool } from 'undici';
import { UnderstudyError } from '../core/errors.ts';
import type { Turns } from './turns.ts';

/** A request to the provider. */
export interface UpstreamRequest {
  readonly method: string;
  /** As the client sent it, with its query. */
  readonly path: string;
  /** Flat list of names and values, already filtered (see headers.ts). */
  readonly headers: readonly string[];
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | null;
  /** Absent where it is no call of a dialect, but only passed on. */
  readonly call?: CallFacts;
}

/** What is known of a call, for whoever chooses among several servers. */
export interface CallFacts {
  /** As Admission.isTrusted. */
  readonly isTrusted: boolean;
  /** Null where the client tells none. */
  readonly session: string | null;
  /** The answer is only compared with a specialist's. */
  readonly isReference?: boolean;
}

export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  /** Flat list of names and values, as they came. */
  readonly headers: readonly string[];
  /** Which of several servers answers. */
  readonly from?: string;
  /** What of the request could not be said to it, by the names of fields. */
  readonly dropped?: readonly string[];
}

/** What is done with the answer as it comes. */
export interface Listener {
  /** The request has a connection and is being sent. Default: nobody is told. */
  onStart?(): void;
  /** An informational answer (1xx) before the answer's own head. */
  onInformation?(head: ResponseHead): void;
  onHead(head: ResponseHead): void;
  /** A promise to wait for before more is read, or nothing. */
  onData(chunk: Buffer): Promise<void> | undefined;
}

export interface Upstream {
  /**
   * Resolves with the trailers (a flat list like the headers) when the answer has ended.
   * @throws UnderstudyError 'unavailable' (502), 'timed-out' (504) or 'cancelled' (by the signal).
   */
  send(request: UpstreamRequest, listener: Listener, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Asks for an upgrade of the connection to `protocol` (WebSocket and the like). Resolves with the upgraded
   * connection, or with null where the upstream gave an ordinary answer, which then went to the listener.
   * @throws UnderstudyError as `send`.
   */
  upgrade(
    request: UpstreamRequest,
    protocol: string,
    listener: Listener,
    signal: AbortSignal,
  ): Promise<Upgraded | null>;
  close(): Promise<void>;
}

/** A connection that speaks another protocol from now on. Whoever gets it closes it. */
export interface Upgraded {
  readonly head: ResponseHead;
  readonly socket: Duplex;
}

/** A body longer than this is handed to its connection in slices, so that sending it does not hold up others. */
const SLICE_BYTES = 128 * 1024;
/** Heads of answers up to this size pass; what node's own clients accept is less. */
const MAX_HEAD_BYTES = 128 * 1024;

interface Ending {
  readonly trailers: readonly string[];
  readonly upgraded: Upgraded | null;
}

export interface UpstreamLimits {
  /** Longest wait for the answer's head, and between two of its chunks, milliseconds. */
  readonly timeoutMs: number;
  /** At once; further requests wait for one. Default: no limit. */
  readonly maxConnections?: number | undefined;
  /** Shares the event loop among long bodies. Default: each sends a slice a turn. */
  readonly turns?: Turns;
}

export function connectUpstream(
  baseUrl: string,
  { timeoutMs, maxConnections, turns }: UpstreamLimits,
): Upstream {
  const base = new URL(baseUrl);
  const pool = new Pool(base.origin, {
    // Bytes and headers stay as the provider writes them in HTTP/1.1.
    allowH2: false,
    pipelining: 1,
    connections: maxConnections ?? null,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxHeaderSize: MAX_HEAD_BYTES,
    connect: { timeout: Math.min(timeoutMs, 10_000) },
  });
  const dispatch = (
    request: UpstreamRequest,
    protocol: string | null,
    listener: Listener,
    signal: AbortSignal,
  ): Promise<Ending> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(upstreamError(signal.reason, signal));
        return;
      }
      let controller: Dispatcher.DispatchController | null = null;
      // While it waits for a connection there is nothing to abort, and nothing to wait for.
      const stop = (): void => (controller ? controller.abort(new Error('cancelled')) : fail(signal.reason));
      signal.addEventListener('abort', stop, { once: true });
      const end = (ending: Ending): void => {
        signal.removeEventListener('abort', stop);
        resolve(ending);
      };
      const fail = (cause: unknown): void => {
        signal.removeEventListener('abort', stop);
        reject(upstreamError(cause, signal));
      };
      try {
        pool.dispatch(
          {
            method: request.method as Dispatcher.HttpMethod,
            path: upstreamPath(base.pathname, request.path),
            ...sized(request, turns),
            ...(protocol === null ? {} : { upgrade: protocol }),
          },
          {
            onRequestStart: (begun) => {
              controller = begun;
              if (signal.aborted) stop();
              else listener.onStart?.();
            },
            onResponseStart: (begun, status, _headers, statusText) => {
              const head = { status, statusText: statusText ?? '', headers: flat(begun.rawHeaders) };
              if (status < 200) listener.onInformation?.(head);
              else listener.onHead(head);
            },
            onResponseData: (flow, chunk) => {
              const wait = listener.onData(chunk);
              if (!wait) return;
              flow.pause();
              wait.finally(() => flow.resume());
            },
            onRequestUpgrade: (begun, status, _headers, socket) => {
              const head = { status, statusText: '', headers: flat(begun.rawHeaders) };
              end({ trailers: [], upgraded: { head, socket } });
            },
            onResponseEnd: (ended) => end({ trailers: flat(ended.rawTrailers), upgraded: null }),
            onResponseError: (_controller, cause) => fail(cause),
          },
        );
      } catch (cause) {
        fail(cause);
      }
    });
  return {
    send: async (request, listener, signal) => (await dispatch(request, null, listener, signal)).trailers,
    upgrade: async (request, protocol, listener, signal) =>
      (await dispatch(request, protocol, listener, signal)).upgraded,
    close: () => pool.destroy(),
  };
}

/** Headers and body as undici takes them: a large body in slices, with its length said beforehand. */
function sized(
  request: UpstreamRequest,
  turns: Turns | undefined,
): Pick<Dispatcher.DispatchOptions, 'headers' | 'body'> {
  const { headers, body } = request;
  const large = body instanceof Uint8Array && body.length > SLICE_BYTES;
  return {
    headers: large ? [...headers, 'content-length', String(body.length)] : [...headers],
    // Any iterable will do, say undici's documentation and code; its types leave them out.
    body: (large ? slices(body, turns) : body) as Dispatcher.DispatchOptions['body'] & object,
  };
}

/** With a turn for others between two slices, among them the answer of an upstream that does not read to the end. */
async function* slices(body: Uint8Array, turns: Turns | undefined): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += SLICE_BYTES) {
    yield body.subarray(at, at + SLICE_BYTES);
    await (turns?.take(SLICE_BYTES) ?? setImmediate());
  }
}

/**
 * The path at the provider. Base URLs come with and without their version, clients' too, so a path that already
 * starts with the base's is taken as it is, and a client's leading /v1 gives way to a base that has its own version. A
 * client that puts its own /v1 behind a base URL that has one means it once.
 */
export function upstreamPath(basePath: string, asked: string): string {
  const base = basePath.replace(/\/+$/, '');
  const path = asked.replace(/^\/v1(?=\/v1(?:\/|\?|$))/, '');
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
