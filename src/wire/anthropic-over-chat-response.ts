/**
 * An answer of OpenAI Chat Completions, said in Anthropic's Messages API: whole answers and errors. A model's thinking is left out:
 * in Anthropic's API it carries a signature, which only Anthropic can make.
 * Does not: say streams (anthropic-over-chat-stream).
 */
import type { CallRequest, CallResponse } from '../core/call.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../core/json.ts';
import { estimateUsage } from '../core/tokens.ts';
import {
  renderAnthropicError,
  renderAnthropicResponse,
  renderAnthropicStream,
} from './anthropic-messages-render.ts';
import { responseFromJson } from './openai-chat-response.ts';

/** Null where the value is no chat completion. @param request As the caller made it: for usage, where the server tells none. */
export function messageFromChat(value: Json | undefined, request: CallRequest, id: string): string | null {
  const read = responseFromJson(value);
  if (read === null) return null;
  const response = withIds({ ...read, usage: read.usage ?? estimateUsage(request, read.message) }, id);
  // The name of the model that answered, which is another one than was asked for.
  const reply = { id: idOf(value, id), at: 0, request: { ...request, model: read.model }, response };
  return request.stream ? renderAnthropicStream(reply).join('') : renderAnthropicResponse(reply);
}

function withIds(response: CallResponse, id: string): CallResponse {
  const { toolCalls } = response.message;
  if (toolCalls === undefined) return response;
  const calls = toolCalls.map((call, i) => ({ ...call, id: toolUseId(call.id, id, i) }));
  return { ...response, message: { ...response.message, toolCalls: calls } };
}

/** An id that Anthropic takes back: letters, digits, `_` and `-`. */
export function toolUseId(given: string, id: string, index: number): string {
  return /^[\w-]+$/.test(given) ? given : `toolu_${id}_${index}`;
}

/** Of the message: the server's own where it gives one. */
export function idOf(value: Json | undefined, id: string): string {
  return isObject(value) && typeof value.id === 'string' && value.id !== '' ? value.id : id;
}

/** The error in Anthropic's shape, with what the server said. */
export function errorFromChat(status: number, text: string): string {
  const value = parseJson(text);
  const told = isObject(value)
    ? (messageIn(value.error) ?? messageIn(value) ?? messageIn(value.detail))
    : null;
  const code = isObject(value) && isObject(value.error) ? value.error.code : null;
  return renderAnthropicError({
    status,
    message: told ?? `The upstream answered with the status ${status}.`,
    code: typeof code === 'string' ? code : 'upstream',
  });
}

export function messageIn(value: Json | JsonObject | undefined): string | null {
  if (typeof value === 'string' && value !== '') return value;
  return isObject(value) && typeof value.message === 'string' && value.message !== '' ? value.message : null;
}
