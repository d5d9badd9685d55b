/** Anything that is not a call of a known dialect: streamed both ways, not read. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { UnderstudyError } from '../core/errors.ts';
import { upstreamHeaders } from './headers.ts';
import { relay } from './relay.ts';
import type { Turns } from './turns.ts';
import { watchUpload } from './upload.ts';
import type { Upstream } from './upstream.ts';

export interface PassOptions {
  readonly upstream: Upstream;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly signal: AbortSignal;
  /** As in relay.ts. */
  readonly turns: Turns;
  /** Headers of ours, as a flat list. */
  readonly extraHeaders: readonly string[];
  /** As in relay.ts. */
  readonly cors: readonly string[];
  /** A client that stops in the middle of its body for this time (milliseconds) is given up. */
  readonly idleMs: number;
}

/** @throws UnderstudyError as Upstream.send, and 'timed-out' (408) where the client stops sending. */
export async function passThrough(options: PassOptions): Promise<void> {
  const { upstream, request, response, extraHeaders, cors } = options;
  const length = request.headers['content-length'];
  const hasBody = (length !== undefined && length !== '0') || 'transfer-encoding' in request.headers;
  const headers = upstreamHeaders(request.rawHeaders);
  // A body of known length stays one: not every provider takes chunked uploads.
  if (hasBody && length !== undefined) headers.push('content-length', length);
  const idle = new AbortController();
  if (hasBody) {
    watchUpload(request, options.idleMs, (error) => {
      idle.abort(error);
      // Answered already: there is nothing more to say on this connection.
      if (response.writableEnded) request.destroy();
    });
  }
  try {
    await relay({
      upstream,
      request: {
        method: request.method ?? 'GET',
        path: request.url ?? '/',
        headers,
        body: hasBody ? pieces(request) : null,
      },
      response,
      signal: AbortSignal.any([options.signal, idle.signal]),
      turns: options.turns,
      extraHeaders,
      cors,
      beforeEnd: async () => {},
    });
  } catch (error) {
    throw idle.signal.aborted ? (idle.signal.reason as UnderstudyError) : error;
  } finally {
    drop(request);
  }
}

/**
 * The body as it comes. An upstream that answers before it has read everything must not take the client's connection
 * with it; and between two pieces its answer gets a chance to be read, before a write to a connection that it has
 * closed fails.
 */
async function* pieces(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of request.iterator({ destroyOnReturn: false })) {
      yield piece as Uint8Array;
      await setImmediate();
    }
  } finally {
    drop(request);
  }
}

/** What nobody reads any more is let through, so that the client gets to read its answer. */
function drop(request: IncomingMessage): void {
  if (!request.complete) request.resume();
}
