/** Real HTTP parts for the gateway's tests: an upstream told what to answer, a router and a recorder to watch. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import type { Answer } from '../../src/core/answer.ts';
import type { Call, CallResponse } from '../../src/core/call.ts';
import { configSchema } from '../../src/core/config.ts';
import type { Attempt, Attempted, Decision, Recorder, Router } from '../../src/core/online.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../../src/gateway/gateway.ts';
import { DIALECTS } from '../../src/wire/dialects.ts';
import { readExchange } from '../../src/wire/exchange.ts';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface TestUpstream {
  readonly url: string;
  readonly received: Received[];
  close(): Promise<void>;
}

/** `answer` is called with the whole body read. */
export async function startUpstream(
  answer: (received: Received, response: ServerResponse) => void,
): Promise<TestUpstream> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks),
      };
      received.push(one);
      answer(one, response);
    });
    request.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface Comparison {
  readonly callId: string;
  readonly attempted: Attempted;
  readonly llm: CallResponse;
}

export interface Harness {
  readonly gateway: Gateway;
  readonly client: OpenAI;
  readonly upstream: TestUpstream;
  readonly calls: Call[];
  readonly senders: string[];
  readonly comparisons: Comparison[];
  readonly log: string[];
  close(): Promise<void>;
}

export interface HarnessOptions extends Partial<Omit<GatewayOptions, 'gateway' | 'upstreamUrl'>> {
  readonly decide?: Router['decide'];
  readonly settings?: Partial<GatewayOptions['gateway']>;
  /** Instead of the upstream's own address. */
  readonly upstreamUrl?: string;
}

/** A recorder for small calls and, read here, for large ones. */
export function recorderOf(record: (call: Call, sender: string) => Promise<void>): Recorder {
  return {
    record: async (call, sender) => {
      await record(call, sender);
      return true;
    },
    recordExchange: async (exchange) => {
      const read = await readExchange(exchange, DIALECTS, 64 * 1024 * 1024);
      if ('call' in read) await record(read.call, read.sender);
      return true;
    },
    close: async () => {},
  };
}

/** Upstream, gateway and the official client in a row. Records are kept in `calls`. */
export async function startHarness(
  answer: (received: Received, response: ServerResponse) => void,
  options: HarnessOptions = {},
): Promise<Harness> {
  const upstream = await startUpstream(answer);
  const calls: Call[] = [];
  const senders: string[] = [];
  const comparisons: Comparison[] = [];
  const log: string[] = [];
  const recorder = recorderOf(async (call, sender) => {
    calls.push(call);
    senders.push(sender);
  });
  const router: Router = {
    decide: options.decide ?? (() => ({ to: 'llm', reason: 'no-specialist' })),
    compared: (callId, _attempt, attempted, llm) => comparisons.push({ callId, attempted, llm }),
  };
  const gateway = await startGateway({
    router,
    recorder,
    serveTimeoutMs: 10_000,
    log: (event, detail) => log.push(`${event} ${JSON.stringify(detail)}`),
    ...options,
    gateway: { ...configSchema.parse({}).gateway, port: 0, ...options.settings },
    upstreamUrl: options.upstreamUrl ?? `${upstream.url}/v1`,
  }).catch(async (error: unknown) => {
    await upstream.close();
    throw error;
  });
  return {
    gateway,
    upstream,
    calls,
    senders,
    comparisons,
    log,
    client: new OpenAI({ baseURL: gateway.url, apiKey: 'sk-test-secret', maxRetries: 0 }),
    close: async () => {
      await gateway.close();
      await upstream.close();
    },
  };
}

/** A specialist that gives this, whatever it is asked. */
export function specialist(attempted: Attempted, run?: Attempt['run']): Attempt {
  return {
    taskId: 'task_1',
    specialistId: 'spec_1',
    deploymentId: 'depl_1',
    stage: 'live',
    run: run ?? (async () => attempted),
  };
}

/** The decision that a sure specialist answers with this. */
export function served(answer: Answer, audit = false): () => Decision {
  return () => ({ to: 'specialist', attempt: specialist({ used: true, answer, confidence: 0.987 }), audit });
}

/** An upstream's answer in JSON: a completion with this content. */
export function completion(content: string): string {
  return JSON.stringify({
    id: 'chatcmpl-upstream',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-test',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop', logprobs: null }],
    usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
  });
}

export function sendJson(response: ServerResponse, text: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(text);
}
