/** A gateway before several real servers, each of which breaks in its way: what the client sees, and what each server gets. */
import assert from 'node:assert/strict';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, test } from 'node:test';
import type OpenAI from 'openai';
import type { APIError } from 'openai';
import { configSchema } from '../../src/core/config.ts';
import { severalOf } from '../../src/core/config-upstreams.ts';
import type { UpstreamEvent } from '../../src/core/observe.ts';
import { completion, type Harness, sendJson, startHarness } from './gateway-harness.ts';

const open: (() => void)[] = [];
after(() => {
  for (const close of open) close();
});

interface Broken {
  readonly url: string;
  /** Heads of requests, as far as they were read. */
  readonly got: string[];
  readonly closed: Promise<void>;
}

/** A server of bytes: `act` gets each connection once the head of a request is there. */
async function bytes(act: (socket: Socket) => void): Promise<Broken> {
  const got: string[] = [];
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    let head = '';
    const read = (chunk: Buffer): void => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', read);
      socket.resume();
      got.push(head);
      act(socket);
    };
    socket.on('data', read);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  open.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, got, closed };
}

async function http(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Broken> {
  const got: string[] = [];
  const server = createHttpServer((request, response) => {
    got.push(String(request.headers.authorization));
    request.resume();
    request.on('end', () => answer(request, response));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  open.push(() => server.close());
  open.push(() => server.closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return { url, got, closed: Promise.resolve() };
}

const good = (): Promise<Broken> =>
  http((_request, response) => sendJson(response, completion('from the second')));

/** A harness with the first server's address as `upstream`, the others beside it. */
async function before(
  main: Broken,
  others: readonly Broken[],
  retry: object = {},
): Promise<Harness & { readonly events: UpstreamEvent[] }> {
  const events: UpstreamEvent[] = [];
  const servers = others.map(({ url: baseUrl }, i) => ({
    name: `other-${i + 1}`,
    baseUrl,
    apiKey: `key-${i + 1}`,
    models: 'same',
  }));
  const config = configSchema.parse({
    upstream: { baseUrl: main.url },
    upstreams: { servers, retry: { attempts: 3, backoffMs: 1, ...retry } },
  });
  const harness = await startHarness(() => {}, {
    upstreamUrl: main.url,
    several: severalOf(config),
    onUpstream: (event) => events.push(event),
  });
  return { ...harness, events };
}

const messages = [{ role: 'user' as const, content: 'hello' }];
const ask = (client: OpenAI, options = {}) =>
  client.chat.completions.create({ model: 'm', messages }, options);

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n';

const PASSED_ON: Readonly<Record<string, () => Promise<Broken>>> = {
  'resets before its head': () => bytes((socket) => socket.resetAndDestroy()),
  'closes before its head': () => bytes((socket) => socket.end()),
  'breaks off within its head': () => bytes((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-')),
  'does not answer in time': () => bytes(() => {}),
  'says 429 and when to come again': () =>
    http((_request, response) => {
      response.writeHead(429, { 'retry-after': '30' });
      response.end('{}');
    }),
  'says 503': () => http((_request, response) => sendJson(response, '{}', 503)),
  'says 529': () => http((_request, response) => sendJson(response, '{}', 529)),
  'says 503 and never ends': () =>
    bytes((socket) => socket.write('HTTP/1.1 503 No\r\ncontent-length: 100\r\n\r\nhalf')),
};

for (const [name, broken] of Object.entries(PASSED_ON)) {
  test(`where the first server ${name} the second answers, once`, async () => {
    const [first, second] = [await broken(), await good()];
    const harness = await before(first, [second], { attemptTimeoutMs: 300 });
    try {
      const { data, response } = await ask(harness.client).withResponse();
      assert.equal(data.choices[0]?.message.content, 'from the second');
      assert.equal(response.headers.get('x-understudy-upstream'), 'other-1');
      assert.deepEqual([first.got.length, second.got], [1, ['Bearer key-1']]);
      assert.deepEqual(
        harness.calls.map(({ status, response: kept }) => [status, kept?.message.content]),
        [[200, 'from the second']],
      );
      assert.ok(harness.events.some(({ kind }) => kind === 'again'));
    } finally {
      await harness.close();
    }
  });
}

const FINAL: Readonly<Record<string, () => Promise<Broken>>> = {
  'resets after its head': () =>
    bytes((socket) => socket.write(`${HEAD}{"half":`, () => socket.resetAndDestroy())),
  'ends before its length': () => bytes((socket) => socket.end(`${HEAD}{"half":`)),
  'says 400': () => http((_request, response) => sendJson(response, '{"error":{"message":"own"}}', 400)),
  'says 500': () => http((_request, response) => sendJson(response, '{"error":{"message":"own"}}', 500)),
};

for (const [name, broken] of Object.entries(FINAL)) {
  test(`where the first server ${name} that is the client’s, and no other is asked`, async () => {
    const [first, second] = [await broken(), await good()];
    const harness = await before(first, [second]);
    try {
      await assert.rejects(ask(harness.client), (error: unknown) => {
        if (name.startsWith('says')) assert.match((error as APIError).message, /own/);
        return true;
      });
      assert.deepEqual([first.got.length, second.got.length], [1, 0]);
    } finally {
      await harness.close();
    }
  });
}

test('a stream that breaks off after its first event is not begun again', async () => {
  const event = `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { content: 'first' }, finish_reason: null }] })}\n\n`;
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
  const first = await bytes((socket) => {
    socket.write(`${head}${event.length.toString(16)}\r\n${event}\r\n`);
    setTimeout(() => socket.resetAndDestroy(), 20);
  });
  const second = await good();
  const harness = await before(first, [second]);
  try {
    const stream = await harness.client.chat.completions.create({ model: 'm', messages, stream: true });
    const seen: unknown[] = [];
    await assert.rejects(async () => {
      for await (const chunk of stream) seen.push(chunk.choices[0]?.delta.content);
    });
    assert.deepEqual(seen, ['first']);
    assert.deepEqual([first.got.length, second.got.length], [1, 0]);
  } finally {
    await harness.close();
  }
});

test('a server that is slow with its first byte has the time that it is given', async () => {
  const first = await http((_request, response) =>
    setTimeout(() => sendJson(response, completion('slow')), 300),
  );
  const second = await good();
  const harness = await before(first, [second]);
  try {
    assert.equal((await ask(harness.client)).choices[0]?.message.content, 'slow');
    assert.equal(second.got.length, 0);
  } finally {
    await harness.close();
  }
});

test('where all are down the client gets the last one’s own answer', async () => {
  const first = await bytes((socket) => socket.resetAndDestroy());
  const second = await http((_request, response) => {
    response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '77' });
    response.end('{"error":{"message":"we are full"}}');
  });
  const harness = await before(first, [second], { attempts: 2 });
  try {
    await assert.rejects(ask(harness.client), (error: APIError) => {
      assert.match(error.message, /we are full/);
      assert.equal(error.headers?.get('retry-after'), '77');
      return error.status === 503;
    });
  } finally {
    await harness.close();
  }
});

test('a client that leaves cancels the server that is being asked, and no other is', async () => {
  const first = await bytes(() => {});
  const second = await good();
  const harness = await before(first, [second]);
  try {
    const gone = new AbortController();
    const call = ask(harness.client, { signal: gone.signal });
    while (first.got.length === 0) await new Promise((resolve) => setImmediate(resolve));
    gone.abort();
    await assert.rejects(call);
    await first.closed;
    assert.equal(second.got.length, 0);
    assert.equal(harness.calls[0]?.status, 499);
  } finally {
    await harness.close();
  }
});

test('files and batches go to the main server, once, with what the caller sent', async () => {
  const first = await http((_request, response) => sendJson(response, '{}', 503));
  const second = await good();
  const harness = await before(first, [second]);
  try {
    const response = await fetch(`${harness.gateway.url}/batches`, {
      method: 'POST',
      body: '{}',
      headers: { authorization: 'Bearer mine' },
    });
    assert.equal(response.status, 503);
    assert.equal(response.headers.get('x-understudy-upstream'), null);
    assert.deepEqual([first.got, second.got], [['Bearer mine'], []]);
  } finally {
    await harness.close();
  }
});

test('readiness tells how the servers are', async () => {
  const harness = await before(await bytes((socket) => socket.resetAndDestroy()), [await good()]);
  try {
    await ask(harness.client);
    const url = new URL('/health/readiness', harness.gateway.url);
    const { upstreams } = (await (await fetch(url)).json()) as { upstreams: Record<string, unknown>[] };
    const told = upstreams.map(({ for: api, name, state, failures }) => [api, name, state, failures]);
    assert.deepEqual(
      told.filter(([api]) => api === 'openai'),
      [
        ['openai', 'main', 'closed', 1],
        ['openai', 'other-1', 'closed', 0],
      ],
    );
  } finally {
    await harness.close();
  }
});

test('without other servers and further attempts the relay is the plain one', async () => {
  const first = await http((_request, response) => sendJson(response, '{"error":{"message":"own"}}', 503));
  const harness = await startHarness(() => {}, {
    upstreamUrl: first.url,
    several: severalOf(configSchema.parse({ upstream: { baseUrl: first.url } })),
  });
  try {
    await assert.rejects(ask(harness.client), { status: 503 });
    assert.equal(first.got.length, 1);
    const { headers } = await fetch(`${harness.gateway.url}/chat/completions`, {
      method: 'POST',
      body: '{}',
    });
    assert.equal(headers.get('x-understudy-upstream'), null);
  } finally {
    await harness.close();
  }
});
