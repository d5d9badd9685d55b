/** The agent's calls come first: whatever breaks, on our side or upstream, the agent sees what it would see without us. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { APIConnectionError, APIError, APIUserAbortError } from 'openai';
import { UnderstudyError } from '../../src/core/errors.ts';
import { completion, recorderOf, sendJson, served, startHarness } from './gateway-harness.ts';

const messages = [{ role: 'user' as const, content: 'hello' }];
const chunk = (content: string): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;

/** Waits until something that other parts bring about has become true. */
async function until(true_: () => boolean): Promise<void> {
  while (!true_()) await new Promise((resolve) => setImmediate(resolve));
}

const recorders: Readonly<Record<string, () => Promise<void>>> = {
  rejects: () => Promise.reject(new Error('disk full')),
  throws: () => {
    throw new Error('disk full');
  },
  'never answers': () => new Promise(() => {}),
};

for (const [name, record] of Object.entries(recorders)) {
  test(`a recorder that ${name} does not fail the call`, async () => {
    const harness = await startHarness((_received, response) => sendJson(response, completion('fine')), {
      recorder: recorderOf(record),
      recordWaitMs: 20,
    });
    try {
      for (let i = 0; i < 3; i++) {
        const answer = await harness.client.chat.completions.create({ model: 'm', messages });
        assert.equal(answer.choices[0]?.message.content, 'fine');
      }
      const { recording } = harness.gateway.stats();
      assert.equal(recording.recorded, 0);
      // Only the first call waits for a recorder that hangs.
      assert.deepEqual(recording.failed + recording.overdue, name === 'never answers' ? 1 : 3);
    } finally {
      await harness.close();
    }
  });
}

test('bodies whose record is dropped or never done are released', async () => {
  let finish = (): void => {};
  const stuck = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const harness = await startHarness((_received, response) => sendJson(response, completion('fine')), {
    recorder: recorderOf(() => stuck),
    recordWaitMs: 5,
  });
  try {
    const ask = (n: number) =>
      harness.client.chat.completions.create({
        model: 'm',
        messages: [{ role: 'user', content: `${n} ${'x'.repeat(20_000)}` }],
      });
    for (let n = 0; n < 30; n++) await Promise.all(Array.from({ length: 40 }, (_, i) => ask(n * 40 + i)));
    const { recording, bodies } = harness.gateway.stats();
    assert.ok(recording.dropped > 0);
    assert.ok(bodies.bytes > 0, 'those that wait for the recorder are held');
    finish();
    await new Promise((resolve) => setImmediate(resolve));
    await ask(9999);
    assert.equal(harness.gateway.stats().bodies.bytes, 0);
  } finally {
    finish();
    await harness.close();
  }
});

test('the end of an answer waits for its record', async () => {
  let write = (): void => {};
  const harness = await startHarness((_received, response) => sendJson(response, completion('fine')), {
    recorder: recorderOf(
      () =>
        new Promise((resolve) => {
          write = resolve;
        }),
    ),
    recordWaitMs: 600_000,
    router: served({ kind: 'text', text: 'x' }),
  });
  try {
    for (const headers of [{}, { 'x-understudy-route': 'llm' }]) {
      let ended = false;
      const reset = (): void => {};
      write = reset;
      const asked = harness.client.chat.completions.create({ model: 'm', messages }, { headers }).then(() => {
        ended = true;
      });
      await until(() => write !== reset);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(ended, false);
      write();
      await asked;
      assert.equal(ended, true);
    }
  } finally {
    await harness.close();
  }
});

test('an upstream that cannot be reached is a 502 in the provider’s shape, and on record', async () => {
  const harness = await startHarness(() => {}, { upstreamUrl: 'http://127.0.0.1:9/v1' });
  try {
    await assert.rejects(
      harness.client.chat.completions.create({ model: 'm', messages }),
      (error: unknown) => {
        assert.ok(error instanceof APIError);
        assert.equal(error.status, 502);
        assert.equal(error.code, 'unavailable');
        assert.match(error.message, /upstream cannot be reached/);
        return true;
      },
    );
    assert.equal(harness.calls[0]?.status, 502);
    assert.equal(harness.calls[0]?.response, null);
  } finally {
    await harness.close();
  }
});

test('an upstream that does not begin in time is a 504', async () => {
  const harness = await startHarness(() => {}, { settings: { timeoutMs: 50 } });
  try {
    await assert.rejects(harness.client.chat.completions.create({ model: 'm', messages }), {
      status: 504,
      code: 'timed-out',
    });
    assert.equal(harness.calls[0]?.status, 504);
  } finally {
    await harness.close();
  }
});

test('an upstream that dies mid-stream breaks the client’s stream after what came', async () => {
  const harness = await startHarness((_received, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk('half'), () => response.destroy());
  });
  try {
    const stream = await harness.client.chat.completions.create({ model: 'm', messages, stream: true });
    const got: string[] = [];
    await assert.rejects(async () => {
      for await (const part of stream) got.push(part.choices[0]?.delta.content ?? '');
    });
    assert.deepEqual(got, ['half']);
    await until(() => harness.calls.length > 0);
    assert.equal(harness.calls[0]?.response, null);
    assert.equal(harness.calls[0]?.status, 200);
  } finally {
    await harness.close();
  }
});

test('bytes are passed on as they come, not when all are there', async () => {
  let more = (): void => {};
  const harness = await startHarness((_received, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk('first'));
    more = () => response.end(`${chunk('second')}data: [DONE]\n\n`);
  });
  try {
    const stream = await harness.client.chat.completions.create({ model: 'm', messages, stream: true });
    const got: string[] = [];
    for await (const part of stream) {
      got.push(part.choices[0]?.delta.content ?? '');
      more();
    }
    assert.deepEqual(got, ['first', 'second']);
  } finally {
    await harness.close();
  }
});

test('a long answer to a slow reader arrives whole', async () => {
  const piece = Buffer.alloc(64 * 1024, 'abcdefgh');
  const harness = await startHarness(async (_received, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    for (let i = 0; i < 256; i++) if (!response.write(piece)) await once(response, 'drain');
    response.end('end');
  });
  try {
    const answer = await fetch(`${harness.gateway.url}/files/f/content`);
    let size = 0;
    let last = '';
    for await (const part of answer.body ?? []) {
      if (size === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      size += part.length;
      last = Buffer.from(part).subarray(-3).toString();
    }
    assert.equal(size, 256 * piece.length + 3);
    assert.equal(last, 'end');
  } finally {
    await harness.close();
  }
});

test('a client that goes away stops the upstream', async () => {
  let stopped = false;
  const harness = await startHarness((_received, response) => {
    response.on('close', () => {
      stopped = true;
    });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk('first'));
  });
  try {
    const stream = await harness.client.chat.completions.create({ model: 'm', messages, stream: true });
    for await (const _part of stream) break;
    await until(() => stopped && harness.calls.length > 0);
    assert.equal(harness.calls[0]?.status, 499);
    assert.equal(harness.calls[0]?.response, null);

    // Before the upstream has said anything, too.
    const abort = new AbortController();
    const asked = harness.client.chat.completions.create({ model: 'm', messages }, { signal: abort.signal });
    await until(() => harness.upstream.received.length === 2);
    abort.abort();
    await assert.rejects(asked, APIUserAbortError);
    await until(() => harness.calls.length === 2);
    assert.equal(harness.gateway.stats().recording.recorded, 2);
  } finally {
    await harness.close();
  }
});

test('a body over the limit is a 413 in the provider’s shape', async () => {
  const harness = await startHarness(() => assert.fail('the upstream was asked'), {
    settings: { maxBodyBytes: 10_000 },
  });
  try {
    for (const size of [20_000, 3_000_000]) {
      const big = [{ role: 'user' as const, content: 'x'.repeat(size) }];
      await assert.rejects(
        harness.client.chat.completions.create({ model: 'm', messages: big }),
        (error: unknown) => {
          // Far over the limit the connection may be closed before the client has read why.
          if (error instanceof APIConnectionError) return size > 40_000;
          return error instanceof APIError && error.status === 413 && error.code === 'bad-input';
        },
      );
    }
    assert.equal(harness.gateway.stats().bodies.peak, 0, 'nothing of it was kept');
  } finally {
    await harness.close();
  }
});

test('a body that we do not understand is the upstream’s to refuse', async () => {
  const harness = await startHarness(
    (_received, response) => sendJson(response, '{"error":{"message":"their words"}}', 400),
    {
      router: served({ kind: 'text', text: 'x' }),
    },
  );
  try {
    const answer = await fetch(`${harness.gateway.url}/chat/completions`, {
      method: 'POST',
      body: '{"model":',
    });
    assert.equal(answer.status, 400);
    assert.deepEqual(await answer.json(), { error: { message: 'their words' } });
    assert.equal(answer.headers.get('x-understudy-reason'), 'pass-through');
    assert.equal(harness.upstream.received[0]?.body.toString(), '{"model":');
    assert.equal(harness.calls.length, 0);
  } finally {
    await harness.close();
  }
});

test('noise on the socket gets an error in shape, and the gateway lives on', async () => {
  const harness = await startHarness((_received, response) => sendJson(response, completion('fine')));
  try {
    for (const noise of ['NONSENSE\r\n\r\n', 'GET http://elsewhere/ HTTP/1.1\r\nhost: x\r\n\r\n']) {
      const socket = connect(harness.gateway.port, '127.0.0.1');
      socket.write(noise);
      const [data] = (await once(socket, 'data')) as [Buffer];
      assert.match(data.toString(), /^HTTP\/1\.1 400 [\s\S]*"error":\{"message":/);
      socket.destroy();
    }
    const answer = await harness.client.chat.completions.create({ model: 'm', messages });
    assert.equal(answer.choices[0]?.message.content, 'fine');
  } finally {
    await harness.close();
  }
});

test('closing lets calls under way finish and takes no new ones', async () => {
  let finish = (): void => {};
  const harness = await startHarness((_received, response) => {
    finish = () => sendJson(response, completion('late but whole'));
  });
  const reset = finish;
  const asked = harness.client.chat.completions.create({ model: 'm', messages });
  await until(() => finish !== reset);
  const closed = harness.gateway.close();
  await assert.rejects(fetch(`${harness.gateway.url}/models`));
  finish();
  assert.equal((await asked).choices[0]?.message.content, 'late but whole');
  await closed;
  assert.equal(harness.calls.length, 1);
  await harness.upstream.close();
});

test('addresses other than loopback are refused', async () => {
  await assert.rejects(
    startHarness(() => {}, { settings: { host: '0.0.0.0' } }),
    (error: unknown) => {
      return error instanceof UnderstudyError && error.code === 'bad-config';
    },
  );
});

test('a connection on which nothing came does not keep the gateway from closing', {
  timeout: 10_000,
}, async () => {
  const harness = await startHarness((_received, response) => sendJson(response, completion('fine')));
  const silent = connect(harness.gateway.port, '127.0.0.1');
  await once(silent, 'connect');
  await harness.client.chat.completions.create({ model: 'm', messages });
  const broken = once(silent, 'close');
  silent.on('error', () => {});
  silent.resume();
  await harness.close();
  await broken;
});

test('calls beyond the limit of connections wait, and one that is given up meanwhile is never asked', async () => {
  const waiting: (() => void)[] = [];
  const harness = await startHarness(
    (_received, response) => waiting.push(() => sendJson(response, completion('fine'))),
    { maxConnections: 1 },
  );
  try {
    const ask = (signal?: AbortSignal) =>
      harness.client.chat.completions.create({ model: 'm', messages }, signal ? { signal } : {});
    const first = ask();
    await until(() => waiting.length === 1);
    const gone = new AbortController();
    const second = ask(gone.signal);
    const third = ask();
    await until(() => harness.gateway.stats().inFlight === 3);
    gone.abort();
    await assert.rejects(second, APIUserAbortError);
    await until(() => harness.gateway.stats().inFlight === 2);
    assert.equal(harness.upstream.received.length, 1);
    waiting.shift()?.();
    await first;
    await until(() => waiting.length === 1);
    waiting.shift()?.();
    assert.equal((await third).choices[0]?.message.content, 'fine');
    assert.equal(harness.upstream.received.length, 2);
  } finally {
    await harness.close();
  }
});
