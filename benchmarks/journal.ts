/**
 * Whether what was delivered is recorded: the real program under load, killed (-9) at random moments and started again.
 * Every call whose answer a client got to its end must be in the store afterwards. `--kills=N`: default 100.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { loadConfig } from '../src/core/config.ts';
import { type Random, seededRandom } from '../src/core/random.ts';
import { openUnderstudy } from '../src/understudy.ts';
import { startProgram } from './parts/program.ts';
import type { BenchmarkResult } from './run.ts';

const KILLS = 100;
const SEED = 1;
const CLIENTS = 8;
/** How long the program is under load before it is killed, milliseconds. */
const ALIVE = [50, 1500] as const;
/** Characters of requests: answered on the event loop, and read in a thread. */
const SIZES = [200, 5000, 60_000, 300_000] as const;
const EVENTS = 20;

export async function run(): Promise<BenchmarkResult> {
  const kills = Number(
    process.argv.find((arg) => arg.startsWith('--kills='))?.slice('--kills='.length) ?? KILLS,
  );
  const dir = mkdtempSync(join(tmpdir(), 'understudy-journal-'));
  const upstream = createServer(answer).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const config = join(dir, 'understudy.yaml');
  writeFileSync(
    config,
    [
      `dataDir: ${join(dir, 'data')}`,
      `upstream: { baseUrl: "http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1" }`,
      'learn: { mode: off }',
      // What the second stage finds does not matter here, and takes time.
      'redaction: { finder: off }',
    ].join('\n'),
  );
  const random = seededRandom(SEED);
  const delivered = new Set<string>();
  let failed = 0;
  const began = performance.now();
  try {
    for (let kill = 0; kill < kills; kill++) {
      const { child, url } = await startProgram(config);
      const load = { isOver: false };
      const clients = Array.from({ length: CLIENTS }, async () => {
        while (!load.isOver) {
          const id = await callOnce(url, random);
          if (id === null) failed++;
          else delivered.add(id);
        }
      });
      await wait(ALIVE[0] + random.next() * (ALIVE[1] - ALIVE[0]));
      const exited = once(child, 'exit');
      // The gateway alone, or with the processes that it has started.
      process.kill(random.next() < 0.5 ? child.pid! : -child.pid!, 'SIGKILL');
      load.isOver = true;
      await Promise.all([exited, ...clients]);
      if (process.stderr.isTTY) process.stderr.write(`\rkilled ${kill + 1} of ${kills} times`);
    }
    if (process.stderr.isTTY) process.stderr.write('\n');
    const recorded = await recordedIn(config, dir);
    const lost = [...delivered].filter((id) => !recorded.has(id)).length;
    const seconds = Math.round((performance.now() - began) / 1000);
    const figures = { kills, delivered: delivered.size, brokenOff: failed, recorded: recorded.size, lost };
    return { table: [{ ...figures, seconds }], json: { ...figures, seed: SEED, seconds } };
  } finally {
    upstream.close();
    upstream.closeAllConnections();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The id of a call whose answer came to its end; null where it broke off. */
function callOnce(url: string, random: Random): Promise<string | null> {
  const stream = random.next() < 0.5;
  const content = `${random.next()} ${'word '.repeat(random.pick(SIZES) / 5)}`;
  const body = JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content }] });
  return new Promise((resolve) => {
    const { hostname, port, pathname } = new URL(`${url}/chat/completions`);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const broken = (): void => resolve(null);
    send({ hostname, port, path: pathname, method: 'POST', headers }, (response) => {
      const id = response.headers['x-understudy-call-id'];
      response.resume();
      response.on('end', () => resolve(response.complete && typeof id === 'string' ? id : null));
      response.on('error', broken);
      response.on('close', broken);
    })
      .on('error', broken)
      .end(body);
  });
}

/** The ids of all calls in the store, once the journals are drained. */
async function recordedIn(file: string, dir: string): Promise<Set<string>> {
  const config = loadConfig({ dir, file, env: {} });
  const understudy = await openUnderstudy({ config, log: () => {} });
  try {
    const ids = new Set<string>();
    for await (const { id } of understudy.calls()) ids.add(id);
    return ids;
  } finally {
    await understudy.close();
  }
}

/** An LLM of few words, at once or in events. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', async () => {
    const { stream } = JSON.parse(Buffer.concat(chunks).toString()) as { stream: boolean };
    if (!stream) {
      response.setHeader('content-type', 'application/json');
      const message = { role: 'assistant', content: 'Done.' };
      response.end(
        JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, message, finish_reason: 'stop' }] }),
      );
      return;
    }
    response.setHeader('content-type', 'text/event-stream');
    for (let i = 0; i < EVENTS && !response.destroyed; i++) {
      const last = i === EVENTS - 1;
      const choice = { index: 0, delta: last ? {} : { content: 'a ' }, finish_reason: last ? 'stop' : null };
      response.write(`data: ${JSON.stringify({ id: 'c', model: 'm', choices: [choice] })}\n\n`);
      await wait(2);
    }
    response.end('data: [DONE]\n\n');
  });
}
