/** Anything that is not a call of a known dialect: streamed both ways, not read. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { UnderstudyError } from '../core/errors.ts';
import { upstreamHeaders } from './headers.ts';
import { relay } from './relay.ts';
import { watchUpload } from './upload.ts';
import type { Upstream } from './upstream.ts';

export interface PassOptions {
  readonly upstream: Upstream;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly signal: AbortSignal;
  /** Headers of ours, as a flat list. */
  readonly extraHeaders: readonly string[];
  /** A client that stops in the middle of its body for so long (milliseconds) is given up. */
  readonly idleMs: number;
}

/** @throws UnderstudyError as Upstream.ask, and 'timed-out' (408) where the client stops sending. */
export async function passThrough(options: PassOptions): Promise<void> {
  const { upstream, request, response, extraHeaders } = options;
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
      question: {
        method: request.method ?? 'GET',
        path: request.url ?? '/',
        headers,
        // An upstream that answers before it has read everything must not take the client's connection with it.
        body: hasBody ? request.iterator({ destroyOnReturn: false }) : null,
      },
      response,
      signal: AbortSignal.any([options.signal, idle.signal]),
      extraHeaders,
      beforeEnd: async () => {},
    });
  } catch (error) {
    throw idle.signal.aborted ? (idle.signal.reason as UnderstudyError) : error;
  } finally {
    // What nobody reads any more is let through, so that the client gets to read the answer.
    if (!request.complete) request.resume();
  }
}
