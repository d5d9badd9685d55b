/**
 * Every recorded OpenAI-chat exchange, asked by the official client straight and through the gateway: what the
 * agent's code sees must be deeply equal, streams and errors included.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import OpenAI, { APIError } from 'openai';
import type { ChatCompletionCreateParams } from 'openai/resources/chat/completions';
import type { JsonObject } from '../../src/core/json.ts';
import { completion, sendJson, startHarness } from './gateway-harness.ts';
import { bodyOf, type Exchange, recordedExchanges, skip } from './recorded-exchanges.ts';

interface ChatExchange extends Exchange {
  readonly request: JsonObject & ChatCompletionCreateParams;
}

const exchanges = (skip ? [] : recordedExchanges()).filter((exchange): exchange is ChatExchange =>
  Boolean(exchange.path.split('?')[0]?.endsWith('/chat/completions')),
);

/** All that the agent's code can see of one call. */
async function seen(client: OpenAI, exchange: ChatExchange): Promise<unknown> {
  try {
    const { data, response } = await client.chat.completions.create(exchange.request).withResponse();
    const content = 'choices' in data ? data : await collect(data);
    return { status: response.status, type: response.headers.get('content-type'), content };
  } catch (error) {
    assert.ok(error instanceof APIError, String(error));
    const { name, status, code, param, type, message } = error;
    return { class: error.constructor.name, name, status, code, param, type, message, body: error.error };
  }
}

async function collect(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const chunks: unknown[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

test('recorded exchanges look the same with and without the gateway', { skip }, async () => {
  assert.ok(exchanges.length >= 70, `only ${exchanges.length} exchanges`);
  const byNumber = new Map(exchanges.map((exchange, i) => [String(i), exchange]));
  const harness = await startHarness((received, response) => {
    const exchange = byNumber.get(String(received.headers['x-exchange']));
    assert.ok(exchange);
    const { bytes, encoding } = bodyOf(exchange);
    response.writeHead(exchange.status, {
      'content-type': exchange.contentType,
      'x-request-id': 'req_1',
      ...(encoding ? { 'content-encoding': encoding } : {}),
    });
    // In uneven pieces, so that events and characters are cut.
    for (let i = 0; i < bytes.length; i += 997) response.write(bytes.subarray(i, i + 997));
    response.end();
  });
  const clients = (baseURL: string, i: number): OpenAI =>
    new OpenAI({ baseURL, apiKey: 'k', maxRetries: 0, defaultHeaders: { 'x-exchange': String(i) } });
  try {
    let streamed = 0;
    let failed = 0;
    for (const [i, exchange] of exchanges.entries()) {
      const direct = await seen(clients(`${harness.upstream.url}/v1`, i), exchange);
      const through = await seen(clients(harness.gateway.url, i), exchange);
      assert.deepEqual(through, direct, `${exchange.provider} exchange ${i}`);
      const [straight, passed] = harness.upstream.received.slice(-2);
      assert.deepEqual(passed?.body, straight?.body, 'the request body');
      const call = harness.calls.at(-1);
      assert.ok(call, `exchange ${i} was captured`);
      if (exchange.status === 200) {
        assert.notEqual(call.response, null, `${exchange.provider} exchange ${i} was read`);
        const { message } = call.response!;
        assert.ok(message.content !== '' || message.toolCalls, `exchange ${i} has an answer`);
      } else {
        assert.equal(call.response, null);
        failed++;
      }
      if (exchange.request.stream) streamed++;
    }
    assert.equal(harness.calls.length, exchanges.length);
    assert.ok(streamed >= 5 && failed >= 5, `${streamed} streamed, ${failed} failed`);
  } finally {
    await harness.close();
  }
});

for (const [encoding, compress] of Object.entries({
  gzip: gzipSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
})) {
  test(`an answer in ${encoding} passes byte for byte, and is still captured`, async () => {
    const packed = compress(completion('packed'));
    const harness = await startHarness((_received, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding });
      response.end(packed);
    });
    try {
      const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }] });
      const { request } = await import('undici');
      const got = await request(`${harness.gateway.url}/chat/completions`, { method: 'POST', body });
      assert.deepEqual(Buffer.from(await got.body.arrayBuffer()), packed);
      assert.equal(got.headers['content-encoding'], encoding);
      assert.equal(harness.calls[0]?.response?.message.content, 'packed');
    } finally {
      await harness.close();
    }
  });
}

test('every chat path reaches the right path upstream, and other paths pass untouched', async () => {
  const harness = await startHarness((received, response) =>
    sendJson(response, JSON.stringify({ url: received.url })),
  );
  try {
    const at = harness.gateway.url.replace(/\/v1$/, '');
    const { request } = await import('undici');
    const ask = async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: string): Promise<unknown> =>
      (await request(at + path, { method, ...(body ? { body } : {}) })).body.json();
    assert.deepEqual(await ask('POST', '/v1/chat/completions', '{}'), { url: '/v1/chat/completions' });
    assert.deepEqual(await ask('POST', '/chat/completions?a=1', '{}'), { url: '/v1/chat/completions?a=1' });
    assert.deepEqual(await ask('GET', '/v1/models'), { url: '/v1/models' });
    assert.deepEqual(await ask('DELETE', '/v1/files/f'), { url: '/v1/files/f' });
    assert.deepEqual(await ask('POST', '/v1/embeddings', 'x'.repeat(100_000)), { url: '/v1/embeddings' });
    assert.equal(harness.upstream.received.at(-1)?.body.length, 100_000);
    assert.deepEqual(await ask('GET', '/health/liveness'), { status: 'ok' });
    assert.deepEqual(await ask('GET', '/health/readiness'), {
      status: 'ok',
      recording: { recorded: 0, failed: 0, overdue: 0, behind: 0, dropped: 0 },
      upstreams: [],
    });
    assert.equal(harness.calls.length, 0);
    assert.equal(harness.upstream.received.length, 5);
  } finally {
    await harness.close();
  }
});
