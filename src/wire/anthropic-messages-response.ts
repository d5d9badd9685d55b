/** Anthropic Messages, the response: JSON or an event stream to a CallResponse. */
import type { CallResponse, Usage } from '../core/call.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../core/json.ts';
import { answerFromBlocks } from './anthropic-messages-content.ts';
import type { StreamAccumulator } from './dialect.ts';
import { tokenCount } from './numbers.ts';
import { sseParser, TOO_LONG } from './sse.ts';

/** A CallResponse, or null where the value is no answer of this API. */
export function anthropicResponseFromJson(value: Json | undefined): CallResponse | null {
  if (!isObject(value) || value.role !== 'assistant' || !Array.isArray(value.content)) return null;
  if (!('stop_reason' in value)) return null;
  return {
    model: typeof value.model === 'string' ? value.model : '',
    message: answerFromBlocks(value.content),
    finishReason: reasonOf(value),
    usage: usageFromJson(value.usage),
  };
}

/** A block in the making. */
interface Draft {
  readonly block: JsonObject;
  readonly texts: string[];
  readonly json: string[];
  cited: boolean;
}

/** Reads a stream of message and content block events. Work is linear in what comes. */
export function anthropicAccumulator(): StreamAccumulator {
  const parser = sseParser();
  const drafts = new Map<number, Draft>();
  let message: JsonObject | null = null;
  let usage: JsonObject = {};
  let reason: string | null = null;
  let failed = false;

  const onEvent = (event: JsonObject): void => {
    const index = typeof event.index === 'number' ? event.index : 0;
    switch (event.type) {
      case 'message_start':
        message = isObject(event.message) ? event.message : {};
        usage = isObject(message.usage) ? message.usage : {};
        break;
      case 'content_block_start':
        if (isObject(event.content_block))
          drafts.set(index, { block: event.content_block, texts: [], json: [], cited: false });
        break;
      case 'content_block_delta':
        addDelta(drafts.get(index), event.delta);
        break;
      case 'message_delta':
        if (isObject(event.delta)) reason = reasonOf(event.delta) ?? reason;
        // What is told at the end is the whole count, not what was added; null where nothing is told.
        if (isObject(event.usage)) usage = { ...usage, ...told(event.usage) };
        break;
      case 'error':
        failed = true;
        break;
      default: // ping, content_block_stop, message_stop, and what is yet to come
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
      if (message === null) return null;
      const { model } = message;
      return {
        model: typeof model === 'string' ? model : '',
        message: answerFromBlocks([...drafts.values()].map(blockOf)),
        finishReason: failed ? null : reason,
        usage: usageFromJson(usage),
      };
    },
  };
}

function addDelta(draft: Draft | undefined, delta: Json | undefined): void {
  if (!draft || !isObject(delta)) return;
  if (typeof delta.text === 'string') draft.texts.push(delta.text);
  if (typeof delta.partial_json === 'string') draft.json.push(delta.partial_json);
  if (delta.type === 'citations_delta') draft.cited = true;
}

function blockOf({ block, texts, json, cited }: Draft): Json {
  if (block.type === 'text') {
    const text = (typeof block.text === 'string' ? block.text : '') + texts.join('');
    return {
      type: 'text',
      text,
      ...(cited ? { citations: [true] } : { citations: block.citations ?? null }),
    };
  }
  const input = json.join('');
  return input === '' ? block : { ...block, input };
}

function told(usage: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null));
}

function reasonOf({ stop_reason: reason }: JsonObject): string | null {
  return typeof reason === 'string' && reason !== '' ? reason : null;
}

/** Anthropic's count of input tokens leaves out what went through the cache. */
function usageFromJson(raw: Json | undefined): Usage | null {
  if (!isObject(raw)) return null;
  const cached = tokenCount(raw.cache_read_input_tokens);
  return {
    promptTokens: tokenCount(raw.input_tokens) + cached + tokenCount(raw.cache_creation_input_tokens),
    completionTokens: tokenCount(raw.output_tokens),
    cachedTokens: cached,
  };
}
