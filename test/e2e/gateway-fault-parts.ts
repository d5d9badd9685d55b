/** What the cells of the fault table are made of: upstreams that do one thing, and requests to ask them with. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Ask, ask, type Seen } from './gateway-fault-client.ts';

/** A path of each dialect, which are recorded, and one that is only passed on. */
export const PATHS = {
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
  messages: '/v1/messages',
  other: '/v1/other',
} as const;

export interface Cell {
  readonly name: string;
  /** Runs when the request's head is there; nothing reads the body unless it does. */
  readonly upstream: (request: IncomingMessage, response: ServerResponse) => unknown;
  /** For requests with an upgrade, which otherwise are answered like any other. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly client: (port: number, path: string) => Promise<Seen>;
  /** Calls are recorded, other paths are only passed on. Default: both. */
  readonly over?: readonly (keyof typeof PATHS)[];
  /** Why the client sees something else through the gateway. */
  readonly differs?: string;
}

export const JSON_TYPE = ['content-type', 'application/json'] as const;
export const QUESTION = Buffer.from('{"model":"m","messages":[{"role":"user","content":"hello"}]}');
/** As long, since some cells say the length. */
const ITEM = Buffer.from('{"model":"m","input":"hello"}'.padEnd(QUESTION.length));
export const ANSWER = '{"choices":[{"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}';

export const posts =
  (more: Partial<Ask> = {}) =>
  (port: number, path: string): Promise<Seen> =>
    ask(port, { path, headers: JSON_TYPE, body: path === PATHS.responses ? ITEM : QUESTION, ...more });

/** Reads the request, then writes these bytes on the connection, and ends it by default. */
export const writes =
  (text: string, then: 'end' | 'reset' | 'leave' = 'end') =>
  async (request: IncomingMessage): Promise<void> => {
    await bodyOf(request);
    const { socket } = request;
    if (text !== '') socket.write(text, 'latin1');
    if (then === 'end') socket.end();
    // A moment later, so that what was written is there before the reset.
    if (then === 'reset') setTimeout(() => socket.resetAndDestroy(), MOMENT_MS);
  };

export const answers =
  (status: number, headers: readonly string[], body: string | Buffer = ANSWER, reason?: string) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    await bodyOf(request);
    if (reason === undefined) response.writeHead(status, [...headers]);
    else response.writeHead(status, reason, [...headers]);
    response.end(body);
  };

/** Answers with what reached it: all of the request but what belongs to one connection. */
export const echoes = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const body = await bodyOf(request);
  const skipped = ['host', 'connection', 'content-length', 'transfer-encoding', 'expect'];
  const headers = request.rawHeaders
    .flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${request.rawHeaders[i + 1]}`] : []))
    .filter((line) => !skipped.includes(line.split(':', 1)[0]?.toLowerCase() ?? ''));
  const told = { method: request.method, url: request.url, headers, body: digest(body), size: body.length };
  response.writeHead(200, [...JSON_TYPE]);
  response.end(JSON.stringify(told));
};

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const digest = (body: Buffer): string => createHash('sha256').update(body).digest('hex');
export const filled = (size: number): Buffer => Buffer.alloc(size, 'abcdefghijklmnop');
export const pieces = (body: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(body.length / size) }, (_, i) => body.subarray(i * size, (i + 1) * size));
/** Long enough for what was written to be there, also on a busy machine. */
export const MOMENT_MS = 200;
export const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n';
export const SHAPED = 'an error in the provider’s shape, so that the client’s library can tell and retry';
