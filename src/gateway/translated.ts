/**
 * A server that speaks OpenAI Chat Completions, as an upstream of Anthropic's Messages API: requests are said in the one, answers
 * in the other, streams event by event. Who asks, and whoever records, sees Anthropic's API alone.
 * Does not: know either API (wire/anthropic-over-chat-*).
 */

import { STATUS_CODES } from 'node:http';
import type { CallRequest } from '../core/call.ts';
import { UnderstudyError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { isObject, type JsonObject, parseJson } from '../core/json.ts';
import { estimateUsage } from '../core/tokens.ts';
import { anthropicRequestFromJson } from '../wire/anthropic-messages-request.ts';
import { chatFromMessages } from '../wire/anthropic-over-chat-request.ts';
import { errorFromChat, messageFromChat } from '../wire/anthropic-over-chat-response.ts';
import { anthropicStreamFromChat } from '../wire/anthropic-over-chat-stream.ts';
import { headerOf } from './headers.ts';
import type { Listener, ResponseHead, Upstream, UpstreamRequest } from './upstream.ts';

/** Longest body of a request or answer, of those that are not streamed. */
const MAX_BYTES = 64 * 1024 * 1024;
/** As core/tokens counts. */
const CHARACTERS_A_TOKEN = 4;
const PATH = '/v1/chat/completions';
const OPENAI_HOST = 'api.openai.com';

/** Headers of a request that mean the same to the other API. */
const KEPT: ReadonlySet<string> = new Set(['authorization', 'user-agent', 'traceparent', 'tracestate']);
/** Headers of an answer that do. */
const KEPT_BACK: ReadonlySet<string> = new Set([
  'date',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'x-request-id',
]);

interface Translation {
  readonly request: CallRequest;
  readonly body: JsonObject;
  readonly dropped: readonly string[];
}

export interface TranslatedUpstream extends Upstream {
  /** Whether the request can be said in the other API. */
  takes(request: UpstreamRequest): boolean;
}

export function translated(upstream: Upstream, baseUrl: string): TranslatedUpstream {
  const maxTokens = new URL(baseUrl).hostname === OPENAI_HOST ? 'max_completion_tokens' : 'max_tokens';
  return {
    takes: ({ body, headers }) => {
      if (!(body instanceof Uint8Array) || isCoded(headers)) return false;
      const value = parseJson(Buffer.from(body).toString());
      return isObject(value) && !('refused' in chatFromMessages(value, maxTokens));
    },
    send: async (request, listener, signal) => {
      const path = request.path.split('?', 1)[0] ?? '';
      if (path.endsWith('/messages/count_tokens') && request.method === 'POST') {
        const { asked } = await read(request);
        const { promptTokens } = estimateUsage(asked, { role: 'assistant', content: '' });
        answer(listener, 200, [], JSON.stringify({ input_tokens: promptTokens }));
        return [];
      }
      if (!path.endsWith('/messages') || request.method !== 'POST') throw elsewhere();
      const { value, asked } = await read(request);
      const said = chatFromMessages(value, maxTokens);
      if ('refused' in said) throw unsupported(said.refused);
      const translation = { request: asked, ...said };
      const answering = answerer(listener, translation);
      await upstream.send(chatRequest(request, said.body), answering.listener, signal);
      answering.end();
      // Trailers of the other API mean nothing here.
      return [];
    },
    upgrade: () => Promise.reject(elsewhere()),
    close: () => upstream.close(),
  };
}

const isCoded = (headers: readonly string[]): boolean =>
  (headerOf(headers, 'content-encoding') ?? 'identity').toLowerCase() !== 'identity';

/** The request as it was asked. @throws UnderstudyError 'bad-input', 'unsupported'. */
async function read({
  body,
  headers,
}: UpstreamRequest): Promise<{ readonly value: JsonObject; readonly asked: CallRequest }> {
  if (isCoded(headers)) throw unsupported('The body is compressed.');
  const value = parseJson((await whole(body)).toString());
  const asked = anthropicRequestFromJson(value);
  if (isObject(value) && asked !== null) return { value, asked };
  throw new UnderstudyError('bad-input', 'The body is no request of the Messages API.', {
    hint: 'It is translated for an upstream of another API, so all of it must be understood.',
    status: 400,
  });
}

async function whole(body: UpstreamRequest['body']): Promise<Buffer> {
  if (body === null) return Buffer.alloc(0);
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > MAX_BYTES) throw unsupported('The body is too long.');
    pieces.push(piece);
  }
  return Buffer.concat(pieces, size);
}

function chatRequest({ headers }: UpstreamRequest, body: JsonObject): UpstreamRequest {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (KEPT.has((headers[i] ?? '').toLowerCase())) kept.push(headers[i] ?? '', headers[i + 1] ?? '');
  }
  kept.push('content-type', 'application/json', 'accept', 'application/json, text/event-stream');
  return { method: 'POST', path: PATH, headers: kept, body: Buffer.from(JSON.stringify(body)) };
}

/** Takes the server's answer, and says it to the listener in the caller's API. */
function answerer(
  listener: Listener,
  { request, dropped }: Translation,
): { readonly listener: Listener; end(): void } {
  const id = newId('call');
  let head: ResponseHead | null = null;
  let stream: ReturnType<typeof anthropicStreamFromChat> | null = null;
  let chunks: Buffer[] = [];
  let size = 0;
  const estimate = (characters: number) => ({
    ...estimateUsage(request, { role: 'assistant', content: '' }),
    completionTokens: Math.ceil(characters / CHARACTERS_A_TOKEN),
  });
  return {
    listener: {
      onStart: () => listener.onStart?.(),
      onHead: (given) => {
        head = given;
        const type = headerOf(given.headers, 'content-type')?.toLowerCase() ?? '';
        if (given.status !== 200 || !type.startsWith('text/event-stream') || !request.stream) return;
        stream = anthropicStreamFromChat(id, estimate);
        const own = ['content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-cache'];
        listener.onHead({ ...headOf(given, own), ...(dropped.length > 0 ? { dropped } : {}) });
      },
      onData: (chunk) => {
        if (stream !== null) {
          const text = stream.push(chunk);
          return text === '' ? undefined : listener.onData(Buffer.from(text));
        }
        size += chunk.length;
        if (size <= MAX_BYTES) chunks.push(chunk);
        else chunks = [];
        return undefined;
      },
    },
    end: () => {
      if (stream !== null) {
        const rest = stream.end();
        if (rest !== '') listener.onData(Buffer.from(rest));
        return;
      }
      const { status, headers } = head ?? { status: 502, headers: [] };
      const text = Buffer.concat(chunks).toString();
      if (status >= 200 && status < 300) {
        const said = messageFromChat(parseJson(text), request, id);
        if (said !== null) {
          const type = request.stream ? 'text/event-stream; charset=utf-8' : 'application/json';
          answer(listener, 200, headers, said, type, dropped);
          return;
        }
        answer(
          listener,
          502,
          headers,
          errorFromChat(502, '{"message":"The upstream’s answer cannot be read."}'),
        );
        return;
      }
      answer(listener, status, headers, errorFromChat(status, text));
    },
  };
}

function answer(
  listener: Listener,
  status: number,
  headers: readonly string[],
  text: string,
  type = 'application/json',
  dropped: readonly string[] = [],
): void {
  const own = ['content-type', type, 'content-length', String(Buffer.byteLength(text))];
  const head = headOf({ status, statusText: STATUS_CODES[status] ?? '', headers }, own);
  listener.onHead({ ...head, ...(dropped.length > 0 ? { dropped } : {}) });
  listener.onData(Buffer.from(text));
}

/** The head with what of its headers means the same, and its request's id where Anthropic's clients look for it. */
function headOf({ status, statusText, headers }: ResponseHead, own: readonly string[]): ResponseHead {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = (headers[i] ?? '').toLowerCase();
    const value = headers[i + 1] ?? '';
    if (KEPT_BACK.has(name)) kept.push(headers[i] ?? '', value);
    if (name === 'x-request-id') kept.push('request-id', value);
  }
  return { status, statusText, headers: [...own, ...kept] };
}

function elsewhere(): UnderstudyError {
  return new UnderstudyError('not-found', 'The upstream has no such path in its API.', {
    hint: 'Messages are translated for it, and tokens counted (about); nothing else.',
    status: 404,
  });
}

function unsupported(reason: string): UnderstudyError {
  return new UnderstudyError('unsupported', `The request cannot be said in Chat Completions: ${reason}`, {
    hint: 'Leave it out, or use an upstream that speaks Anthropic’s API.',
    status: 400,
  });
}
