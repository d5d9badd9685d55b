/** The fault table's clients: what they send, how they leave, and connections that they want upgraded. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { askRaw, type Seen } from './gateway-fault-client.ts';
import {
  answers,
  type Cell,
  echoes,
  filled,
  JSON_TYPE,
  pieces,
  posts,
  QUESTION,
} from './gateway-fault-parts.ts';
import { askWebSocket, serveWebSocket } from './gateway-websocket.ts';

const FOREIGN_PAGE = 'web pages are let in where their origin is configured (access.origins)';

/** What clients send and do. */
const CLIENTS: readonly Cell[] = [
  {
    name: 'a call as SDKs send it',
    upstream: echoes,
    client: posts({
      headers: [
        ...JSON_TYPE,
        'Authorization',
        'Bearer k',
        'User-Agent',
        'sdk/1',
        'X-Twice',
        '1',
        'x-twice',
        '2',
      ],
    }),
  },
  {
    name: '5 MB upload',
    upstream: echoes,
    client: posts({ body: filled(5_000_000), headers: ['content-length', '5000000'] }),
  },
  {
    name: 'chunked upload',
    upstream: echoes,
    client: posts({ body: { pieces: pieces(filled(1_000_000), 99_999), pauseMs: 1 } }),
  },
  {
    name: 'upload a little at a time',
    upstream: echoes,
    client: posts({ body: { pieces: pieces(QUESTION, 7), pauseMs: 5 } }),
  },
  {
    name: 'compressed upload',
    upstream: echoes,
    client: posts({ headers: [...JSON_TYPE, 'content-encoding', 'gzip'], body: gzipSync(QUESTION) }),
  },
  {
    name: 'empty upload',
    upstream: echoes,
    client: posts({ headers: ['content-length', '0'], body: Buffer.alloc(0) }),
  },
  {
    name: 'request head of 60 KB',
    upstream: (request, response) => response.end(String(request.headers['x-big']?.length)),
    client: posts({ headers: ['x-big', 'x'.repeat(60_000)] }),
  },
  {
    name: 'Expect: 100-continue',
    upstream: echoes,
    client: posts({ headers: ['expect', '100-continue', 'content-length', String(QUESTION.length)] }),
  },
  {
    name: 'answer before the upload is there',
    upstream: (request, response) => {
      request.resume();
      response.writeHead(413).end('too large');
    },
    // Asked to close the connection, any server would, and the answer could be lost with the rest of the upload.
    client: posts({
      headers: ['connection', 'keep-alive'],
      body: { pieces: pieces(filled(1_000_000), 99_999), pauseMs: 3 },
    }),
    over: ['other'],
  },
  {
    name: 'preflight (OPTIONS, CORS)',
    upstream: answers(204, ['access-control-allow-origin', '*', 'access-control-allow-headers', 'x-a'], ''),
    client: posts({
      method: 'OPTIONS',
      headers: ['origin', 'https://app.example', 'access-control-request-method', 'POST'],
      body: Buffer.alloc(0),
    }),
    differs: FOREIGN_PAGE,
  },
  {
    name: 'OPTIONS from a web page, which the upstream refuses',
    upstream: answers(405, ['allow', 'POST'], ''),
    client: posts({ method: 'OPTIONS', headers: ['origin', 'https://app.example'], body: Buffer.alloc(0) }),
    differs: FOREIGN_PAGE,
  },
  {
    name: 'OPTIONS that the upstream refuses',
    upstream: answers(405, ['allow', 'POST'], ''),
    client: posts({ method: 'OPTIONS', headers: [], body: Buffer.alloc(0) }),
  },
  {
    name: 'HEAD',
    upstream: answers(200, ['content-length', '123', 'etag', '"a"'], ''),
    client: posts({ method: 'HEAD', headers: [], body: Buffer.alloc(0) }),
  },
  {
    name: 'GET with a body',
    upstream: echoes,
    client: posts({ method: 'GET', headers: ['content-length', '4'], body: Buffer.from('body') }),
    over: ['other'],
  },
  {
    name: 'DELETE',
    upstream: echoes,
    client: posts({ method: 'DELETE', headers: [], body: Buffer.alloc(0) }),
    over: ['other'],
  },
  {
    name: 'PROPFIND',
    upstream: echoes,
    client: posts({ method: 'PROPFIND', headers: [], body: Buffer.alloc(0) }),
    over: ['other'],
  },
  {
    name: 'query with unescaped characters',
    upstream: echoes,
    client: (port, path) => posts()(port, `${path}?a=1;b="{x}"|%20&c=[]`),
  },
  {
    name: 'HTTP/1.0 client',
    upstream: answers(200, ['content-type', 'text/plain'], 'body'),
    client: (port, path) => askRaw(port, `GET ${path} HTTP/1.0\r\nhost: provider\r\n\r\n`),
    over: ['other'],
  },
  {
    name: 'method of no standard',
    upstream: echoes,
    client: (port, path) =>
      askRaw(port, `FROBNICATE ${path} HTTP/1.1\r\nhost: provider\r\nconnection: close\r\n\r\n`),
    over: ['other'],
    differs: 'an error in the provider’s shape (the table’s upstream refuses it too)',
  },
  {
    name: 'CONNECT',
    upstream: echoes,
    client: (port) => askRaw(port, 'CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n'),
    over: ['other'],
    differs: 'an error in the provider’s shape: the gateway is no proxy for connections',
  },
];

/** An upstream that waits, or sends the beginning of its answer, and the client that leaves it. */
function leaving(name: string, leave: 'asked' | 'body'): Cell {
  let asked: () => void = () => {};
  let told: (note: string) => void = () => {};
  return {
    name,
    upstream: (request: IncomingMessage, response: ServerResponse) => {
      response.on('close', () => told('the upstream is told'));
      setTimeout(() => told('the upstream is not told'), 3000).unref();
      request.resume();
      if (leave === 'body') {
        response.writeHead(200, ['content-type', 'text/event-stream']);
        response.write('data: 1\n\n');
      }
      asked();
    },
    client: async (port, path): Promise<Seen> => {
      const arrived = new Promise<void>((resolve) => {
        asked = resolve;
      });
      const note = new Promise<string>((resolve) => {
        told = resolve;
      });
      const seen = await posts({ leave: leave === 'body' ? leave : arrived })(port, path);
      return { ...seen, note: await note };
    },
  };
}

const LEAVERS: readonly Cell[] = [
  leaving('client leaves before the answer', 'asked'),
  leaving('client leaves within the answer', 'body'),
];

const asksUpgrade = posts({
  method: 'GET',
  body: Buffer.alloc(0),
  headers: [
    'connection',
    'Upgrade',
    'upgrade',
    'websocket',
    'sec-websocket-version',
    '13',
    'sec-websocket-key',
    'dGhlIHNhbXBsZSBub25jZQ==',
  ],
});

const UPGRADES: readonly Cell[] = [
  {
    name: 'WebSocket: key, query, subprotocol, text, binary, a close code',
    upstream: echoes,
    upgrade: serveWebSocket,
    client: (port) => askWebSocket(port, '/v1/realtime?model=m', ['realtime', 'b']),
    over: ['other'],
  },
  {
    name: 'upgrade refused with 401',
    upstream: answers(401, JSON_TYPE, '{"error":{"message":"no key"}}'),
    client: asksUpgrade,
    over: ['other'],
  },
  {
    name: 'upgrade refused with 426',
    upstream: answers(426, ['upgrade', 'h3', 'connection', 'upgrade'], 'another, please'),
    client: asksUpgrade,
    over: ['other'],
  },
  {
    name: 'upgrade left out of account',
    upstream: answers(200, [], 'ordinary'),
    client: asksUpgrade,
    over: ['other'],
  },
  {
    name: 'offer of HTTP/2 (h2c) with a call',
    upstream: answers(200, JSON_TYPE),
    client: posts({
      headers: [
        ...JSON_TYPE,
        'connection',
        'Upgrade, HTTP2-Settings',
        'upgrade',
        'h2c',
        'http2-settings',
        'AAMAAABk',
        'content-length',
        String(QUESTION.length),
      ],
    }),
  },
];

export const CLIENT_CELLS: readonly Cell[] = [...CLIENTS, ...LEAVERS, ...UPGRADES];
