/**
 * Whether the events at the end of a stream say that the server failed, in any dialect: `error` events, as Anthropic and OpenAI's
 * Responses send them, `response.failed`, and data with an error, as servers of Chat Completions send it. Pure.
 * Does not: read what the stream has answered (the dialects do), or count failures (gateway/several).
 */
import { isObject, type Json, type JsonObject, parseJson } from '../core/json.ts';
import type { SseEvent } from './sse.ts';

/** Types of events that tell of an error, where they have a name. */
const FAILURES: ReadonlySet<string> = new Set(['error', 'response.failed']);

/**
 * What is the caller's fault, or its limit, and says nothing of the server: types and codes, in the words of OpenAI, Anthropic,
 * llama.cpp and vLLM.
 */
const CALLERS_FAULT =
  /invalid|exceed_context|context_length|too_large|bad_?request|unsupported|unprocessable|rate_limit|quota|billing|authentication|permission|not_?found|moderation|content_(?:policy|filter)|image/i;

/** An error is a stream's last event, but for what closes or keeps open the stream itself. */
const saysNothing = ({ type, data }: SseEvent): boolean => type === 'ping' || data.trim() === '[DONE]';

/** @param events The last ones of a stream. */
export function isStreamFailure(events: readonly SseEvent[]): boolean {
  const last = events.findLast((event) => !saysNothing(event));
  if (last === undefined) return false;
  const isNamed = last.type !== 'message';
  if (isNamed && !FAILURES.has(last.type)) return false;
  const value = parseJson(last.data);
  if (!isObject(value)) return isNamed;
  const error = errorIn(value);
  const isTold = isNamed || FAILURES.has(String(value.type)) || isError(error);
  return isTold && !isCallersFault(value) && !(isObject(error) && isCallersFault(error));
}

function errorIn({ error, response }: JsonObject): Json | undefined {
  return error ?? (isObject(response) ? response.error : undefined);
}

/** Not null, nor an empty text or object, which is how most say that there is none. */
const isError = (error: Json | undefined): boolean =>
  (isObject(error) && Object.keys(error).length > 0) || (typeof error === 'string' && error !== '');

function isCallersFault({ type, code, status, status_code }: JsonObject): boolean {
  return [type, code, status, status_code].some((told) =>
    typeof told === 'string'
      ? CALLERS_FAULT.test(told) || /^4\d\d$/.test(told)
      : typeof told === 'number' && told >= 400 && told < 500,
  );
}
