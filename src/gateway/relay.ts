/**
 * One upstream answer on its way to the client: bytes as they come, headers as they are, the end held back until
 * what must happen before it has happened.
 */
import type { ServerResponse } from 'node:http';
import type { CallTimes } from '../core/observe.ts';
import { clientHeaders, clientTrailers, headerOf, withoutCors, withoutHeader } from './headers.ts';
import type { ResponseCapture } from './response-capture.ts';
import type { Turns } from './turns.ts';
import type { Listener, ResponseHead, Upgraded, Upstream, UpstreamRequest } from './upstream.ts';

/** What came in one turn is sent on at its end, or earlier where it is this much. */
const TURN_BYTES = 64 * 1024;
/** An answer of many tiny pieces rests after this many in one turn. */
const TURN_PIECES = 500;
/** What each of them counts as in the turns' share, in bytes. */
const PIECE_COST = 4096;
/** An answer from this length on shares the turns with others as long. */
const LARGE_BYTES = 256 * 1024;

export interface RelayOptions {
  readonly upstream: Upstream;
  readonly request: UpstreamRequest;
  readonly response: ServerResponse;
  readonly signal: AbortSignal;
  /** Shares the event loop among long answers. */
  readonly turns: Turns;
  /** Headers of ours, as a flat list. */
  readonly extraHeaders: readonly string[];
  /** Headers that let a web page read the answer, as a flat list, instead of the upstream's. Default: none, and those stay. */
  readonly cors?: readonly string[];
  readonly capture?: ResponseCapture;
  /** Filled in as things happen. */
  readonly times?: CallTimes;
  /** Asks for an upgrade of the connection; where it is granted, `response` is left alone. */
  readonly upgrade?: { readonly protocol: string; onUpgraded(upgraded: Upgraded): void };
  /** Runs when all has arrived and all but the end has been sent; must not reject. */
  readonly beforeEnd: (status: number) => Promise<void>;
}

/**
 * Resolves with the status when the answer has been sent.
 * @throws UnderstudyError as Upstream.send; `response.headersSent` tells whether the client has seen any of it.
 */
export async function relay(options: RelayOptions): Promise<number> {
  const { response, capture, times, turns } = options;
  let status = 0;
  let received = 0;
  let left = Number.POSITIVE_INFINITY;
  let pending: Buffer[] = [];
  let size = 0;
  let soon = false;
  let ended = false;

  const taken = (): Buffer | undefined => {
    const chunk = pending.length > 1 ? Buffer.concat(pending) : pending[0];
    pending = [];
    size = 0;
    if (chunk) capture?.push(chunk);
    return chunk;
  };
  const flush = (): Promise<void> | undefined => {
    const chunk = taken();
    return chunk ? write(response, chunk) : undefined;
  };
  // What comes in one turn goes out as one: an answer of many tiny pieces is cheap, and if the answer ends with this
  // turn, its last piece and its end go out together, after the record.
  const flushSoon = (): void => {
    if (soon) return;
    soon = true;
    setImmediate(() => {
      soon = false;
      if (ended || left <= 0 || response.destroyed) return;
      if (size > 0) flush();
      else response.flushHeaders();
    });
  };

  const listener: Listener = {
    onInformation: (head) => inform(response, head),
    onHead: (head) => {
      status = head.status;
      const length = headerOf(head.headers, 'content-length');
      if (length !== undefined && /^\d+$/.test(length)) left = Number(length);
      capture?.begin(head);
      const { cors = [] } = options;
      const passed = clientHeaders(head.headers, head.status);
      const headers = [
        ...(cors.length > 0 ? withoutCors(passed) : passed),
        ...options.extraHeaders,
        ...servedFrom(head),
        ...cors,
      ];
      response.writeHead(head.status, head.statusText, announceable(response, head, headers));
      flushSoon();
    },
    onData: (chunk) => {
      if (times && times.firstByte === 0) times.firstByte = performance.now();
      left -= chunk.length;
      received += chunk.length;
      const written = size >= TURN_BYTES ? flush() : undefined;
      pending.push(chunk);
      size += chunk.length;
      flushSoon();
      const isTiny = pending.length >= TURN_PIECES;
      if (!isTiny && received <= LARGE_BYTES) return written;
      const turn = isTiny ? turns.takeTiny(pending.length * PIECE_COST) : turns.take(chunk.length);
      return turn && written ? turn.then(() => written) : (turn ?? written);
    },
  };
  let trailers: readonly string[] = [];
  try {
    const { upstream, request, upgrade, signal } = options;
    if (times) times.asked = performance.now();
    if (upgrade) {
      const upgraded = await upstream.upgrade(request, upgrade.protocol, listener, signal);
      if (upgraded) {
        ended = true;
        upgrade.onUpgraded(upgraded);
        return upgraded.head.status;
      }
    } else trailers = await upstream.send(request, listener, signal);
    ended = true;
    if (times) times.answered = performance.now();
  } catch (error) {
    ended = true;
    // What came before the upstream broke off is the client's.
    flush();
    throw error;
  }
  const last = taken();
  await options.beforeEnd(status);
  if (trailers.length > 0) response.addTrailers(clientTrailers(trailers));
  response.end(last);
  return status;
}

/** Which of several servers answered, and what could not be said to it. */
function servedFrom({ from, dropped }: ResponseHead): string[] {
  return [
    ...(from === undefined ? [] : ['x-understudy-upstream', from]),
    ...(dropped === undefined ? [] : ['x-understudy-dropped', dropped.join(', ')]),
  ];
}

/** An informational answer as it came; HTTP/1.0 has none, and neither has an answer that has begun. */
function inform(response: ServerResponse, head: ResponseHead): void {
  if (response.headersSent || response.destroyed || response.req.httpVersion === '1.0') return;
  // In Node from 24.18 on; without it these answers are left out, as HTTP allows.
  response.writeInformation?.(head.status, clientHeaders(head.headers));
}

/** The headers without an announcement of trailers where the answer has no place for them. */
function announceable(response: ServerResponse, head: ResponseHead, headers: string[]): string[] {
  const { method, httpVersion } = response.req;
  const chunked =
    httpVersion !== '1.0' &&
    method !== 'HEAD' &&
    head.status !== 204 &&
    head.status !== 304 &&
    headerOf(head.headers, 'content-length') === undefined;
  return chunked ? headers : withoutHeader(headers, 'trailer');
}

/** Writes; a promise where the client reads more slowly than the upstream sends. */
function write(response: ServerResponse, chunk: Uint8Array): Promise<void> | undefined {
  if (response.destroyed || response.write(chunk)) return undefined;
  return new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go);
      response.off('close', go);
      resolve();
    };
    response.on('drain', go);
    response.on('close', go);
  });
}
