/** Upgraded connections: bytes both ways, ends both ways, and what happens where there is no upstream. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { configSchema } from '../../src/core/config.ts';
import { type Gateway, startGateway } from '../../src/gateway/gateway.ts';
import { DIALECTS } from '../../src/wire/dialects.ts';
import { openAccess } from '../support/access.ts';
import { noSpecialist } from './gateway-harness.ts';

const ASK =
  'GET /v1/realtime?model=m HTTP/1.1\r\nhost: gateway\r\nconnection: keep-alive, Upgrade\r\nupgrade: echo\r\nauthorization: Bearer k\r\nx-understudy-tags: a\r\n\r\n';

interface Parts {
  readonly gateway: Gateway;
  readonly asked: IncomingMessage[];
  close(): Promise<void>;
}

/** A gateway in front of a server that agrees to every upgrade, or of none. */
async function start(upgraded: ((socket: Duplex) => void) | null): Promise<Parts> {
  const asked: IncomingMessage[] = [];
  const sockets = new Set<Duplex>();
  const upstream = createServer();
  upstream.on('upgrade', (request, socket, head) => {
    asked.push(request);
    sockets.add(socket);
    socket.on('error', () => {});
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\nx-a: 1\r\n\r\n',
    );
    if (head.length > 0) socket.unshift(head);
    upgraded?.(socket);
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  if (upgraded === null) upstream.close();
  const gateway = await startGateway({
    access: openAccess(),
    gateway: { ...configSchema.parse({}).gateway, port: 0 },
    upstreamUrl: `http://127.0.0.1:${port}/v1`,
    dialects: DIALECTS,
    router: noSpecialist,
    recorder: {
      record: async () => true,
      recordExchange: async () => true,
      recordFeedback: async () => true,
    },
  });
  return {
    gateway,
    asked,
    close: async () => {
      await gateway.close();
      for (const socket of sockets) socket.destroy();
      upstream.close();
    },
  };
}

async function until(true_: () => boolean): Promise<void> {
  while (!true_()) await wait(2);
}

/** Everything that comes, as text, in `said`. */
function open(port: number): { readonly socket: Socket; readonly said: () => string } {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  return { socket, said: () => text };
}

test('bytes pass both ways, those sent along with the request too, and the upstream sees no header of ours', async () => {
  const parts = await start((socket) => void socket.pipe(socket));
  try {
    const { socket, said } = open(parts.gateway.port);
    socket.write(`${ASK}at once `);
    await until(() => said().endsWith('at once '));
    assert.match(said(), /^HTTP\/1\.1 101 Switching Protocols\r\n/);
    assert.match(said(), /\r\nx-a: 1\r\n/);
    assert.match(said(), /\r\nx-understudy-reason: pass-through\r\n/);
    socket.write('and later');
    await until(() => said().endsWith('at once and later'));
    assert.deepEqual(parts.gateway.stats().upgrades, { opened: 1, open: 1 });
    const { url, headers } = parts.asked[0]!;
    assert.equal(url, '/v1/realtime?model=m');
    assert.equal(headers.authorization, 'Bearer k');
    assert.equal(headers.upgrade, 'echo');
    assert.equal(headers['x-understudy-tags'], undefined);
    // An end in order lets what is under way arrive, and ends the other side.
    socket.end('last');
    await once(socket, 'close');
    assert.match(said(), /and laterlast$/);
    await until(() => parts.gateway.stats().upgrades.open === 0);
  } finally {
    await parts.close();
  }
});

for (const side of ['client', 'upstream'] as const) {
  test(`a break at the ${side}’s side breaks the other side`, async () => {
    let far: Duplex | undefined;
    const parts = await start((socket) => {
      far = socket;
      socket.resume();
    });
    try {
      const { socket } = open(parts.gateway.port);
      socket.write(ASK);
      await until(() => far !== undefined && parts.gateway.stats().upgrades.open === 1);
      const [breaks, learns] = side === 'client' ? [socket, far as Socket] : [far as Socket, socket];
      // Not by `once`, which takes the reset for a failure of the test.
      const closed = new Promise((resolve) => learns.on('close', resolve));
      breaks.resetAndDestroy();
      await closed;
      await until(() => parts.gateway.stats().upgrades.open === 0);
    } finally {
      await parts.close();
    }
  });
}

test('a side that does not read holds the other side up, instead of filling the gateway’s memory', async () => {
  let far: Duplex | undefined;
  const parts = await start((socket) => {
    far = socket;
    socket.pause();
  });
  try {
    const { socket } = open(parts.gateway.port);
    socket.write(ASK);
    await until(() => far !== undefined);
    const sent = 64 * 1024 * 1024;
    socket.write(Buffer.alloc(sent, 'x'));
    // Until nothing moves any more: what the operating system holds on the way is a few megabytes.
    for (let before = -1; before !== socket.writableLength; await wait(100)) before = socket.writableLength;
    assert.ok(socket.writableLength > 0, 'all of it was taken');
    let got = 0;
    far?.on('data', (chunk: Buffer) => {
      got += chunk.length;
    });
    far?.resume();
    await until(() => got === sent);
    socket.destroy();
  } finally {
    await parts.close();
  }
});

test('an upgrade without an upstream is a 502 in the provider’s shape', async () => {
  const parts = await start(null);
  try {
    const { socket, said } = open(parts.gateway.port);
    socket.write(ASK);
    await once(socket, 'close');
    assert.match(said(), /^HTTP\/1\.1 502 [\s\S]*"error":\{"message":"The upstream cannot be reached/);
    assert.match(said(), /\r\nconnection: close\r\n/i);
  } finally {
    await parts.close();
  }
});

test('a client that leaves while its upgrade is asked for leaves nothing behind', async () => {
  const parts = await start((socket) => void socket.pipe(socket));
  try {
    for (let i = 0; i < 20; i++) {
      const { socket } = open(parts.gateway.port);
      socket.write(ASK);
      await wait(i % 4);
      socket.resetAndDestroy();
    }
    await until(() => parts.gateway.stats().upgrades.open === 0);
  } finally {
    // Would wait for whatever is left.
    await parts.close();
  }
});

test('closing the gateway ends upgraded connections', async () => {
  const parts = await start((socket) => void socket.pipe(socket));
  const { socket, said } = open(parts.gateway.port);
  socket.write(ASK);
  await until(() => said().includes('101'));
  const closed = once(socket, 'close');
  await parts.close();
  await closed;
});
