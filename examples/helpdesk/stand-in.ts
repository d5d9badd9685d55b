/**
 * A stand-in for an LLM: an HTTP server that speaks OpenAI chat completions, streamed or not, and answers the help
 * desk's calls from the mailbox's truth, with a stated share of mistakes and an LLM's pace. It says what it is in
 * every response (header `x-stand-in`, `system_fingerprint`). It knows nothing of Understudy; a text that is not
 * from its mailbox is refused.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mailText } from './agent.ts';
import { actionFor, detailsFor, labelFor, replyFor } from './answers.ts';
import { asShown } from './as-shown.ts';
import type { Mail, Question, Work } from './mailbox/mail.ts';
import { type Draw, drawFrom } from './mailbox/random.ts';
import {
  actionPrompt,
  chatPrompt,
  detailsPrompt,
  replyPrompt,
  type SiteName,
  triagePrompt,
} from './prompts.ts';
import { type Completion, sendStreamed, sendWhole } from './stand-in-wire.ts';

export interface StandInOptions {
  readonly mailbox: readonly Work[];
  /** Share of the answers at triage, details and action that are wrong; .01 unless told. */
  readonly mistakes?: number;
  /** Real waiting per simulated time; .01 unless told, 0 for none. */
  readonly timeScale?: number;
  readonly seed?: number;
  /** 0, a free one, unless told. */
  readonly port?: number;
}

/** Figures of one call site. Latencies as an LLM would have taken, not as they were waited for. */
export interface SiteStats {
  readonly requests: number;
  readonly mistakes: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly simulatedMs: { readonly mean: number; readonly p50: number; readonly p95: number };
}

export interface StandIn {
  /** With the version path: http://127.0.0.1:PORT/v1 */
  readonly url: string;
  /** By call site; sites never asked are left out. */
  stats(): Partial<Record<SiteName, SiteStats>>;
  close(): Promise<void>;
}

/** Median time to the first token, its spread (of the logarithm), and time per output token: a hosted LLM's order. */
const firstTokenMs = 600;
const firstTokenSpread = 0.35;
const perTokenMs = 15;

/** Milliseconds that an answer of this many tokens takes, in the middle. */
export const usualMs = (completionTokens: number): number => firstTokenMs + perTokenMs * completionTokens;

/** How each site's instructions begin. The beginning is enough: the rest may have been redacted. */
const openings: readonly (readonly [SiteName, string])[] = (
  [
    ['triage', triagePrompt],
    ['details', detailsPrompt],
    ['action', actionPrompt],
    ['reply', replyPrompt({ date: '', name: '', clerk: '' })],
    ['chat', chatPrompt],
  ] as const
).map(([site, prompt]) => [site, prompt.slice(0, 30)]);

interface Tally {
  requests: number;
  mistakes: number;
  promptTokens: number;
  completionTokens: number;
  readonly ms: number[];
}

/** Starts the server on loopback. */
export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const { mailbox, mistakes = 0.01, timeScale = 0.01, seed = 1, port = 0 } = options;
  const mails = new Map<string, Mail>();
  const questions = new Map<string, Question>();
  for (const work of mailbox) {
    if (work.kind === 'mail') mails.set(work.ticket, work);
    else questions.set(lettersOf(work.text), work);
  }
  const tallies = new Map<SiteName, Tally>();
  let counter = 0;

  /** Throws a Refusal for whatever is not one of the help desk's calls. */
  const answer = (request: ChatRequest): Completion => {
    const system = textOf(
      request.messages?.find(({ role }) => role === 'system' || role === 'developer')?.content,
    );
    const user = textOf(request.messages?.findLast(({ role }) => role === 'user')?.content);
    const site = openings.find(([, opening]) => system.startsWith(opening))?.[0];
    if (!site) throw new Refusal(400, 'The stand-in knows the calls of examples/helpdesk only.');
    // A draw of its own for each request: asked again, the same question may be answered right.
    const draw = drawFrom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(++counter, 0x85ebca6b));
    const mistaken = site !== 'reply' && site !== 'chat' && draw.chance(mistakes);
    const message = messageFor(site, user, system, mistaken, draw);
    const promptTokens = tokensOf(JSON.stringify(request.messages) + JSON.stringify(request.tools ?? ''));
    const completionTokens = tokensOf(message.content ?? JSON.stringify(message.toolCall));
    const firstMs = firstTokenMs * Math.exp(firstTokenSpread * draw.normal());
    const totalMs = firstMs + perTokenMs * completionTokens;
    const tally = tallies.get(site) ?? {
      requests: 0,
      mistakes: 0,
      promptTokens: 0,
      completionTokens: 0,
      ms: [],
    };
    tallies.set(site, tally);
    tally.requests++;
    tally.mistakes += mistaken ? 1 : 0;
    tally.promptTokens += promptTokens;
    tally.completionTokens += completionTokens;
    tally.ms.push(totalMs);
    return {
      id: `chatcmpl-standin${String(counter).padStart(8, '0')}`,
      created: Math.floor(Date.now() / 1000),
      model: request.model ?? 'gpt-4.1',
      message,
      usage: { promptTokens, completionTokens },
      simulatedMs: { first: firstMs, total: totalMs },
      timeScale,
    };
  };

  const messageFor = (
    site: SiteName,
    user: string,
    system: string,
    mistaken: boolean,
    draw: Draw,
  ): Completion['message'] => {
    if (site === 'chat') {
      const question = questions.get(lettersOf(user));
      if (!question) throw new Refusal(400, 'The stand-in does not know this question.');
      return { content: question.answer };
    }
    const mail = mails.get(/Ticket ([A-Z0-9]{5})\b/.exec(user)?.[1] ?? '');
    if (!mail) throw new Refusal(400, 'The stand-in does not know this mail.');
    switch (site) {
      case 'triage':
        return { content: labelFor(mail, mistaken, draw) };
      case 'details':
        return { content: detailsFor(asRead(mail, user), mistaken, draw) };
      case 'action':
        return { toolCall: actionFor(asRead(mail, user), mistaken, draw) };
      case 'reply':
        return {
          content: replyFor(mail, /signed by ([^.\n]+)\./.exec(system)?.[1] ?? 'The help desk', draw),
        };
    }
  };

  const server = createServer((request, response) => {
    response.setHeader('x-stand-in', 'understudy-stand-in; no LLM answered this');
    void serve(request, response, answer).catch((error: unknown) => refuse(response, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    stats: () => Object.fromEntries([...tallies].map(([site, tally]) => [site, summary(tally)])),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The mail with the truth in the words of the text that was sent. */
function asRead(mail: Mail, sent: string): Mail {
  const written = mailText(mail);
  const read = <T extends string | null>(value: T): T =>
    (value === null ? null : asShown(value, written, sent)) as T;
  const { details, action } = mail.truth;
  const { order_number: order } = action.arguments;
  return {
    ...mail,
    truth: {
      ...mail.truth,
      details: { ...details, order: read(details.order), product: read(details.product) },
      action:
        order === undefined
          ? action
          : { ...action, arguments: { ...action.arguments, order_number: read(order) } },
    },
  };
}

interface ChatRequest {
  readonly model?: string;
  readonly messages?: readonly { readonly role: string; readonly content?: unknown }[];
  readonly tools?: unknown;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
}

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: ChatRequest) => Completion,
): Promise<void> {
  const path = (request.url ?? '').split('?')[0];
  if (request.method === 'GET' && path === '/v1/models') {
    const model = { id: 'gpt-4.1', object: 'model', created: 0, owned_by: 'understudy-stand-in' };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ object: 'list', data: [model] }));
    return;
  }
  if (request.method !== 'POST' || path !== '/v1/chat/completions')
    throw new Refusal(404, `The stand-in has no ${request.method} ${path}.`);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = parsed(Buffer.concat(chunks).toString('utf8'));
  const completion = answer(body);
  if (body.stream) await sendStreamed(response, completion, body.stream_options?.include_usage === true);
  else await sendWhole(response, completion);
}

function parsed(text: string): ChatRequest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal(400, 'The body is not JSON.');
  }
  const request = value as ChatRequest | null;
  if (typeof request !== 'object' || request === null || !Array.isArray(request.messages))
    throw new Refusal(400, 'The body has no messages.');
  return request;
}

/** An error in OpenAI's shape. Once an answer has begun, all that is left is to break off. */
function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status = error instanceof Refusal ? error.status : 500;
  const message = error instanceof Refusal ? error.message : 'The stand-in failed.';
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code: null } }),
  );
}

/** Text content, whether it came as a string or in parts. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: { text?: unknown }) => (typeof part.text === 'string' ? part.text : ''))
    .join('\n');
}

/** What of a question is left when digits, signs and capitals do not count. */
function lettersOf(text: string): string {
  return text.toLowerCase().replace(/[^a-z]/g, '');
}

/** About four characters a token. */
function tokensOf(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4));
}

function summary({ ms, ...counts }: Tally): SiteStats {
  const sorted = [...ms].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const mean = ms.reduce((sum, value) => sum + value, 0) / Math.max(1, ms.length);
  return { ...counts, simulatedMs: { mean, p50: at(0.5), p95: at(0.95) } };
}
