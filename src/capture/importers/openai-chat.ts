/**
 * OpenAI chat request/response JSONL: {request: {…}, response: {…}} with, if known, at | timestamp | created,
 * session_id | trace_id, status, latency_ms, tags.
 */
import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { requestFromJson } from '../../wire/openai-chat-request.ts';
import { responseFromJson } from '../../wire/openai-chat-response.ts';
import { numberOf, tagsOf, textOf, timeOf } from './fields.ts';
import { type Importer, type ReadRecord, singleRecords } from './importer.ts';

export const openaiChatLog: Importer = {
  name: 'openai-chat',
  detect: (record) => isObject(record) && isObject(record.request) && Array.isArray(record.request.messages),
  begin: () => singleRecords(read),
};

function read(record: Json): ReadRecord {
  if (!isObject(record) || !isObject(record.request)) return { skipped: 'no request' };
  return exchange(record, record.request, record.response);
}

/**
 * One exchange and what is known about it.
 * @param about Where time, session, status, latency and tags may stand.
 */
export function exchange(about: JsonObject, body: JsonObject, answer: Json | undefined): ReadRecord {
  const answered = isObject(answer) ? answer : {};
  const request = requestFromJson({
    ...body,
    model: textOf(body, ['model']) ?? textOf(answered, ['model']) ?? 'unknown',
  });
  if (request === null) return { skipped: 'request is not a chat request' };
  const response = responseFromJson(answer ?? undefined);
  const failed = isObject(answered.error) || answer === null;
  const status = numberOf(about, ['status', 'status_code']) ?? (failed ? 500 : 200);
  if (response === null && status < 400) {
    return { skipped: answer === undefined ? 'no response' : 'response is not a chat completion' };
  }
  const at = ['at', 'timestamp', 'created', 'created_at', 'start_time'].map((name) => timeOf(about[name]));
  return {
    calls: [
      {
        at: at.find((time) => time !== null) ?? timeOf(answered.created),
        sessionId: textOf(about, ['session_id', 'trace_id', 'conversation_id']),
        tags: tagsOf(about.tags),
        request,
        response,
        status,
        latencyMs: Math.max(0, numberOf(about, ['latency_ms', 'duration_ms']) ?? 0),
      },
    ],
  };
}
