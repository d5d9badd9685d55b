/**
 * The gateway: an HTTP server in front of the LLM. Chat calls go through chat.ts; every other path and method is
 * passed through untouched; /health/* is our own.
 * Does not: own the router or the recorder, which whoever starts it makes and closes.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Served } from '../core/call.ts';
import type { Config } from '../core/config.ts';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import type { Recorder, Router } from '../core/online.ts';
import type { Dialect } from '../wire/dialect.ts';
import { openaiChat } from '../wire/openai-chat.ts';
import { backgroundWork } from './background.ts';
import { type Desk, handleChat, type Log } from './chat.ts';
import { upstreamHeaders } from './headers.ts';
import { boundedRecording } from './recording.ts';
import { relay } from './relay.ts';
import { connectUpstream, type Upstream } from './upstream.ts';

const DIALECTS: readonly Dialect[] = [openaiChat];
/** How long a call may wait for its record, in milliseconds. */
const RECORD_WAIT_MS = 2000;
/** How long closing waits for calls, and then for audits, in milliseconds. */
const CALL_GRACE_MS = 30_000;
const AUDIT_GRACE_MS = 10_000;
/** Audits and comparisons at once. */
const MAX_BACKGROUND = 32;
const MAX_HEADER_BYTES = 64 * 1024;

export interface GatewayOptions {
  readonly gateway: Config['gateway'];
  /** With or without its version path. */
  readonly upstreamUrl: string;
  /** Longest wait for a specialist, milliseconds (serve.timeoutMs). */
  readonly serveTimeoutMs: number;
  readonly router: Router;
  readonly recorder: Recorder;
  readonly log?: Log;
  readonly now?: () => number;
  /** Longest wait for the recorder, milliseconds; 2000 unless told. */
  readonly recordWaitMs?: number;
}

export interface GatewayStats {
  readonly requests: number;
  readonly inFlight: number;
  readonly passedThrough: number;
  /** Calls that specialists answered. */
  readonly servedBySpecialists: number;
  /** Calls that the LLM answered, by reason. */
  readonly servedByLlm: Readonly<Record<string, number>>;
  readonly recording: {
    readonly recorded: number;
    readonly failed: number;
    readonly overdue: number;
    readonly dropped: number;
  };
  /** Audits and comparisons. */
  readonly background: { readonly started: number; readonly failed: number; readonly dropped: number };
}

export interface Gateway {
  /** Like http://127.0.0.1:4000/v1, the base URL for agents. */
  readonly url: string;
  readonly port: number;
  stats(): GatewayStats;
  /** Stops accepting, finishes what is under way (calls within 30 s, audits within 10), lets go of the upstream. */
  close(): Promise<void>;
}

/**
 * Starts listening.
 * @throws UnderstudyError 'bad-config' for an address other than loopback, 'unavailable' where the port is taken.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { host, port, maxBodyBytes, timeoutMs } = options.gateway;
  requireLoopback(host);
  const upstream = connectUpstream(options.upstreamUrl, timeoutMs);
  const recording = boundedRecording(options.recorder, options.recordWaitMs ?? RECORD_WAIT_MS);
  const background = backgroundWork(MAX_BACKGROUND);
  const log = options.log ?? (() => {});
  const counts = { requests: 0, inFlight: 0, passedThrough: 0, servedBySpecialists: 0 };
  const servedByLlm: Record<string, number> = {};
  let closing = false;
  const desk: Desk = {
    upstream,
    router: options.router,
    recording,
    background,
    log,
    now: options.now ?? Date.now,
    maxBodyBytes,
    serveTimeoutMs: options.serveTimeoutMs,
    onServed: (served: Served) => {
      if (served.by !== 'llm') counts.servedBySpecialists++;
      else servedByLlm[served.reason] = (servedByLlm[served.reason] ?? 0) + 1;
    },
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = request.url ?? '';
    const path = url.split('?', 1)[0] ?? '';
    if (!url.startsWith('/')) {
      throw new UnderstudyError('bad-input', 'The request target must be a path.', {
        hint: 'Use the gateway as a base URL, not as a proxy.',
        status: 400,
      });
    }
    if (request.method === 'GET' && path.startsWith('/health/')) {
      health(path, response, closing);
      return;
    }
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    const dialect = DIALECTS.find((one) => one.matches(request.method ?? '', path));
    if (dialect) {
      await handleChat(desk, dialect, request, response, gone.signal);
      return;
    }
    counts.passedThrough++;
    await passThrough(upstream, request, response, gone.signal);
  };

  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: 65_000 },
    (request, response) => {
      counts.requests++;
      counts.inFlight++;
      response.once('close', () => {
        counts.inFlight--;
        // A connection that becomes idle while closing would keep the server open.
        if (closing) setImmediate(() => server.closeIdleConnections());
      });
      answer(request, response).catch((error: unknown) => refuse(response, error, log));
    },
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return;
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
    const text = openaiChat.renderError({
      status,
      message: 'The request cannot be read.',
      code: 'bad-input',
    });
    socket.end(
      `HTTP/1.1 ${status} Bad Request\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new UnderstudyError('unavailable', `Cannot listen on ${host}:${port}: ${messageOf(cause)}`, {
          hint: 'Choose another port with gateway.port; 0 picks a free one.',
          cause,
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/v1`,
    port: bound,
    stats: () => ({
      ...counts,
      servedByLlm: { ...servedByLlm },
      recording: { ...recording.counts },
      background: { ...background.counts },
    }),
    close: async () => {
      closing = true;
      const impatience = setTimeout(() => server.closeAllConnections(), CALL_GRACE_MS);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
      clearTimeout(impatience);
      await background.close(AUDIT_GRACE_MS);
      await upstream.close();
    },
  };
}

/** Anything that is not a call of a known dialect: streamed both ways, not read. */
async function passThrough(
  upstream: Upstream,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const length = request.headers['content-length'];
  const hasBody = (length !== undefined && length !== '0') || 'transfer-encoding' in request.headers;
  const headers = upstreamHeaders(request.rawHeaders);
  // A body of known length stays one: not every provider takes chunked uploads.
  if (hasBody && length !== undefined) headers.push('content-length', length);
  await relay({
    upstream,
    question: {
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers,
      body: hasBody ? request : null,
    },
    response,
    signal,
    extraHeaders: ['x-understudy-served-by', 'llm', 'x-understudy-reason', 'pass-through'],
    beforeEnd: async () => {},
  });
}

function health(path: string, response: ServerResponse, closing: boolean): void {
  const known = path === '/health/liveness' || path === '/health/readiness';
  const ready = path === '/health/liveness' || !closing;
  response.writeHead(known ? (ready ? 200 : 503) : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ status: known ? (ready ? 'ok' : 'closing') : 'unknown' }));
}

/** The error in the client's own shape; where the answer has begun, a broken connection is all that can be said. */
function refuse(response: ServerResponse, error: unknown, log: Log): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const known = error instanceof UnderstudyError ? error : null;
  if (!known) log('gateway-failed', { error: error instanceof Error ? error.name : typeof error });
  const status = known?.status ?? 500;
  const text = openaiChat.renderError({
    status,
    message: known ? `${known.message} ${known.hint}` : 'The gateway failed.',
    code: known?.code ?? 'internal',
  });
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    // The rest of a refused body is not read, so the connection cannot be used again.
    ...(status === 413 ? { connection: 'close' } : {}),
  });
  response.end(text);
}

/** Until there are keys of our own, whoever reaches the gateway may ask the specialists. */
function requireLoopback(host: string): void {
  if (/^(localhost|127(\.\d+){3}|::1)$/.test(host)) return;
  throw new UnderstudyError(
    'bad-config',
    `The gateway does not listen on ${host}: it has no access keys yet.`,
    {
      hint: 'Set gateway.host to 127.0.0.1 and put a proxy that checks access in front of it.',
    },
  );
}
