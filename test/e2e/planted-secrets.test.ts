/**
 * A thousand secrets planted in every field of requests, responses and headers, small and large, streamed and not, imported
 * and served, and learnt from: afterwards none is readable in any byte of the data folder or of the log.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { configSchema } from '../../src/core/config.ts';
import { openUnderstudy, type Understudy } from '../../src/understudy.ts';
import { plantedDialects } from './planted-bodies.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'understudy-planted-'));
const planted: string[] = [];
const log: string[] = [];
let upstream: Server;
let understudy: Understudy;

/** A word that stands nowhere else, and that no recogniser takes for personal data. */
function plant(): string {
  const letters = createHash('sha256').update(`plant ${planted.length}`).digest('hex').replace(/\d/g, 'q');
  const word = `zv${letters.slice(0, 14)}`;
  planted.push(word);
  return word;
}

const dialects = plantedDialects(plant);

function fullHeaders(): Record<string, string> {
  return {
    authorization: `Bearer ${plant()}`,
    'x-api-key': plant(),
    'openai-organization': plant(),
    'user-agent': plant(),
    cookie: `a=${plant()}`,
    'x-understudy-session': plant(),
    'x-understudy-tags': `${plant()}:${plant()},${plant()}`,
    'x-litellm-tags': plant(),
    'x-litellm-end-user-id': plant(),
    'x-portkey-metadata': JSON.stringify({ [plant()]: plant() }),
    'x-portkey-trace-id': plant(),
    'helicone-user-id': plant(),
    'helicone-session-id': plant(),
    [`helicone-property-${plant()}`]: plant(),
  };
}

/** A label task whose words are all secrets, so that what is learnt from it holds them. */
const LABELS = [plant(), plant(), plant(), plant()];
const CUES = LABELS.map(() => plant());
const SYSTEM = `Sort the mail. Labels: ${LABELS.join(', ')}. ${plant()}`;

function labelled(n: number): { request: object; response: object } {
  const kind = n % LABELS.length;
  const words = Array.from({ length: 8 }, (_, i) => `w${(n * 31 + i * 17) % 997}`).join(' ');
  return {
    request: {
      model: 'm',
      messages: [
        { role: 'system', content: SYSTEM },
        { role: 'user', content: `${words} ${CUES[kind]} mail ${n}` },
      ],
    },
    response: {
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: LABELS[kind] }, finish_reason: 'stop' }],
    },
  };
}

/** Feedback with a secret in every field that a caller writes. */
async function giveFeedback(url: string, callId: string): Promise<void> {
  const output = JSON.stringify({ [plant()]: plant() });
  const toolCalls = { tool_calls: [{ name: plant(), arguments: { [plant()]: plant() } }] };
  for (const said of [
    { call_id: callId, name: plant(), value: 1, comment: plant(), id: plant() },
    { call_id: callId, name: 'correction', value: output, comment: plant() },
    { call_id: callId, name: 'correction', value: toolCalls },
    { session_id: plant(), name: plant(), value: true, comment: plant(), id: plant() },
  ]) {
    const response = await fetch(`${url}/feedback`, { method: 'POST', body: JSON.stringify(said) });
    assert.equal(response.status, 200);
    await response.text();
  }
}

async function post(
  url: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
  path = '/chat/completions',
): Promise<string> {
  const response = await fetch(`${url}${path}?${plant()}=${plant()}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: new Uint8Array(Buffer.from(body)),
  });
  assert.equal(response.status, 200);
  await response.text();
  return response.headers.get('x-understudy-call-id') ?? '';
}

before(async () => {
  upstream = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const label = /mail (\d+)"/.exec(body);
      const spoken = dialects.find(({ path }) => request.url?.includes(path)) ?? assert.fail(request.url);
      if (label) {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(labelled(Number(label[1])).response));
      } else if (body.includes('"stream":true')) {
        response.setHeader('content-type', 'text/event-stream');
        response.end(spoken.stream());
      } else {
        response.setHeader('content-type', 'application/json');
        response.setHeader('x-request-id', plant());
        response.end(JSON.stringify(spoken.response()));
      }
    });
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  understudy = await openUnderstudy({
    config: configSchema.parse({
      dataDir,
      gateway: { port: 0 },
      upstream: { baseUrl: `http://127.0.0.1:${port}/v1` },
      gate: { epsilon: 0.1 },
      redaction: { finder: 'off' },
      serve: { canaryShare: 1, stepAudits: 5, shadowMargin: 10, canaryMargin: 9 },
    }),
    env: { PATH: dataDir },
    log: (line) => log.push(line),
  });
});

after(async () => {
  await understudy.close();
  upstream.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test('no planted secret is readable, whatever field it came in and whatever was learnt from it', async () => {
  const gateway = await understudy.startGateway();
  for (const { path, request } of dialects) {
    for (let n = 0; n < 4; n++) {
      const body = JSON.stringify(request(n % 2 === 0));
      await giveFeedback(gateway.url, await post(gateway.url, body, fullHeaders(), path));
      const packed = gzipSync(JSON.stringify(request(n % 2 === 0)));
      await post(gateway.url, packed, { ...fullHeaders(), 'content-encoding': 'gzip' }, path);
    }
    // Larger than what is read on the event loop.
    const large = { ...request(false), padding: 'long '.repeat(100_000) };
    await post(gateway.url, JSON.stringify(large), fullHeaders(), path);
  }
  for (let n = 0; n < 600; n++) await post(gateway.url, JSON.stringify(labelled(n).request));
  // The journal, before it is drained and removed.
  const journal = join(dataDir, 'journal');
  const copies = readdirSync(journal).flatMap((name) => {
    try {
      return [readFileSync(join(journal, name), 'latin1').toLowerCase()];
    } catch {
      return [];
    }
  });
  assert.ok(copies.some((bytes) => bytes.length > 1000));
  for (const secret of planted) assert.ok(!copies.some((bytes) => bytes.includes(secret)), secret);
  await gateway.close();

  const file = join(tmpdir(), `planted-${process.pid}.jsonl`);
  const records = Array.from({ length: 30 }, (_, n) => ({
    request: dialects[n % 3]!.request(false),
    response: dialects[n % 3]!.response(),
    session_id: plant(),
    tags: [plant()],
    user: plant(),
    metadata: { [plant()]: plant() },
  }));
  writeFileSync(file, records.map((record) => JSON.stringify(record)).join('\n'));
  await understudy.import([file]);
  rmSync(file);

  const learnt = await understudy.learn();
  assert.ok(
    learnt.tasks.some(({ deployed }) => deployed),
    'the label task was learnt',
  );
  // Served and audited, too.
  const again = await understudy.startGateway();
  for (let n = 600; n < 680; n++) await post(again.url, JSON.stringify(labelled(n).request));
  const served = again.stats().servedBySpecialists;
  await again.close();
  assert.ok(served > 0, 'specialists served');
  assert.ok((await (await understudy.store()).countCalls()) > 700);

  assert.ok(planted.length >= 1000, `${planted.length} planted`);
  // What is searched for in vain is there: the calls hold it, once they are opened.
  const opened = JSON.stringify(await Array.fromAsync(understudy.calls())).toLowerCase();
  const kept = planted.filter((secret) => opened.includes(secret));
  assert.ok(kept.length > 500, `${kept.length} of ${planted.length} are in the calls`);
  const readable: string[] = [];
  const search = (where: string, bytes: string): void => {
    for (const secret of planted) if (bytes.includes(secret)) readable.push(`${secret} in ${where}`);
  };
  let files = 0;
  for (const entry of readdirSync(dataDir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    search(`the name ${entry.name}`, entry.name);
    // Weights are public.
    if (!path.startsWith(join(dataDir, 'weights')))
      assert.equal(statSync(path).mode & 0o077, 0, `${path} is its owner's alone`);
    if (!entry.isFile()) continue;
    files++;
    const bytes = readFileSync(path);
    search(path, bytes.toString('latin1').toLowerCase());
    search(`${path} as UTF-16`, bytes.toString('utf16le').toLowerCase());
  }
  search('the log', log.join('\n').toLowerCase());
  assert.ok(files > 3);
  assert.deepEqual(readable, []);
});
