/**
 * Every recorded exchange of every API, asked as bytes straight and through the gateway: what the client and what the
 * upstream receive is equal byte for byte, and what is recorded is what the dialect's reader says of those bytes.
 */
import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import { request } from 'undici';
import { DIALECTS } from '../../src/wire/dialects.ts';
import { readResponse } from '../../src/wire/exchange.ts';
import { withoutSender } from '../../src/wire/source.ts';
import { startHarness } from './gateway-harness.ts';
import { bodyOf, type Exchange, recordedExchanges, skip } from './recorded-exchanges.ts';

/** Of one connection, or of a clock. */
const NOT_COMPARED = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding', 'host']);

function comparable(headers: IncomingHttpHeaders): [string, unknown][] {
  return Object.entries(headers).filter(
    ([name]) => !NOT_COMPARED.has(name) && !name.startsWith('x-understudy-'),
  );
}

/** The request as a client might write it: compact, or with white space that no proxy may touch. */
const written = ({ request: asked }: Exchange, i: number): string | null =>
  asked === null ? null : JSON.stringify(asked, null, i % 3);

test('each recorded exchange is byte for byte the same, and is recorded as its reader says', {
  skip,
}, async () => {
  const exchanges = recordedExchanges();
  assert.ok(exchanges.length >= 250, `only ${exchanges.length} exchanges`);
  const harness = await startHarness(
    (received, response) => {
      const exchange = exchanges[Number(received.headers['x-exchange'])];
      assert.ok(exchange);
      const { bytes, encoding } = bodyOf(exchange);
      response.writeHead(exchange.status, {
        'content-type': exchange.contentType,
        'X-Request-Id': 'req_1',
        'anthropic-ratelimit-tokens-remaining': '5',
        'openai-processing-ms': '7',
        'retry-after': '3',
        'set-cookie': ['a=1', 'b=2'],
        ...(encoding ? { 'content-encoding': encoding } : {}),
      });
      for (let at = 0; at < bytes.length; at += 997) response.write(bytes.subarray(at, at + 997));
      response.end();
    },
    { basePath: '' },
  );
  const ask = async (base: string, i: number) => {
    const exchange = exchanges[i]!;
    const body = written(exchange, i);
    const got = await request(base + exchange.path, {
      method: exchange.method as 'POST',
      headers: {
        'x-exchange': String(i),
        authorization: 'Bearer k',
        'anthropic-beta': 'one,two',
        'openai-organization': 'o',
        'user-agent': 'a client',
        ...(exchange.provider === 'anthropic' ? { 'anthropic-version': '2023-06-01' } : {}),
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === null ? {} : { body }),
    });
    const bytes = Buffer.from(await got.body.arrayBuffer());
    return { status: got.statusCode, headers: comparable(got.headers), bytes };
  };
  const base = harness.gateway.url.replace(/\/v1$/, '');
  const recorded: Record<string, number> = {};
  try {
    for (const [i, exchange] of exchanges.entries()) {
      const name = `${exchange.provider} exchange ${i} (${exchange.path})`;
      const direct = await ask(harness.upstream.url, i);
      const calls = harness.calls.length;
      const through = await ask(base, i);
      assert.deepEqual(through, direct, name);
      const [straight, passed] = harness.upstream.received.slice(-2);
      assert.deepEqual(passed?.body, straight?.body, `${name}: the request's body`);
      assert.deepEqual([passed?.method, passed?.url], [straight?.method, straight?.url], name);
      assert.deepEqual(
        comparable(passed!.headers),
        comparable(straight!.headers),
        `${name}: the request's headers`,
      );

      const path = exchange.path.split('?', 1)[0] ?? '';
      const dialect = DIALECTS.find((each) => each.matches(exchange.method, path));
      if (!dialect) {
        assert.equal(harness.calls.length, calls, `${name} is passed on, not recorded`);
        continue;
      }
      recorded[dialect.name] = (recorded[dialect.name] ?? 0) + 1;
      const read = dialect.parseRequest(passed!.body);
      assert.ok(read, `${name} is read`);
      const call = harness.calls[calls];
      assert.deepEqual(call?.request, withoutSender(read), name);
      if (exchange.status >= 400) assert.equal(call?.response, null, name);
      else {
        const { bytes, encoding } = bodyOf(exchange);
        const events = exchange.contentType.startsWith('text/event-stream');
        const body = { chunks: [bytes], encoding: encoding ?? '', events };
        assert.deepEqual(call?.response, await readResponse(dialect, body, 64 * 1024 * 1024), name);
        if (isQueued(exchange)) continue;
        const { message, usage } = call?.response ?? assert.fail(`${name}: the answer is read`);
        assert.ok(message.content !== '' || message.toolCalls || message.mediaParts, `${name} has an answer`);
        assert.ok(
          usage === null || (usage.completionTokens > 0 && usage.promptTokens >= usage.cachedTokens),
          name,
        );
      }
    }
    // Each dialect was there.
    assert.ok(recorded['openai-chat']! >= 70, JSON.stringify(recorded));
    assert.ok(recorded['openai-responses']! >= 100, JSON.stringify(recorded));
    assert.ok(recorded['anthropic-messages']! >= 70, JSON.stringify(recorded));
  } finally {
    await harness.close();
  }
});

/** In the background: its answer is fetched later. */
function isQueued({ response }: Exchange): boolean {
  return response !== undefined && 'status' in response && response.status === 'queued';
}
