/**
 * Chat requests (of OpenAI's APIs or Anthropic's) with their responses: {request, response}, or the request's own
 * fields with a `response` beside its messages; and, if known, time, session, status, latency and tags.
 */
import { isObject, type Json } from '../../../core/json.ts';
import { exchange } from '../exchange.ts';
import { numberOf, objectOf, tagsOf } from '../fields.ts';
import { type Importer, type ReadRecord, type RecordContext, singleRecords } from '../importer.ts';
import { sessionOf } from '../sessions.ts';

export const openaiChatLog: Importer = {
  name: 'openai-chat',
  looks: '{"request": {…}, "response": {…}}',
  detect: (record) =>
    isObject(record) &&
    (isObject(record.request)
      ? Array.isArray(record.request.messages) || 'input' in record.request
      : typeof record.request === 'string'
        ? 'response' in record
        : Array.isArray(record.messages) && 'response' in record && !('call_type' in record)),
  begin: () => singleRecords(read),
};

function read(record: Json, context: RecordContext): ReadRecord {
  if (!isObject(record)) return { skipped: 'no request' };
  const { response: answer, ...flat } = record;
  const body = 'request' in record ? objectOf(record.request) : flat;
  if (body === null) return { skipped: 'no request' };
  const answered = isObject(answer) ? answer : {};
  return exchange(
    {
      at: context.time(
        record.at,
        record.timestamp,
        record.created,
        record.created_at,
        record.createdAt,
        record.start_time,
        record.startTime,
        record.time,
        record.date,
        record.ts,
        answered.created,
      ),
      sessionId: sessionOf(record, record.metadata, body.metadata),
      tags: tagsOf(record.tags),
      status: numberOf(record, ['status', 'status_code', 'statusCode']),
      latencyMs: numberOf(record, ['latency_ms', 'duration_ms', 'latencyMs', 'durationMs']) ?? 0,
    },
    body,
    answer,
  );
}
