/**
 * Mutated calls through the real program and straight to the same server: both must get the same bytes, the server must see
 * the same request, and the program must be well afterwards.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import type { Bodies } from '../../test/support/wire-bodies.ts';
import { startProgram } from '../parts/program.ts';
import { fuzzer } from './read.ts';

export interface Through {
  readonly calls: number;
  readonly differences: readonly {
    readonly dialect: string;
    readonly what: string;
    readonly request: string;
  }[];
}

const PATHS: Readonly<Record<string, string>> = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
};
const AT_ONCE = 8;

interface Play {
  readonly dialect: string;
  readonly request: Buffer;
  readonly answer: Buffer;
  readonly isStream: boolean;
}

/** @param calls Of each dialect. */
export async function fuzzThrough(all: readonly Bodies[], calls: number, seed: number): Promise<Through> {
  // Before any connection is open: it takes seconds, in which a server would close what is idle.
  const fuzzers = all.map((bodies, d) => fuzzer(bodies, seed + 77 * (d + 1)));
  const dir = mkdtempSync(join(tmpdir(), 'understudy-fuzz-'));
  const plays = new Map<string, Play>();
  /** What the server was sent, by the id of the play. */
  const seen = new Map<string, Buffer>();
  const upstream = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const id = String(request.headers['x-play']);
    const { answer, isStream } = plays.get(id)!;
    seen.set(id, Buffer.concat(chunks));
    response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' });
    response.end(answer);
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const base = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const config = join(dir, 'understudy.yaml');
  writeFileSync(
    config,
    [
      `dataDir: ${join(dir, 'data')}`,
      `upstream: { baseUrl: "${base}/v1" }`,
      'learn: { mode: off }',
      'redaction: { finder: off }',
    ].join('\n'),
  );
  const { child, url } = await startProgram(config);
  const [direct, gateway] = [base, new URL(url).origin].map(
    (origin) => new Pool(origin, { connections: AT_ONCE }),
  );
  const differences: Through['differences'][number][] = [];
  const ask = async (pool: Pool, id: string, { dialect, request }: Play) => {
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: PATHS[dialect]!,
      headers: { 'content-type': 'application/json', 'x-play': id },
      body: request,
    });
    const bytes = Buffer.from(await body.arrayBuffer());
    const asked = seen.get(id);
    seen.delete(id);
    return { statusCode, bytes, asked };
  };
  const play = async (id: string, one: Play): Promise<void> => {
    plays.set(id, one);
    try {
      const straight = await ask(direct!, id, one);
      const through = await ask(gateway!, id, one);
      const what =
        straight.statusCode !== through.statusCode
          ? `status ${through.statusCode} for ${straight.statusCode}`
          : !straight.bytes.equals(through.bytes)
            ? 'another answer'
            : !through.asked?.equals(one.request)
              ? 'another request'
              : null;
      if (what !== null)
        differences.push({ dialect: one.dialect, what, request: one.request.toString('base64') });
    } catch (error) {
      differences.push({
        dialect: one.dialect,
        what: String(error),
        request: one.request.toString('base64'),
      });
    }
    plays.delete(id);
  };
  try {
    for (const [d, { dialect, random, next }] of fuzzers.entries()) {
      let left = calls;
      const worker = async (w: number): Promise<void> => {
        while (left-- > 0) {
          const { request, response, stream } = next();
          const isStream = random.below(2) === 0;
          await play(`${d} ${w} ${left}`, {
            dialect: dialect.name,
            request,
            answer: isStream ? stream : response,
            isStream,
          });
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, (_, w) => worker(w)));
    }
    const health = await gateway!.request({ method: 'GET', path: '/health/liveness' });
    await health.body.dump();
    if (health.statusCode !== 200 || child.exitCode !== null)
      differences.push({ dialect: '', what: `the program is not well: ${health.statusCode}`, request: '' });
    return { calls: calls * all.length, differences };
  } finally {
    await Promise.all([direct!.close(), gateway!.close()]);
    process.kill(-child.pid!, 'SIGTERM');
    await once(child, 'exit');
    upstream.close();
    upstream.closeAllConnections();
    rmSync(dir, { recursive: true, force: true });
  }
}
