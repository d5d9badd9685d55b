/** Calls through a proxy in a process of its own (gateway-proxy.ts), and what they took. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'undici';
import { type CpuTime, treeCpu } from './process-cpu.ts';

export type Shape = 'json' | 'stream';
/**
 * bare: the least an undici proxy can do. idle: ours with a router and a recorder that do nothing. full: the program, without the
 * model that finds people. model: with it.
 */
export type ProxyKind = 'bare' | 'idle' | 'full' | 'model';

export interface MeasuredProxy {
  readonly port: number;
  /** Default: what the upstream goes by, /json/v1/chat/completions or /stream/…. */
  readonly path?: string;
  /** Beside content type and authorization. */
  readonly headers?: Readonly<Record<string, string>>;
  /** CPU time so far. */
  cpu(): Promise<CpuTime>;
  close(): Promise<void>;
}

export interface Load {
  readonly shape: Shape;
  readonly requests: number;
  readonly concurrency: number;
  /** Pause of each caller between two of its calls, milliseconds. Default: none. */
  readonly pauseMs?: number;
  /** The body of the n-th request. Default: the same of about 4 KB each time. */
  readonly bodyOf?: (n: number) => string;
}

/** Events of a streamed answer. */
const EVENTS = 20;

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

const event = (i: number): string => {
  const last = i === EVENTS - 1;
  const content = i === 1 ? ` ${NUMBER}` : `word${i} `;
  const choice = { index: 0, delta: { content }, finish_reason: last ? 'stop' : null };
  const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [choice] };
  return `data: ${JSON.stringify(chunk)}\n\n`;
};

/** Stands in an answer, and is its number there. */
const NUMBER = 'answer00000000';

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
          message: { role: 'assistant', content: `${'order-status '.repeat(40)}${NUMBER}` },
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 900, completion_tokens: 120, total_tokens: 1020 },
    }),
  },
  stream: {
    type: 'text/event-stream',
    body: `${Array.from({ length: EVENTS }, (_, i) => event(i)).join('')}data: [DONE]\n\n`,
  },
};

/**
 * Answers at once, whole or as a stream of 20 events, as the body asks (or the first part of the path). No answer is like
 * another, as an LLM's are not.
 */
export async function startUpstream(): Promise<{ readonly server: Server; readonly url: string }> {
  let count = 0;
  const server = createServer((request, response) => {
    let isStream = request.url?.startsWith('/stream') === true;
    request
      .on('data', (chunk: Buffer) => {
        isStream ||= chunk.includes('"stream":true');
      })
      .on('end', () => {
        const { type, body } = answers[isStream ? 'stream' : 'json'];
        const number = `answer${String(count++).padStart(8, '0')}`;
        response.writeHead(200, { 'content-type': type }).end(body.replace(NUMBER, number));
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

export async function startProxy(kind: ProxyKind, upstreamUrl: string, dataDir = ''): Promise<MeasuredProxy> {
  const child = fork(join(import.meta.dirname, 'gateway-proxy.ts'), [kind, upstreamUrl, dataDir]);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    port,
    cpu: async () => treeCpu(child.pid!) ?? { own: await ownCpuUs(child), helpers: 0 },
    close: async () => {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

/** Where the system does not tell the CPU time of a process and its helpers: its own. */
async function ownCpuUs(child: ChildProcess): Promise<number> {
  const told = once(child, 'message') as Promise<[{ cpuUs: number }]>;
  child.send('cpu');
  return (await told)[0].cpuUs;
}

/** Milliseconds of each call. */
export async function callThrough(
  proxy: Pick<MeasuredProxy, 'port' | 'path' | 'headers'>,
  load: Load,
): Promise<number[]> {
  const { shape, concurrency, pauseMs } = load;
  const pool = new Pool(`http://127.0.0.1:${proxy.port}`, { connections: concurrency });
  const same = requestBody(shape);
  const bodyOf = load.bodyOf ?? (() => same);
  const times: number[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < load.requests) {
        const body = bodyOf(next++);
        if (pauseMs !== undefined) await wait(pauseMs);
        const start = performance.now();
        const answer = await pool.request({
          path: proxy.path ?? `/${shape}/v1/chat/completions`,
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: 'Bearer k', ...proxy.headers },
          body,
        });
        const text = await answer.body.text();
        // Ours change nothing; others may.
        const isWhole = text.length === answers[shape].body.length;
        if (answer.statusCode !== 200 || (proxy.path === undefined && !isWhole))
          throw new Error(`Wrong answer: ${text.slice(0, 80)}`);
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
