/** The fault table's upstreams: those that break, and those that answer in an unusual but right way. */
import { brotliCompressSync } from 'node:zlib';
import {
  ANSWER,
  answers,
  bodyOf,
  type Cell,
  filled,
  HEAD,
  JSON_TYPE,
  MOMENT_MS,
  posts,
  SHAPED,
  writes,
} from './gateway-fault-parts.ts';

/** The upstream breaks. */
export const BROKEN: readonly Cell[] = [
  {
    name: 'connection reset before the answer',
    upstream: writes('', 'reset'),
    client: posts(),
    differs: SHAPED,
  },
  { name: 'connection closed before the answer', upstream: writes(''), client: posts(), differs: SHAPED },
  { name: 'answer is not HTTP', upstream: writes('SSH-2.0-x\r\n\r\n'), client: posts(), differs: SHAPED },
  { name: 'head breaks off', upstream: writes(`${HEAD}x-a: 1`), client: posts(), differs: SHAPED },
  {
    name: 'reset within the body',
    upstream: writes(`${HEAD}content-length: 100\r\n\r\nhalf`, 'reset'),
    client: posts(),
  },
  {
    name: 'reset within a chunked body',
    upstream: writes(`${HEAD}transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n`, 'reset'),
    client: posts(),
  },
  {
    name: 'content-length larger than the body',
    upstream: writes(`${HEAD}content-length: 100\r\n\r\nhalf`),
    client: posts(),
  },
  {
    name: 'content-length smaller than the body',
    upstream: writes(`${HEAD}content-length: 4\r\nconnection: close\r\n\r\nhalf and more`),
    client: posts(),
    differs: 'the answer is as long as it says; what is over ends at the gateway',
  },
  {
    name: 'broken chunk size',
    upstream: async (request) => {
      await writes(`${HEAD}transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n`, 'leave')(request);
      setTimeout(() => request.socket.write('zz\r\nmore\r\n'), MOMENT_MS);
    },
    client: posts(),
  },
  { name: 'no answer at all', upstream: writes('', 'leave'), client: posts({ patienceMs: 800 }) },
  {
    name: 'stall within the body',
    upstream: writes(`${HEAD}content-length: 100\r\n\r\nhalf`, 'leave'),
    client: posts({ patienceMs: 800 }),
  },
  {
    name: 'body with a broken gzip coding',
    upstream: answers(200, [...JSON_TYPE, 'content-encoding', 'gzip'], 'this is not gzip'),
    client: posts(),
  },
  {
    name: 'an asked-for event stream that is no event stream',
    upstream: answers(
      200,
      ['content-type', 'text/event-stream'],
      'data: {"choices":[{"delta"\n\ngarbage\n\n',
    ),
    client: posts({ body: Buffer.from('{"model":"m","stream":true,"messages":[]}') }),
  },
];

/** Unusual, but right. */
export const UNUSUAL: readonly Cell[] = [
  { name: '204', upstream: answers(204, ['x-a', '1'], ''), client: posts() },
  {
    name: '204 with a body',
    upstream: writes('HTTP/1.1 204 No Content\r\ncontent-length: 4\r\nconnection: close\r\n\r\nbody'),
    client: posts(),
    differs: 'a 204 has no body; what is over ends at the gateway',
  },
  { name: '304 with a length', upstream: answers(304, ['content-length', '100'], ''), client: posts() },
  { name: 'empty body', upstream: answers(200, ['content-length', '0'], ''), client: posts() },
  {
    name: 'redirect',
    upstream: answers(307, ['location', 'https://example.com/v1'], ''),
    client: posts(),
  },
  {
    name: '429 with headers for retries',
    upstream: answers(429, [...JSON_TYPE, 'retry-after-ms', '20', 'x-should-retry', 'true'], '{"error":{}}'),
    client: posts(),
  },
  {
    name: 'status and reason of no standard',
    upstream: answers(529, [], 'busy', 'Overloaded here'),
    client: posts(),
  },
  {
    name: 'HTTP/1.0 answer that ends with the connection',
    upstream: writes('HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\nold but whole'),
    client: posts(),
  },
  {
    name: 'head of 60 KB',
    upstream: answers(200, ['x-big', 'x'.repeat(60_000)]),
    client: posts(),
  },
  {
    name: '300 headers',
    upstream: answers(200, Array.from({ length: 300 }, (_, i) => [`x-${i}`, 'y'.repeat(60)]).flat()),
    client: posts(),
  },
  {
    name: 'repeated headers, several cookies, odd characters',
    upstream: answers(200, [
      'Set-Cookie',
      'a=1',
      'X-Twice',
      '1',
      'set-cookie',
      'b=2',
      'x-twice',
      '2',
      'x-o',
      'caf\xe9',
      'x-none',
      '',
    ]),
    client: posts(),
  },
  {
    name: 'trailers, announced',
    upstream: (_request, response) => {
      response.writeHead(200, ['trailer', 'x-sum', 'content-type', 'text/plain']);
      response.write('body');
      response.addTrailers([['x-sum', '42']]);
      response.end();
    },
    client: posts({ headers: [...JSON_TYPE, 'te', 'trailers'] }),
  },
  {
    name: 'trailers, not announced',
    upstream: writes(`${HEAD}transfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-A: 1\r\nX-B: 2\r\n\r\n`),
    client: posts(),
  },
  {
    name: 'informational answers 102 and 103',
    upstream: async (request, response) => {
      await bodyOf(request);
      response.writeProcessing();
      response.writeEarlyHints({ link: ['</a.css>; rel=preload', '</b.js>; rel=preload'], 'x-a': '1' });
      response.end('body');
    },
    client: posts(),
  },
  {
    name: '100 that nobody asked for',
    upstream: writes(`HTTP/1.1 100 Continue\r\n\r\n${HEAD}content-length: 4\r\n\r\nbody`),
    client: posts(),
    differs: SHAPED,
  },
  {
    name: 'slow drip, a byte at a time',
    upstream: async (request, response) => {
      await bodyOf(request);
      response.writeHead(200, ['content-type', 'text/event-stream']);
      for (const byte of Buffer.from('data: {"a":1}\n\ndata: [DONE]\n\n')) {
        response.write(Buffer.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    },
    client: posts(),
  },
  {
    name: 'connection closed after each answer, unannounced',
    upstream: writes(`${HEAD}content-length: 4\r\n\r\nbody`),
    client: async (port, path) => {
      await posts()(port, path);
      return posts()(port, path);
    },
  },
  {
    name: 'compressed answer',
    upstream: answers(200, [...JSON_TYPE, 'content-encoding', 'br'], brotliCompressSync(ANSWER)),
    client: posts({ headers: [...JSON_TYPE, 'accept-encoding', 'br'] }),
  },
  {
    name: '20 MB answer',
    upstream: answers(200, ['content-type', 'application/octet-stream'], filled(20_000_000)),
    client: posts(),
  },
];
