/** Real HTTP parts for the gateway's tests: an upstream told what to answer, a router and a recorder to watch. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { type Answer, targetOf } from '../../src/core/answer.ts';
import type { Call, CallResponse } from '../../src/core/call.ts';
import { configSchema } from '../../src/core/config.ts';
import type { Audit, Stage } from '../../src/core/deployment.ts';
import { structureHash } from '../../src/core/format.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Recorder, Router } from '../../src/core/online.ts';
import type { Runtime } from '../../src/core/runtime.ts';
import type { Specialist } from '../../src/core/specialist.ts';
import type { Task } from '../../src/core/task.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../../src/gateway/gateway.ts';
import { createRouter, type RouterOptions } from '../../src/route/router.ts';
import { DIALECTS } from '../../src/wire/dialects.ts';
import { readExchange } from '../../src/wire/exchange.ts';
import { openAccess } from '../support/access.ts';

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
  readonly llm: CallResponse;
  /** What the router made of it; null where the comparison does not count. */
  readonly audit: Audit | null;
}

/** A router that is told where to report its audits. */
export type MakeRouter = (onAudit: (audit: Audit) => void) => Router;

/** No specialist stands ready. */
export const noSpecialist: Router = {
  route: async () => ({ served: { by: 'llm', reason: 'no-specialist' }, answer: null, compare: null }),
};

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

export interface HarnessOptions extends Partial<Omit<GatewayOptions, 'gateway' | 'upstreamUrl' | 'router'>> {
  readonly router?: MakeRouter;
  readonly settings?: Partial<GatewayOptions['gateway']>;
  /** Instead of the upstream's own address. */
  readonly upstreamUrl?: string;
  /** Of the base URL at the upstream. Default: /v1. */
  readonly basePath?: string;
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
    recordFeedback: async () => true,
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
  const { router: makeRouter = () => noSpecialist, basePath = '/v1', ...others } = options;
  const gateway = await startGateway({
    access: openAccess(),
    router: watched(makeRouter, comparisons),
    recorder,
    dialects: DIALECTS,
    log: (event, detail) => log.push(`${event} ${JSON.stringify(detail)}`),
    ...others,
    gateway: { ...configSchema.parse({}).gateway, port: 0, ...options.settings },
    upstreamUrl: options.upstreamUrl ?? upstream.url + basePath,
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

/** The router, with each comparison that it makes kept. */
function watched(make: MakeRouter, comparisons: Comparison[]): Router {
  const audits: Audit[] = [];
  const router = make((audit) => audits.push(audit));
  return {
    route: async (call, signal) => {
      const decision = await router.route(call, signal);
      const { compare } = decision;
      if (!compare) return decision;
      return {
        ...decision,
        compare: async (llm, within, again) => {
          await compare(llm, within, again);
          const audit = audits.find(({ callId }) => callId === call.id) ?? null;
          comparisons.push({ callId: call.id, llm, audit });
        },
      };
    },
  };
}

export interface RouterSettings {
  readonly stage?: Stage;
  readonly isAudited?: boolean;
  /** What is told as the probability of an audit; with less than 1 the call is one that is drawn. Default: 1. */
  readonly auditProbability?: number;
  /** The LLM is asked again where answers differ. */
  readonly isSettled?: boolean;
  readonly timeoutMs?: number;
  readonly threshold?: number;
}

const SETTLING: NonNullable<RouterOptions['settling']> = {
  isAllowed: () => true,
  onAsked: () => {},
  same: (_, a, b) => a.message.content === b.message.content,
};

/** The product's router over one task, to which all calls belong, and a specialist that answers with `predict`. */
export function routerOver(
  task: Pick<Task, 'kind' | 'labels'>,
  predict: Runtime['predict'],
  {
    stage = 'live',
    isAudited = false,
    auditProbability = 1,
    isSettled = false,
    timeoutMs = 10_000,
    threshold = 0.5,
  }: RouterSettings = {},
): MakeRouter {
  const free = { pieces: ['', ''] };
  const formats = [undefined, { type: 'json_object' } as JsonObject].map(structureHash);
  const sites: Task['sites'] = formats.flatMap((formatHash) =>
    [[], ['*']].map((toolNames) => ({
      id: 'site_1',
      system: null,
      user: free,
      turn: 'user' as const,
      toolNames,
      formatHash,
    })),
  );
  const all: Task = {
    id: 'task_1',
    name: 'a task',
    tools: [],
    responseFormat: null,
    calls: 0,
    sites,
    ...task,
  };
  const specialist = {
    id: 'spec_1',
    taskId: 'task_1',
    artefact: { rung: 'lexical', base: null, path: '', sha256: '', trainedMs: 0, figures: {} },
    confidence: { signals: ['p'], weights: [1], bias: 0 },
    evidence: { gate: {} },
  } as unknown as Specialist;
  const deployment = {
    id: 'depl_1',
    taskId: 'task_1',
    specialistId: 'spec_1',
    stage,
    threshold,
    history: [],
  };
  return (onAudit) => {
    const router = createRouter(
      { tasks: [all], deployments: [deployment], specialists: [specialist] },
      {
        runtimes: [{ rungs: ['lexical'], predict, close: async () => {} }],
        canaryShare: 1,
        auditProbability: () => (isAudited ? 1 : 0),
        timeoutMs,
        maxInFlight: 16,
        assign: () => all,
        right: (_, answer, llm) => targetOf(answer) === llm.message.content,
        ...(isSettled ? { settling: SETTLING } : {}),
        onAudit,
        now: () => 0,
      },
    );
    return {
      route: async (call, signal) => {
        const decision = await router.route(call, signal);
        return decision.auditProbability === undefined ? decision : { ...decision, auditProbability };
      },
    };
  };
}

/** A router whose specialist gives this answer to any call, with this confidence. */
export function served(
  answer: Answer,
  { confidence = 0.987, ...settings }: RouterSettings & { readonly confidence?: number } = {},
): MakeRouter {
  const text = targetOf(answer);
  const task =
    answer.kind === 'text' ? { kind: 'label' as const, labels: [text] } : { kind: answer.kind, labels: [] };
  return routerOver(task, async () => ({ answer: text, signals: { p: confidence }, ms: 0 }), settings);
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
