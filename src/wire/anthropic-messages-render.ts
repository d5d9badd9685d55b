/** Anthropic Messages, said by us: a message, its event stream, an error. */
import type { CallResponse } from '../core/call.ts';
import { endingOf } from '../core/ending.ts';
import type { JsonObject } from '../core/json.ts';
import { blocksOf } from './anthropic-messages-content.ts';
import type { Reply, WireError } from './dialect.ts';

/** A message, with the model's name as the client asked for it. */
export function renderAnthropicResponse(reply: Reply): string {
  const { response } = reply;
  return JSON.stringify({
    ...head(reply),
    content: blocksOf(response.message),
    stop_reason: stopReason(response),
    stop_sequence: null,
    usage: usageOf(response),
  });
}

/** message_start; for each block its start, a delta with all of it, its stop; message_delta; message_stop. */
export function renderAnthropicStream(reply: Reply): string[] {
  const { response } = reply;
  const { output_tokens: produced, ...asked } = usageOf(response);
  const start = {
    ...head(reply),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...asked, output_tokens: 0 },
  };
  const events = [event('message_start', { message: start })];
  blocksOf(response.message).forEach((block, index) => {
    const [begun = '', ...rest] = blockEvents(block, index, response);
    events.push(begun, ...(index === 0 ? [event('ping', {})] : []), ...rest);
  });
  const delta = { stop_reason: stopReason(response), stop_sequence: null };
  events.push(event('message_delta', { delta, usage: { output_tokens: produced ?? 0 } }));
  events.push(event('message_stop', {}));
  return events;
}

function blockEvents(block: JsonObject, index: number, { message }: CallResponse): string[] {
  const isText = block.type === 'text';
  const begun = isText ? { ...block, text: '' } : { ...block, input: {} };
  // The model's own text, which an object may not give back.
  const call = message.toolCalls?.[index - (message.content === '' ? 0 : 1)];
  const delta = isText
    ? { type: 'text_delta', text: block.text ?? '' }
    : { type: 'input_json_delta', partial_json: call?.arguments ?? '' };
  return [
    event('content_block_start', { index, content_block: begun }),
    event('content_block_delta', { index, delta }),
    event('content_block_stop', { index }),
  ];
}

/** Types of errors by status, from which Anthropic's clients make their error classes and decide whether to retry. */
const ERROR_TYPES: ReadonlyMap<number, string> = new Map([
  [401, 'authentication_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [504, 'timeout_error'],
  [529, 'overloaded_error'],
]);

/** {type: 'error', error: {type, message}}; the code stands beside them. */
export function renderAnthropicError({ status, message, code }: WireError): string {
  const type = ERROR_TYPES.get(status) ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  return JSON.stringify({ type: 'error', error: { type, message, code }, request_id: null });
}

function head({ id, request }: Reply): JsonObject {
  return { id: `msg_${id}`, type: 'message', role: 'assistant', model: request.model };
}

/** The reason in Anthropic's words, whatever provider's word it was. */
export function stopReason({
  finishReason,
  message,
}: Pick<CallResponse, 'finishReason' | 'message'>): string | null {
  if (finishReason === null || OWN_REASONS.has(finishReason)) return finishReason;
  switch (endingOf(finishReason)) {
    case 'whole':
      return message.toolCalls ? 'tool_use' : 'end_turn';
    case 'cut':
      return 'max_tokens';
    case 'filtered':
      return 'refusal';
    case 'failed':
    case 'unknown':
      return finishReason;
  }
}

const OWN_REASONS: ReadonlySet<string> = new Set([
  'end_turn',
  'tool_use',
  'max_tokens',
  'stop_sequence',
  'pause_turn',
  'refusal',
]);

export function usageOf({ usage }: Pick<CallResponse, 'usage'>): JsonObject {
  const { promptTokens = 0, completionTokens = 0, cachedTokens = 0 } = usage ?? {};
  return {
    input_tokens: promptTokens - cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedTokens,
    output_tokens: completionTokens,
  };
}

export function event(type: string, fields: JsonObject): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}
