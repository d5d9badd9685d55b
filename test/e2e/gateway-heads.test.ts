/** Heads and trailers where a client has no place for them, which the table of faults cannot show side by side. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startHarness } from './gateway-harness.ts';

test('trailers have no place in an answer to HEAD or HTTP/1.0, which comes without them', async () => {
  const harness = await startHarness((received, response) => {
    response.socket?.end(
      received.method === 'HEAD'
        ? 'HTTP/1.1 200 OK\r\ntrailer: x-a\r\ncontent-length: 4\r\n\r\n'
        : 'HTTP/1.1 200 OK\r\ntrailer: x-a\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nx-a: 1\r\n\r\n',
    );
  });
  try {
    const answers = ['HEAD / HTTP/1.1\r\nconnection: close', 'GET / HTTP/1.0'].map(async (line) => {
      const socket = connect(harness.gateway.port, '127.0.0.1');
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.write(`${line}\r\nhost: x\r\n\r\n`);
      await once(socket, 'close');
      assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
      assert.doesNotMatch(text, /trailer|x-a/i);
      return text.slice(text.indexOf('\r\n\r\n') + 4);
    });
    assert.deepEqual(await Promise.all(answers), ['', 'body']);
  } finally {
    await harness.close();
  }
});

test('HTTP/1.0 has no informational answers, so its clients get none', async () => {
  const harness = await startHarness((_received, response) => {
    response.writeProcessing();
    response.writeEarlyHints({ link: '</a>; rel=preload' });
    response.end('body');
  });
  try {
    const socket = connect(harness.gateway.port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.write('GET / HTTP/1.0\r\nhost: x\r\n\r\n');
    await once(socket, 'close');
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nbody$/);
  } finally {
    await harness.close();
  }
});
