/**
 * A request body and its answer, as most formats hold them, become a call: read by wire/, whatever API they are of
 * (dialects/ puts them in the form of chat completions), and whatever form the answer was kept in (a completion, a
 * message, a text, an event stream or its chunks).
 */
import type { CallResponse } from '../../core/call.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../../core/json.ts';
import { requestFromJson } from '../../wire/openai-chat-request.ts';
import { openaiChatAccumulator, responseFromJson } from '../../wire/openai-chat-response.ts';
import {
  answerFromAnthropic,
  answerFromAnthropicStream,
  chatFromAnthropic,
  isAnthropicBody,
} from './dialects/anthropic.ts';
import {
  answerFromResponses,
  answerFromResponsesStream,
  chatFromResponses,
  isPartial,
  isResponsesBody,
} from './dialects/responses.ts';
import { tagsOf, textOf } from './fields.ts';
import type { ImportedCall, ReadRecord } from './importer.ts';
import { withToolCalls, withTools } from './legacy.ts';

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
  const chat = chatBodyOf(withoutSender(body));
  const request = chat === null ? null : requestFromJson(chat.model === model ? chat : { ...chat, model });
  if (request === null) {
    return {
      skipped: isPartial(body)
        ? 'request does not hold the whole conversation'
        : 'request is not a chat request',
    };
  }
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

/** The body as one of chat completions; null where it cannot be one. */
function chatBodyOf(body: JsonObject): JsonObject | null {
  if (isAnthropicBody(body)) return chatFromAnthropic(body);
  return isResponsesBody(body) ? chatFromResponses(body) : withTools(body);
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
  const other = answerFromAnthropic(answer) ?? answerFromResponses(answer);
  if (other) {
    const model = textOf(answer, ['model']);
    return responseFromJson(completionOf(other.message, { ...other, ...(model === null ? {} : { model }) }));
  }
  const isMessage = answer.role === 'assistant' && ('content' in answer || 'tool_calls' in answer);
  return isMessage ? responseFromJson(withToolCalls(completionOf(answer))) : null;
}

function responseFromStream(text: string): CallResponse | null {
  const stream = openaiChatAccumulator();
  stream.push(Buffer.from(text));
  return (
    stream.end() ??
    anyResponseOf(answerFromAnthropicStream(text) ?? answerFromResponsesStream(text) ?? undefined)
  );
}
