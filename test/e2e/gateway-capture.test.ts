/** What was delivered is recorded: through the real gateway, recorder, thread, journal and drain. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { openRecorder } from '../../src/capture/recorder.ts';
import type { Call } from '../../src/core/call.ts';
import { configSchema } from '../../src/core/config.ts';
import type { JournalState } from '../../src/core/status-report.ts';
import type { Gateway } from '../../src/gateway/gateway.ts';
import { openUnderstudy, type Understudy } from '../../src/understudy.ts';
import { exampleCall } from '../support/calls.ts';
import { MASTER_KEY, openDataFolder, REDACTION } from '../support/data-folder.ts';
import { failingDisk } from '../support/failing-disk.ts';
import { completion } from './gateway-harness.ts';

interface Place {
  readonly dataDir: string;
  readonly understudy: Understudy;
  readonly gateway: Gateway;
  readonly log: string[];
  /** Closes the gateway and gives what was recorded. */
  recorded(): Promise<Call[]>;
}

async function place(
  t: TestContext,
  answer: (request: IncomingMessage, body: Buffer, response: ServerResponse) => void,
  dataDir = mkdtempSync(join(tmpdir(), 'understudy-capture-')),
  env: NodeJS.ProcessEnv = {},
): Promise<Place> {
  const upstream = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(request, Buffer.concat(chunks), response));
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  const log: string[] = [];
  const understudy = await openUnderstudy({
    config: configSchema.parse({
      dataDir,
      gateway: { port: 0 },
      upstream: { baseUrl: `http://127.0.0.1:${port}/v1` },
      redaction: { finder: 'off' },
    }),
    env: { ...env, PATH: dataDir },
    log: (line) => log.push(line),
  });
  const gateway = await understudy.startGateway();
  let open = true;
  const close = async (): Promise<void> => {
    if (open) await gateway.close();
    open = false;
  };
  t.after(async () => {
    await close();
    await understudy.close();
    upstream.closeAllConnections();
    upstream.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return {
    dataDir,
    understudy,
    gateway,
    log,
    recorded: async () => {
      await close();
      return Array.fromAsync(understudy.calls());
    },
  };
}

const ask = (content: string, more: object = {}): string =>
  JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], ...more });

function post(
  gateway: Gateway,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${gateway.url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: new Uint8Array(Buffer.from(body)),
  });
}

const json = (
  response: ServerResponse,
  text: string | Buffer,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(200, { 'content-type': 'application/json', ...headers });
  response.end(text);
};

test('a stream whose client closes at its last word is whole, though the upstream ends later', async (t) => {
  const chunk = (delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({ model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const { gateway, recorded } = await place(t, (_request, _body, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(
      `${chunk({ role: 'assistant', content: 'refund' }, null)}${chunk({}, 'stop')}data: [DONE]\n\n`,
    );
    const late = setTimeout(() => response.end(), 300);
    response.on('close', () => clearTimeout(late));
  });
  for (let n = 0; n < 5; n++) {
    await new Promise<void>((resolve, reject) => {
      const { port } = new URL(gateway.url);
      const request = httpRequest({ port, path: '/v1/chat/completions', method: 'POST' }, (response) => {
        let text = '';
        response.on('data', (data: Buffer) => {
          text += data.toString();
          if (!text.includes('[DONE]')) return;
          // As Python's client does.
          request.destroy();
          resolve();
        });
      });
      request.on('error', reject);
      request.end(ask(`mail ${n}`, { stream: true }));
    });
  }
  const calls = await recorded();
  assert.equal(calls.length, 5);
  for (const { status, response } of calls) {
    assert.equal(status, 200);
    assert.equal(response?.message.content, 'refund');
  }
});

test('a stream that breaks off before its last word is no response', async (t) => {
  const { gateway, recorded } = await place(t, (_request, _body, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(
      `data: ${JSON.stringify({ model: 'm', choices: [{ index: 0, delta: { content: 'ref' } }] })}\n\n`,
    );
    setTimeout(() => response.destroy(), 20);
  });
  await post(gateway, ask('mail', { stream: true }))
    .then((response) => response.text())
    .catch(() => '');
  const [call] = await recorded();
  assert.equal(call?.response, null);
});

test('compressed requests and responses are recorded, and pass as they are', async (t) => {
  const bodies: Buffer[] = [];
  const { gateway, recorded } = await place(t, (request, body, response) => {
    bodies.push(body);
    assert.equal(request.headers['content-encoding'], 'gzip');
    json(response, brotliCompressSync(completion('refund')), { 'content-encoding': 'br' });
  });
  const small = gzipSync(ask('small'));
  const large = gzipSync(ask('large '.repeat(100_000)));
  for (const body of [small, large]) {
    const response = await post(gateway, body, { 'content-encoding': 'gzip' });
    assert.match(await response.text(), /refund/);
  }
  assert.deepEqual(bodies, [small, large]);
  const calls = await recorded();
  assert.deepEqual(
    calls.map(({ request, response }) => [
      request.messages[0]?.content.slice(0, 5),
      response?.message.content,
    ]),
    [
      ['small', 'refund'],
      ['large', 'refund'],
    ],
  );
});

test('a body that is a bomb, or none of the coding that it names, passes and is not read', async (t) => {
  const { gateway, recorded, log, understudy } = await place(t, (_request, _body, response) =>
    json(response, completion('x')),
  );
  const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, 32));
  for (const [body, encoding] of [
    [bomb, 'gzip'],
    [Buffer.from(ask('not gzip')), 'gzip'],
    [Buffer.from(ask('unknown')), 'snappy'],
  ] as const) {
    const response = await post(gateway, body, { 'content-encoding': encoding });
    assert.equal(response.status, 200);
  }
  assert.deepEqual(await recorded(), []);
  assert.match(log.join(), /not recorded.*cannot be read/);
  assert.equal((await understudy.status()).lost['not-recorded'], 3);
});

test('large exchanges are recorded by the thread, redacted, whole and in any order', async (t) => {
  const { gateway, recorded } = await place(t, (_request, body, response) =>
    json(response, completion(`answer to ${body.length} ${'long '.repeat(50_000)}`)),
  );
  const mail = (n: number): string =>
    `mail ${n}: write to anna.schmidt@web.de. ${'word '.repeat(200_000 + n)}`;
  await Promise.all([1, 2, 3, 4].map(async (n) => (await post(gateway, ask(mail(n)))).text()));
  await (await post(gateway, ask('small'))).text();
  const calls = await recorded();
  assert.equal(calls.length, 5);
  const lengths = calls.map(({ request }) => request.messages[0]?.content.length ?? 0).sort((a, b) => a - b);
  assert.ok(lengths[1]! > 1_000_000);
  for (const { request, response, served } of calls) {
    assert.doesNotMatch(request.messages[0]?.content ?? '', /anna\.schmidt/);
    assert.match(response?.message.content ?? '', /^answer to \d+/);
    const long = (request.messages[0]?.content.length ?? 0) > 1000;
    assert.equal(served.reason, long ? 'too-large' : 'no-specialist');
  }
});

const BROKEN: Record<string, (dataDir: string) => void> = {
  'a store replaced by garbage': (dataDir) =>
    writeFileSync(join(dataDir, 'understudy.db'), 'no database '.repeat(999)),
  'a folder in the place of the store': (dataDir) => mkdirSync(join(dataDir, 'understudy.db')),
  'a file in the place of the journal': (dataDir) => writeFileSync(join(dataDir, 'journal'), ''),
  'a master key that others may read': (dataDir) => {
    writeFileSync(join(dataDir, 'master.key'), `${Buffer.alloc(32).toString('base64')}\n`);
    chmodSync(join(dataDir, 'master.key'), 0o644);
  },
  'a file in the place of the data folder': (dataDir) => {
    rmSync(dataDir, { recursive: true });
    writeFileSync(dataDir, '');
  },
  'a disk that is full at the first start': (dataDir) => {
    const disk = failingDisk();
    disk.fail(['open', 'write', 'mkdir'], dataDir);
    after(() => disk.restore());
  },
};

for (const [name, breakIt] of Object.entries(BROKEN)) {
  test(`with ${name}, the gateway starts, passes calls, and says what is lost`, async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'understudy-broken-'));
    breakIt(dataDir);
    const { gateway, log } = await place(
      t,
      (_request, _body, response) => json(response, completion('fine')),
      dataDir,
    );
    assert.match(await (await post(gateway, ask('hello'))).text(), /fine/);
    const health = await (await fetch(new URL('/health/readiness', gateway.url))).json();
    const { status, capture, lost, recording } = health as {
      status: string;
      capture: { state: string; reason: string };
      lost: Record<string, number>;
      recording: { recorded: number; failed: number };
    };
    assert.equal(status, 'degraded');
    assert.equal(capture.state, 'closed');
    assert.notEqual(capture.reason, '');
    assert.equal(lost['capture-closed'], 1);
    assert.deepEqual([recording.recorded, recording.failed], [0, 1]);
    assert.ok(
      log.some((line) => line.includes('not recorded')),
      log.join('\n'),
    );
  });
}

test('what is left of a damaged journal is recorded, the segment is kept, and the loss is told', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'understudy-damaged-'));
  const journal = join(dataDir, 'journal');
  const { store, vault } = openDataFolder(dataDir, { file: 'understudy.db' });
  const recorder = await openRecorder({ dir: journal, vault, redaction: REDACTION, log: assert.fail });
  for (let n = 0; n < 60; n++) await recorder.record(exampleCall(n), 'k');
  await recorder.close();
  await store.close();
  const [segment = ''] = readdirSync(journal).filter((file) => file.endsWith('.segment'));
  const bytes = readFileSync(join(journal, segment));
  bytes[0]! ^= 1;
  // In the last call's frame.
  bytes[bytes.length - 20]! ^= 16;
  writeFileSync(join(journal, segment), bytes);
  const { gateway, understudy, log, recorded } = await place(
    t,
    (_q, _b, response) => json(response, ''),
    dataDir,
    MASTER_KEY,
  );
  const readiness = async () =>
    ((await (await fetch(new URL('/health/readiness', gateway.url))).json()) as { journal?: JournalState })
      .journal;
  let journalState = await readiness();
  while (!journalState?.quarantine.segments) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    journalState = await readiness();
  }
  assert.deepEqual(journalState.quarantine, { segments: 1, bytes: bytes.length });
  const calls = await recorded();
  assert.equal(calls.length, 59);
  assert.deepEqual(readdirSync(join(journal, 'quarantine')), [segment]);
  assert.ok(
    log.some((line) => /quarantine|kept aside/.test(line)),
    log.join('\n'),
  );
  assert.ok(((await understudy.status()).lost['damaged-in-journal'] ?? 0) >= 1);
});
