/**
 * One call under way: the request as bytes and, where it is small, as it was understood; and where the response goes.
 * Whatever cannot be read is passed on as bytes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access, Admission } from '../core/access.ts';
import type { CallRequest, Served, Usage } from '../core/call.ts';
import { newId } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { CallTimes, Observer } from '../core/observe.ts';
import type { RawBody, Router } from '../core/online.ts';
import type { Dialect } from '../wire/dialect.ts';
import { contentCoding, decodeBody } from '../wire/exchange.ts';
import { type Source, sourceOf } from '../wire/source.ts';
import type { Background } from './background.ts';
import type { HeldBody } from './body.ts';
import type { BoundedRecorder } from './bounded-recorder.ts';
import type { Budget } from './budget.ts';
import { upstreamHeaders } from './headers.ts';
import type { OneATurn } from './one-a-turn.ts';
import type { Turns } from './turns.ts';
import type { Upstream, UpstreamRequest } from './upstream.ts';
import type { Upstreams } from './upstreams.ts';

/** Tells what happened, never what was said: no payload, no key. */
export type Log = (event: string, detail: JsonObject) => void;

/** Dollars of an answer of a specialist. @param ms That it took. */
export type CostOf = (
  model: string,
  usage: Usage,
  ms: number,
) => { readonly cost: number; readonly saved: number } | null;

/** What every call needs. */
export interface GatewayContext {
  readonly access: Access;
  readonly upstreams: Upstreams;
  readonly router: Router;
  readonly recorder: BoundedRecorder;
  readonly background: Background;
  readonly log: Log;
  readonly now: () => number;
  /** Reads a request's body into the memory that all bodies share. */
  readonly readBody: (message: IncomingMessage) => Promise<HeldBody>;
  /** What copies of responses are counted against, beside the bodies. */
  readonly memory: Pick<Budget, 'spare'>;
  /** Shares the event loop among long bodies and answers. */
  readonly turns: Turns;
  /** Reads requests of a dialect, what came before once. */
  readonly readRequest: (dialect: Dialect, bytes: Uint8Array) => CallRequest | null;
  /** Shares the event loop among requests that take long to read. */
  readonly reading: OneATurn;
  /** Longest response that is read. */
  readonly maxBodyBytes: number;
  readonly costOf: CostOf;
  /** Told what became of each call. */
  readonly observer: Observer | null;
  /** Counted when the response is known. */
  readonly onServed: (served: Served) => void;
}

/** A call under way. */
export interface Exchange {
  readonly callId: string;
  /** Arrival, epoch milliseconds. */
  readonly at: number;
  readonly upstream: Upstream;
  readonly request: UpstreamRequest;
  readonly body: HeldBody;
  readonly response: ServerResponse;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  readonly dialect: Dialect;
  readonly message: IncomingMessage;
  readonly admission: Admission;
  readonly times: CallTimes;
  readonly raw: RawBody;
  /** 'large': not read here. 'foreign': no request of the dialect; passed through, not captured. */
  readonly understood: Understood | 'large' | 'foreign';
}

export interface Understood {
  readonly request: CallRequest;
  readonly source: Source;
}

/** Requests up to this size (decoded) are read on the event loop, which takes it a few milliseconds at most. */
const MAX_READ_BYTES = 128 * 1024;
/** Smaller ones are read at once. */
const MAX_UNSHARED_BYTES = 8 * 1024;

/** @param at When the first of it came, epoch milliseconds. */
export async function openExchange(
  context: GatewayContext,
  from: Pick<Exchange, 'dialect' | 'message' | 'response' | 'signal' | 'admission' | 'body' | 'at' | 'times'>,
): Promise<Exchange> {
  const { message, body, at, dialect } = from;
  const raw = { chunks: [body.bytes], encoding: contentCoding(message.headers['content-encoding']) };
  const understood = await understand(context, dialect, message, raw);
  const session = typeof understood === 'string' ? null : understood.source.sessionId;
  return {
    ...from,
    callId: newId('call', at),
    upstream: context.upstreams.of(message),
    request: {
      method: message.method ?? 'POST',
      path: message.url ?? '/',
      headers: upstreamHeaders(message.rawHeaders),
      body: body.bytes,
      call: { isTrusted: from.admission.isTrusted, session },
    },
    raw,
    understood,
  };
}

async function understand(
  context: GatewayContext,
  dialect: Dialect,
  message: IncomingMessage,
  raw: RawBody,
): Promise<Exchange['understood']> {
  try {
    const bytes = await decodeBody(raw, MAX_READ_BYTES);
    if (bytes === null) return 'large';
    // Of many at once a turn reads about as much as the longest has, and whatever else is due comes in between.
    if (bytes.length > MAX_UNSHARED_BYTES) await context.reading.next(bytes.length / MAX_READ_BYTES);
    const request = context.readRequest(dialect, bytes);
    if (request === null) return 'foreign';
    return { request, source: sourceOf(message.headers, message.socket.remoteAddress ?? '', request.params) };
  } catch (error) {
    context.log('request-unread', { error: nameOf(error) });
    return 'foreign';
  }
}

/** An error's kind, which unlike its message never quotes a payload. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
