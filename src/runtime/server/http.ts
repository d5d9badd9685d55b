/**
 * The HTTP side of the model server, in the shapes that clients of OpenAI and vLLM know: chat completions (with
 * predicted outputs and token probabilities), embeddings, loading and unloading of adapters, health.
 * Does not: run models (language.ts, models/encoder/bert.ts), start or supervise the program (main.ts, ../process.ts).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { parseJson } from '../../core/json.ts';
import type { Bert } from '../../models/encoder/bert.ts';
import type { Tuning } from '../../models/encoder/bert-tuning.ts';
import type { ExtractorModel } from '../../models/extractor/model.ts';
import type { Completion } from './greedy.ts';
import type { LanguageModel } from './language.ts';

export interface ServerParts {
  /** Name under which the base model answers without an adapter. */
  readonly baseName: string;
  /** Null where there are no weights for it. */
  readonly language: LanguageModel | null;
  /** Called at the first request for embeddings; null where there are no weights. */
  readonly encoder: (() => Promise<Bert>) | null;
  /** The tuning in a linear model's file. */
  readonly tuning: (path: string) => Promise<Tuning>;
  /** The extractor in a file. */
  readonly extractor: (path: string) => Promise<ExtractorModel>;
  /** Every request but /health must carry it as a bearer token. */
  readonly token: string;
}

const MAX_BODY = 16 * 1024 * 1024;
const DEFAULT_MAX_TOKENS = 512;

const chatSchema = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.string() })).min(1),
  max_tokens: z.int().positive().optional(),
  max_completion_tokens: z.int().positive().optional(),
  temperature: z.literal(0).optional(),
  stream: z.literal(false).optional(),
  logprobs: z.boolean().optional(),
  prediction: z.looseObject({ type: z.literal('content'), content: z.string() }).optional(),
});

const embeddingSchema = z.looseObject({
  model: z.string().optional(),
  input: z.union([z.string(), z.array(z.string()).min(1)]),
  encoding_format: z.enum(['float', 'base64']).optional(),
  /** File of the linear model whose tuning the encoder takes on. */
  lora_path: z.string().optional(),
});

const poolingSchema = z.looseObject({
  model: z.string().optional(),
  input: z.array(z.string()).min(1),
  encoding_format: z.literal('base64'),
  /** File of the extractor. */
  lora_path: z.string(),
});

const loadSchema = z.looseObject({ lora_name: z.string().min(1), lora_path: z.string().min(1) });
const unloadSchema = z.looseObject({ lora_name: z.string().min(1) });

/** The server, not yet listening. */
export function modelServer(parts: ServerParts): Server {
  return createServer((request, response) => {
    const abort = new AbortController();
    response.on('close', () => abort.abort());
    answer(parts, request, abort.signal).then(
      (body) => send(response, 200, body),
      (error: unknown) => sendError(response, error),
    );
  });
}

async function answer(parts: ServerParts, request: IncomingMessage, signal: AbortSignal): Promise<unknown> {
  const route = `${request.method} ${request.url?.split('?')[0]}`;
  if (route === 'GET /health') return { status: 'ok' };
  if (request.headers.authorization !== `Bearer ${parts.token}`)
    throw new UnderstudyError('bad-input', 'The bearer token is missing or wrong.', {
      hint: 'This server belongs to the Understudy that started it.',
      status: 401,
    });
  const body = parseJson(await readBody(request));
  switch (route) {
    case 'POST /v1/chat/completions':
      return chat(parts, checked(chatSchema, body), signal);
    case 'POST /v1/embeddings':
      return embeddings(parts, checked(embeddingSchema, body));
    case 'POST /pooling':
      return pooling(parts, checked(poolingSchema, body));
    case 'POST /v1/load_lora_adapter': {
      const { lora_name, lora_path } = checked(loadSchema, body);
      present(parts.language, 'base model').addAdapter(lora_name, lora_path);
      return { status: 'success' };
    }
    case 'POST /v1/unload_lora_adapter': {
      const { lora_name } = checked(unloadSchema, body);
      await present(parts.language, 'base model').removeAdapter(lora_name);
      return { status: 'success' };
    }
    default:
      throw new UnderstudyError('not-found', `There is no ${route}.`, {
        hint: 'See src/runtime/server/http.ts.',
        status: 404,
      });
  }
}

async function chat(
  parts: ServerParts,
  body: z.infer<typeof chatSchema>,
  signal: AbortSignal,
): Promise<unknown> {
  const completion = await present(parts.language, 'base model').complete(
    {
      adapter: body.model === parts.baseName ? null : body.model,
      messages: body.messages,
      maxTokens: body.max_completion_tokens ?? body.max_tokens ?? DEFAULT_MAX_TOKENS,
      prediction: body.prediction?.content ?? '',
    },
    signal,
  );
  return {
    id: newId('chatcmpl'),
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: body.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: completion.text },
        finish_reason: completion.finish,
        logprobs: body.logprobs ? { content: logprobs(completion) } : null,
      },
    ],
    usage: {
      prompt_tokens: completion.promptTokens,
      completion_tokens: completion.tokens.length,
      total_tokens: completion.promptTokens + completion.tokens.length,
      prompt_tokens_details: { cached_tokens: completion.cachedTokens },
    },
  };
}

/** Like vLLM, and unlike OpenAI, with the end-of-answer token: how sure the end is belongs to the answer. */
function logprobs(completion: Completion): unknown {
  return completion.tokens.map(({ text, logprob }) => ({
    token: text,
    logprob,
    bytes: [...Buffer.from(text)],
    top_logprobs: [],
  }));
}

async function embeddings(parts: ServerParts, body: z.infer<typeof embeddingSchema>): Promise<unknown> {
  const bert = await present(parts.encoder, 'encoder')();
  const texts = typeof body.input === 'string' ? [body.input] : body.input;
  const tuning = body.lora_path === undefined ? undefined : await parts.tuning(body.lora_path);
  const vectors = await bert.embed(texts, tuning);
  return {
    object: 'list',
    model: body.model,
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: body.encoding_format === 'base64' ? base64(vector) : [...vector],
    })),
  };
}

/** What an extractor says of each text: probabilities of its options, and of the tags of its units. */
async function pooling(parts: ServerParts, body: z.infer<typeof poolingSchema>): Promise<unknown> {
  const bert = await present(parts.encoder, 'encoder')();
  const { readUnits } = await import('../../models/extractor/model.ts');
  const model = await parts.extractor(body.lora_path);
  const data: object[] = [];
  for (const [index, text] of body.input.entries()) {
    const { options, tags, familiarity } = await readUnits(bert, model, text);
    data.push({ object: 'pooling', index, options: base64(options), tags: base64(tags), familiarity });
  }
  return { object: 'list', model: body.model, data };
}

const base64 = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');

function present<T>(part: T | null, what: string): T {
  if (part !== null) return part;
  throw new UnderstudyError('unavailable', `There are no weights for the ${what}.`, {
    hint: 'Run `understudy doctor`.',
    status: 503,
  });
}

function checked<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new UnderstudyError('bad-input', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`, {
    hint: 'Only greedy decoding without streaming is offered.',
    status: 400,
  });
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY)
      throw new UnderstudyError('bad-input', 'The request is too large.', {
        hint: 'Send less at once.',
        status: 413,
      });
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function sendError(response: ServerResponse, error: unknown): void {
  const known = error instanceof UnderstudyError;
  send(response, known ? error.status : 500, {
    error: {
      message: known ? error.message : messageOf(error),
      type: known && error.status < 500 ? 'invalid_request_error' : 'server_error',
      code: known ? error.code : 'internal',
    },
  });
}
