/**
 * Helicone's exports: request and response bodies with times, latency and properties, as its export tool and its
 * query API write them.
 */
import { isObject, type Json } from '../../../core/json.ts';
import { exchange } from '../exchange.ts';
import { between, numberOf, objectOf, opened, tagsOf, textOf } from '../fields.ts';
import { type Importer, type ReadRecord, type RecordContext, singleRecords } from '../importer.ts';
import { sessionOf } from '../sessions.ts';

export const helicone: Importer = {
  name: 'helicone',
  looks: '{"request_body": {…}, "response_body": {…}, "request_created_at": …}',
  detect: (record) =>
    isObject(record) &&
    ('request_body' in record || ('request_created_at' in record && 'response_id' in record)),
  begin: () => singleRecords(read),
};

function read(record: Json, context: RecordContext): ReadRecord {
  if (!isObject(record)) return { skipped: 'no record' };
  const body = objectOf(record.request_body);
  if (body === null || Object.keys(body).length === 0) return { skipped: 'bodies were not exported' };
  const at = context.time(record.request_created_at, record.created_at);
  const properties = objectOf(record.request_properties) ?? objectOf(record.properties) ?? {};
  const delay = numberOf(record, ['delay_ms', 'latency_ms', 'latency']);
  const status = numberOf(record, ['response_status', 'status']);
  const answer = opened(record.response_body);
  const model = textOf(body, ['model']) ?? textOf(record, ['model', 'request_model', 'response_model']);
  return exchange(
    {
      at,
      sessionId: sessionOf(properties, record, body.metadata),
      tags: tagsOf(properties),
      // Negative codes are Helicone's own, for cancelled and timed-out requests.
      status: status === null ? null : status > 0 ? status : 499,
      latencyMs: delay ?? between(at, context.time(record.response_created_at)),
    },
    { ...body, ...(model === null ? {} : { model }) },
    // Streamed answers are kept as the event stream.
    isObject(answer) && typeof answer.streamed_data === 'string' && !('choices' in answer)
      ? answer.streamed_data
      : answer,
  );
}
