/**
 * What the gateway costs a call: CPU time per request against a bare undici proxy, both in processes of their own,
 * in turns under the same load. The ratio holds on other machines; the microseconds do not.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Pool } from 'undici';
import type { BenchmarkResult } from './run.ts';

const ROUNDS = 7;
const REQUESTS = 1000;
const CONCURRENCY = 16;

type Shape = 'json' | 'stream';

/** About 4 KB, as an agent's call is. */
const requestBody = (shape: Shape): string =>
  JSON.stringify({
    model: 'gpt-4o-mini',
    stream: shape === 'stream',
    messages: [
      { role: 'system', content: 'You sort mail. '.repeat(200) },
      { role: 'user', content: 'Where is my order? '.repeat(50) },
    ],
  });

const answers: Readonly<Record<Shape, { readonly type: string; readonly body: string }>> = {
  json: {
    type: 'application/json',
    body: JSON.stringify({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'gpt-4o-mini',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'order-status '.repeat(40) },
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 900, completion_tokens: 120, total_tokens: 1020 },
    }),
  },
  stream: {
    type: 'text/event-stream',
    body: `${Array.from({ length: 40 }, (_, i) => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { content: `word${i} ` }, finish_reason: i === 39 ? 'stop' : null }] })}\n\n`).join('')}data: [DONE]\n\n`,
  },
};

/** CPU and latency of both proxies, for whole answers and for streams of 40 events. */
export async function run(): Promise<BenchmarkResult> {
  const upstream = createServer((request, response) => {
    const shape: Shape = request.url?.startsWith('/stream') ? 'stream' : 'json';
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': answers[shape].type }).end(answers[shape].body);
    });
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const proxies = await Promise.all([startProxy('bare', url), startProxy('gateway', url)]);
  const table: Record<string, string | number>[] = [];
  const json: Record<string, object> = {};
  for (const shape of ['json', 'stream'] as const) {
    const figures = proxies.map(() => ({ cpuUs: [] as number[], p50Ms: [] as number[] }));
    // The first round warms up and does not count.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [i, proxy] of proxies.entries()) {
        const measured = await load(proxy, shape);
        if (round === 0) continue;
        figures[i]?.cpuUs.push(measured.cpuUs);
        figures[i]?.p50Ms.push(measured.p50Ms);
      }
    }
    const [bare, ours] = figures;
    if (!bare || !ours) throw new Error('unreachable');
    const ratios = ours.cpuUs.map((cpu, round) => cpu / (bare.cpuUs[round] ?? cpu));
    const row = {
      bareCpuUs: Math.round(median(bare.cpuUs)),
      gatewayCpuUs: Math.round(median(ours.cpuUs)),
      ratio: Number(median(ratios).toFixed(2)),
      bareP50Ms: Number(median(bare.p50Ms).toFixed(2)),
      gatewayP50Ms: Number(median(ours.p50Ms).toFixed(2)),
    };
    table.push({ answer: shape, ...row });
    json[shape] = row;
  }
  for (const proxy of proxies) proxy.child.disconnect();
  upstream.close();
  upstream.closeAllConnections();
  return { table, json: { requests: ROUNDS * REQUESTS, concurrency: CONCURRENCY, ...json } };
}

interface Proxy {
  readonly child: ChildProcess;
  readonly port: number;
}

async function startProxy(kind: 'bare' | 'gateway', url: string): Promise<Proxy> {
  const child = fork(join(import.meta.dirname, 'parts/gateway-proxy.ts'), [kind, url]);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { child, port };
}

async function cpuOf(proxy: Proxy): Promise<number> {
  const told = once(proxy.child, 'message') as Promise<[{ cpuUs: number }]>;
  proxy.child.send('cpu');
  return (await told)[0].cpuUs;
}

/** Median latency and CPU time per request. */
async function load(proxy: Proxy, shape: Shape): Promise<{ cpuUs: number; p50Ms: number }> {
  const pool = new Pool(`http://127.0.0.1:${proxy.port}`, { connections: CONCURRENCY });
  const body = requestBody(shape);
  const times: number[] = [];
  const before = await cpuOf(proxy);
  let left = REQUESTS;
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (left-- > 0) {
        const start = performance.now();
        const answer = await pool.request({
          path: `/${shape}/v1/chat/completions`,
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: 'Bearer k' },
          body,
        });
        const text = await answer.body.text();
        if (text.length !== answers[shape].body.length) throw new Error(`Wrong answer: ${text.slice(0, 80)}`);
        times.push(performance.now() - start);
      }
    }),
  );
  const after = await cpuOf(proxy);
  await pool.close();
  return { cpuUs: (after - before) / REQUESTS, p50Ms: median(times) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
