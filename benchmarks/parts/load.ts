/** Calls through a proxy in a process of its own (gateway-proxy.ts), and what they took. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'undici';

export type Shape = 'json' | 'stream';

export interface ProxyProcess {
  readonly child: ChildProcess;
  readonly port: number;
}

export interface Load {
  readonly shape: Shape;
  readonly requests: number;
  readonly concurrency: number;
  /** Pause of each caller between two of its calls, milliseconds; none unless told. */
  readonly pauseMs?: number;
}

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

/** Answers at once, whole or as a stream of 40 events, by the first part of the path. */
export async function startUpstream(): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    const shape: Shape = request.url?.startsWith('/stream') ? 'stream' : 'json';
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': answers[shape].type }).end(answers[shape].body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

export async function startProxy(kind: 'bare' | 'gateway', upstreamUrl: string): Promise<ProxyProcess> {
  const child = fork(join(import.meta.dirname, 'gateway-proxy.ts'), [kind, upstreamUrl]);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { child, port };
}

/** CPU time that the proxy has used so far, microseconds. */
export async function cpuOf(proxy: ProxyProcess): Promise<number> {
  const told = once(proxy.child, 'message') as Promise<[{ cpuUs: number }]>;
  proxy.child.send('cpu');
  return (await told)[0].cpuUs;
}

/** Milliseconds of each call. */
export async function callThrough(proxy: ProxyProcess, load: Load): Promise<number[]> {
  const { shape, concurrency, pauseMs } = load;
  const pool = new Pool(`http://127.0.0.1:${proxy.port}`, { connections: concurrency });
  const body = requestBody(shape);
  const times: number[] = [];
  let left = load.requests;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left-- > 0) {
        if (pauseMs !== undefined) await wait(pauseMs);
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
  await pool.close();
  return times;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
}
