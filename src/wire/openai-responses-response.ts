/**
 * OpenAI Responses, the response: JSON or an event stream to a CallResponse. A refusal is read as content cut by a filter,
 * so that nobody learns from it.
 */
import type { CallResponse, Usage } from '../core/call.ts';
import { isObject, type Json, type JsonObject, parseJson, plainText } from '../core/json.ts';
import type { StreamAccumulator } from './dialect.ts';
import { tokenCount } from './numbers.ts';
import { alternativesOf } from './openai-chat-logprobs.ts';
import { messageFromOutput } from './openai-responses-items.ts';
import { sseParser, TOO_LONG } from './sse.ts';

/** A CallResponse, or null where the value is no answer of this API, or one that is still to come or has failed. */
export function responsesResponseFromJson(value: Json | undefined): CallResponse | null {
  if (!isObject(value) || !Array.isArray(value.output) || UNANSWERED.has(plainText(value.status)))
    return null;
  return responseOf(value, value.output);
}

/** Some servers write no status at all, or `complete`. */
const UNANSWERED: ReadonlySet<string> = new Set(['failed', 'cancelled', 'in_progress', 'queued']);

function responseOf(value: JsonObject, items: readonly Json[]): CallResponse {
  const { message, isRefusal, logprobs } = messageFromOutput(items);
  return {
    model: typeof value.model === 'string' ? value.model : '',
    message,
    ...alternativesOf(message, logprobs),
    finishReason: isRefusal ? 'content_filter' : reasonOf(value),
    usage: usageFromJson(value.usage),
  };
}

/** `completed`, or why the answer is incomplete. */
function reasonOf({ status, incomplete_details: details }: JsonObject): string {
  if (status !== 'incomplete') return 'completed';
  return isObject(details) && typeof details.reason === 'string' ? details.reason : 'incomplete';
}

/** Reads a stream of response events: its last one holds the whole answer, unless a server leaves its items out there. */
export function responsesAccumulator(): StreamAccumulator {
  const parser = sseParser();
  /** Finished items by their place. */
  const items = new Map<number, Json>();
  /** Pieces of the text that has come, for an answer that breaks off. */
  const texts: string[] = [];
  let started: JsonObject | null = null;
  let ended: JsonObject | null = null;
  let failed = false;

  const onEvent = (event: JsonObject): void => {
    const index = typeof event.output_index === 'number' ? event.output_index : items.size;
    switch (event.type) {
      case 'response.output_item.done':
        if (event.item !== undefined) items.set(index, event.item);
        break;
      case 'response.output_text.delta':
        if (typeof event.delta === 'string') texts.push(event.delta);
        break;
      case 'response.completed':
      case 'response.incomplete':
        if (isObject(event.response)) ended = event.response;
        break;
      case 'response.failed':
      case 'error':
        failed = true;
        break;
      default:
        if (isObject(event.response)) started = event.response;
    }
  };
  const take = (events: ReturnType<typeof parser.push>): void => {
    for (const { type, data } of events) {
      if (type === 'error' || type === TOO_LONG) failed = true;
      const event = parseJson(data);
      if (isObject(event)) onEvent(event);
    }
  };

  return {
    push: (bytes) => take(parser.push(bytes)),
    end: () => {
      take(parser.end());
      if (ended !== null) {
        const whole = Array.isArray(ended.output) ? ended.output : [];
        const inOrder = [...items].sort(([a], [b]) => a - b).map(([, item]) => item);
        const response = responseOf(ended, whole.length > 0 ? whole : inOrder);
        return failed ? { ...response, finishReason: null } : response;
      }
      if (started === null) return null;
      const { model } = started;
      return {
        model: typeof model === 'string' ? model : '',
        message: { role: 'assistant', content: texts.join('') },
        finishReason: null,
        usage: null,
      };
    },
  };
}

function usageFromJson(raw: Json | undefined): Usage | null {
  if (!isObject(raw)) return null;
  const details = isObject(raw.input_tokens_details) ? raw.input_tokens_details : {};
  return {
    promptTokens: tokenCount(raw.input_tokens),
    completionTokens: tokenCount(raw.output_tokens),
    cachedTokens: tokenCount(details.cached_tokens),
  };
}
