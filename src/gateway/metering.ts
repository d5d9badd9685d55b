/**
 * What a call is counted as against the limits of its access key: the models that it names, and what it came to.
 * Does not: know the limits (access/).
 */
import type { CallUse } from '../core/access.ts';
import type { CallResponse } from '../core/call.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { RawBody } from '../core/online.ts';
import { decodeBody } from '../wire/exchange.ts';
import { modelNames } from '../wire/model-names.ts';
import type { HeldBody } from './body.ts';
import type { ResponseCapture } from './response-capture.ts';

/** Responses up to this size are read for their usage, where it counts against a limit. */
export const MAX_METERED_BYTES = 1024 * 1024;

/** Bytes of JSON that a token takes, and those of an event stream, where each token has an event's frame around it. */
const BYTES_A_TOKEN = 4;
const STREAM_BYTES_A_TOKEN = 100;

/** Whether a request costs nothing and asks no model: the list of models, and the count of a request's tokens. */
export function isFree(method: string | undefined, path: string): boolean {
  return method === 'GET' ? /\/models(\/[^/]+)?$/.test(path) : /\/messages\/count_tokens$/.test(path);
}

/**
 * The models that a request names; empty where they cannot be told.
 * @throws UnderstudyError 'bad-input' (413) where it is longer than `maxBytes` when decoded.
 */
export async function namedModels(raw: RawBody, maxBytes: number): Promise<readonly string[]> {
  const bytes = await decodeBody(raw, maxBytes).catch(() => new Uint8Array());
  if (bytes !== null) return modelNames(bytes);
  throw new UnderstudyError('bad-input', 'The request is too long to tell its model.', {
    hint: 'Raise gateway.maxBodyBytes, or use a key without models and budget.',
    status: 413,
  });
}

/**
 * What the LLM's answer came to: its own figures where it was read, else an estimate by its length, since a call that a client
 * breaks off, or a very long one, has to be paid as well.
 */
export function usedByLlm(
  model: string,
  body: Pick<HeldBody, 'bytes'>,
  response: CallResponse | null,
  capture: ResponseCapture | null,
): CallUse {
  if (response?.usage) return { ...response.usage, model, byLlm: true };
  const isStream = capture?.body()?.events ?? false;
  return {
    model,
    promptTokens: Math.ceil(body.bytes.length / BYTES_A_TOKEN),
    completionTokens: Math.ceil((capture?.size ?? 0) / (isStream ? STREAM_BYTES_A_TOKEN : BYTES_A_TOKEN)),
    cachedTokens: 0,
    byLlm: true,
  };
}

/** A specialist's answer takes tokens, and costs nothing. */
export function usedBySpecialist(model: string, { usage }: CallResponse): CallUse {
  return { ...(usage ?? { promptTokens: 0, completionTokens: 0, cachedTokens: 0 }), model, byLlm: false };
}
