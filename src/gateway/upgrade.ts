/**
 * Upgraded connections (WebSocket: the Realtime APIs): the upgrade is asked of the upstream, and where it agrees,
 * bytes pass both ways untouched until either side ends. Nothing of them is read, recorded or timed.
 */
import { type IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { UnderstudyError } from '../core/errors.ts';
import { clientHeaders, headerOf, upstreamHeaders, withoutHeader } from './headers.ts';
import { relay } from './relay.ts';
import type { Turns } from './turns.ts';
import type { ResponseHead, Upgraded } from './upstream.ts';
import type { Upstreams } from './upstreams.ts';

export interface Tunnels {
  /** For the server's `upgrade` event. Never rejects. */
  open(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  readonly counts: { opened: number; open: number };
  /** Breaks all upgraded connections. */
  close(): void;
}

export interface TunnelOptions {
  readonly upstreams: Upstreams;
  /** As in relay.ts, for answers that grant no upgrade. */
  readonly turns: Turns;
  /** Headers of ours, as a flat list, in whatever the client is answered. */
  readonly extraHeaders: readonly string[];
  /** Lets the request in, or throws. */
  readonly admit: (request: IncomingMessage) => void;
  /** Answers with an error, where the upstream gave no answer. */
  readonly refuse: (response: ServerResponse, error: unknown, request: IncomingMessage) => void;
}

/**
 * Whether a request with an Upgrade header is passed on as one. HTTP/2 is not spoken here, and a request that has a
 * body is answered as if it had not asked: a server is free to do so (RFC 9110, section 7.8), and clients that offer
 * `h2c` with every request expect it.
 */
export function wantsUpgrade(request: IncomingMessage): boolean {
  const protocols = (request.headers.upgrade ?? '').toLowerCase().split(',');
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  const http2 = protocols.some((protocol) => /^\s*h2c?\s*$/.test(protocol));
  return !http2 && length === '0' && encoding === undefined;
}

export function tunnels(options: TunnelOptions): Tunnels {
  const sockets = new Set<Duplex>();
  const counts = { opened: 0, open: 0 };

  const connect = (client: Duplex, first: Buffer, { head, socket: server }: Upgraded): void => {
    counts.opened++;
    counts.open++;
    client.write(headText(head, options.extraHeaders), 'latin1');
    if (first.length > 0) client.unshift(first);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from);
      // A pipe waits where the other side reads slowly, and ends it where this side ends.
      from.pipe(to);
      from.on('error', () => reset(to));
      from.once('close', () => {
        sockets.delete(from);
        // Ended in order, what is still on its way arrives; broken, the other side learns of it.
        if (from.errored || !from.readableEnded) reset(to);
      });
    }
    client.once('close', () => {
      counts.open--;
    });
  };

  const open = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const gone = new AbortController();
    const stop = (): void => gone.abort();
    socket.on('error', stop);
    socket.once('close', stop);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    const response = new ServerResponse(request);
    // What follows a refused upgrade on this connection was never parsed, so it ends with the answer.
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
    response.once('finish', () => {
      response.detachSocket(socket as Parameters<ServerResponse['detachSocket']>[0]);
      socket.end();
    });
    try {
      options.admit(request);
      if (!wantsUpgrade(request)) {
        throw new UnderstudyError('unsupported', 'The connection cannot be upgraded in this way.', {
          hint: 'Send the request without its Upgrade header.',
          status: 400,
        });
      }
      await relay({
        upstream: options.upstreams.of(request),
        request: {
          method: request.method ?? 'GET',
          path: request.url ?? '/',
          headers: upstreamHeaders(request.rawHeaders),
          body: null,
        },
        response,
        signal: gone.signal,
        turns: options.turns,
        extraHeaders: options.extraHeaders,
        beforeEnd: async () => {},
        upgrade: {
          protocol: request.headers.upgrade ?? 'websocket',
          onUpgraded: (upgraded) => {
            response.detachSocket(socket as Parameters<ServerResponse['detachSocket']>[0]);
            connect(socket, head, upgraded);
          },
        },
      });
    } catch (error) {
      options.refuse(response, error, request);
    }
  };

  return {
    open,
    counts,
    close: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Breaks a connection so that its other end can tell that from an end in order. */
function reset(socket: Duplex): void {
  if (socket instanceof Socket) socket.resetAndDestroy();
  else socket.destroy();
}

/** The head of the upstream's 101, in the form it has on the wire. */
function headText(head: ResponseHead, extraHeaders: readonly string[]): string {
  const named = headerOf(head.headers, 'upgrade');
  const headers = [
    'Upgrade',
    named ?? 'websocket',
    'Connection',
    'Upgrade',
    ...withoutHeader(clientHeaders(head.headers), 'upgrade'),
    ...extraHeaders,
  ];
  let text = `HTTP/1.1 ${head.status} Switching Protocols\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return `${text}\r\n`;
}
