/**
 * A request body and its answer, as most formats hold them, become a call: read by wire/, whatever API they are of, and
 * whatever form the answer was kept in (a completion, a message, a text, an event stream or its chunks).
 */
import type { CallRequest, CallResponse } from '../../core/call.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../../core/json.ts';
import { STORED_ELSEWHERE } from '../../core/policy.ts';
import { anthropicRequestFromJson, isAnthropicRequest } from '../../wire/anthropic-messages-request.ts';
import { anthropicAccumulator, anthropicResponseFromJson } from '../../wire/anthropic-messages-response.ts';
import { requestFromJson } from '../../wire/openai-chat-request.ts';
import { openaiChatAccumulator, responseFromJson } from '../../wire/openai-chat-response.ts';
import { isResponsesRequest, responsesRequestFromJson } from '../../wire/openai-responses-request.ts';
import { responsesAccumulator, responsesResponseFromJson } from '../../wire/openai-responses-response.ts';
import { tagsOf, textOf } from './fields.ts';
import type { ImportedCall, ReadRecord } from './importer.ts';
import { withToolCalls, withTools } from './legacy.ts';
import { isBlock, messageOf } from './messages.ts';

/** Where neither request nor response tells which model answered. */
export const UNKNOWN_MODEL = 'unknown';

/** What is known about an exchange; a status of null is worked out. */
export interface Facts extends Pick<ImportedCall, 'at' | 'sessionId' | 'tags' | 'latencyMs'> {
  readonly status: number | null;
}

/**
 * One call. @param answer Undefined where the log has none, null where there was none.
 */
export function exchange(facts: Facts, body: JsonObject, answer: Json | undefined): ReadRecord {
  const answered = isObject(answer) ? answer : {};
  const model = textOf(body, ['model']) ?? textOf(answered, ['model']) ?? UNKNOWN_MODEL;
  const request = requestOf({ ...withoutSender(body), model });
  if (request === null) return { skipped: 'request is not a chat request' };
  if (request.params[STORED_ELSEWHERE] !== undefined)
    return { skipped: 'request does not hold the whole conversation' };
  const response = responseOf(answer, model);
  const failed = isObject(answered.error) || answer === null;
  const status = facts.status ?? (failed ? 500 : 200);
  if (response === null && status < 400) {
    return { skipped: answer === undefined ? 'no response' : 'response is not a chat completion' };
  }
  const { at, sessionId, latencyMs } = facts;
  const tags = { ...tagsOf(body.metadata), ...facts.tags };
  return { calls: [{ at, sessionId, tags, request, response, status, latencyMs: Math.max(0, latencyMs) }] };
}

/** Fields that name a person or a run: the session and the tags have what matters of them. */
const SENDER = ['user', 'safety_identifier', 'metadata'] as const;

/** The body without what says who sent it; it would tell equal requests apart, too. */
function withoutSender(body: JsonObject): JsonObject {
  if (!SENDER.some((name) => name in body)) return body;
  const { user: _, safety_identifier: __, metadata: ___, ...rest } = body;
  return rest;
}

/** The request, whatever API it is of. */
function requestOf(body: JsonObject): CallRequest | null {
  if (isResponsesRequest(body)) return responsesRequestFromJson(body);
  const anthropic = isAnthropicRequest(body) ? anthropicRequestFromJson(body) : null;
  if (anthropic) return anthropic;
  const chat = plainBodyOf(body);
  return chat === null ? null : requestFromJson(withTools(chat));
}

/**
 * The body of a chat completion, where messages hold blocks of other libraries, or the system prompt stands beside them;
 * null where a message is not understood.
 */
function plainBodyOf(body: JsonObject): JsonObject | null {
  const { system, messages: given, ...rest } = body;
  const isPlain = (message: Json): boolean =>
    !isObject(message) || !Array.isArray(message.content) || !message.content.some(isBlock);
  if (!Array.isArray(given) || (system === undefined && given.every(isPlain))) return body;
  const messages: Json[] = [];
  if ((typeof system === 'string' && system !== '') || (Array.isArray(system) && system.length > 0))
    messages.push({ role: 'system', content: system });
  for (const each of given) {
    const read = messageOf(each);
    if (read === null) return null;
    messages.push(...read);
  }
  return { ...rest, messages };
}

/** Other providers' names for the reasons for which an answer ends. */
const FINISH_REASONS: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  tool_call: 'tool_calls',
  tool_use: 'tool_calls',
  safety: 'content_filter',
};

/** 'tool-calls', 'STOP' and 'FinishReason.MAX_TOKENS' by OpenAI's names. */
function finishReasonOf(given: string): string {
  const plain = given
    .replace(/^FinishReason\./, '')
    .toLowerCase()
    .replaceAll('-', '_');
  return Object.hasOwn(FINISH_REASONS, plain) ? (FINISH_REASONS[plain] ?? plain) : plain;
}

/** A message as the completion that held it. */
export function completionOf(
  message: JsonObject,
  about: { readonly model?: string; readonly finishReason?: string | null; readonly usage?: Json } = {},
): JsonObject {
  const calls = Array.isArray(message.tool_calls) && message.tool_calls.length > 0;
  return {
    ...(about.model === undefined ? {} : { model: about.model }),
    choices: [
      {
        message,
        finish_reason: about.finishReason
          ? finishReasonOf(about.finishReason)
          : calls
            ? 'tool_calls'
            : 'stop',
      },
    ],
    ...(about.usage === undefined ? {} : { usage: about.usage }),
  };
}

function responseOf(answer: Json | undefined, model: string): CallResponse | null {
  const response = anyResponseOf(answer);
  return response !== null && response.model === '' ? { ...response, model } : response;
}

function anyResponseOf(answer: Json | undefined): CallResponse | null {
  if (typeof answer === 'string') {
    if (/^\s*(?:event|data|id|retry)?:/.test(answer) && /^data:/m.test(answer))
      return responseFromStream(answer);
    const inner = /^\s*[{[]/.test(answer) ? parseJson(answer) : undefined;
    const read = inner === undefined ? null : anyResponseOf(inner);
    return read ?? responseFromJson(completionOf({ role: 'assistant', content: answer }));
  }
  if (Array.isArray(answer)) {
    const chunks = answer.filter((chunk) => isObject(chunk) && Array.isArray(chunk.choices));
    if (chunks.length === 0) return null;
    return responseFromStream(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join(''));
  }
  if (!isObject(answer)) return null;
  if (Array.isArray(answer.choices)) return responseFromJson(withToolCalls(answer));
  const other = anthropicResponseFromJson(answer) ?? responsesResponseFromJson(answer);
  if (other) return other;
  const isMessage = answer.role === 'assistant' && ('content' in answer || 'tool_calls' in answer);
  return isMessage ? responseFromJson(withToolCalls(completionOf(answer))) : null;
}

function responseFromStream(text: string): CallResponse | null {
  for (const accumulator of [openaiChatAccumulator(), anthropicAccumulator(), responsesAccumulator()]) {
    accumulator.push(Buffer.from(text));
    const response = accumulator.end();
    if (response) return response;
  }
  return null;
}
