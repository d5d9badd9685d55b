/**
 * LiteLLM's logs: rows of its spend logs (LiteLLM_SpendLogs) and the standard logging payload of its callbacks. The
 * proxy stores prompts only where told to (`store_prompts_in_spend_logs`), messages then often within
 * `proxy_server_request`.
 */
import { isObject, type Json, type JsonObject } from '../../../core/json.ts';
import { exchange } from '../exchange.ts';
import { between, numberOf, objectOf, opened, tagsOf, textOf } from '../fields.ts';
import { type Importer, type ReadRecord, type RecordContext, singleRecords } from '../importer.ts';
import { settingsOf } from '../input-output.ts';
import { messagesOf } from '../messages.ts';
import { sessionOf } from '../sessions.ts';

export const litellm: Importer = {
  name: 'litellm',
  looks: '{"call_type": "acompletion", "messages": […], "response": {…}, "startTime": …}',
  detect: (record) =>
    isObject(record) &&
    (typeof record.call_type === 'string' || ('request_id' in record && 'spend' in record)) &&
    !('run_type' in record),
  begin: () => singleRecords(read),
};

function read(record: Json, context: RecordContext): ReadRecord {
  if (!isObject(record)) return { skipped: 'no record' };
  const callType = textOf(record, ['call_type']) ?? '';
  if (callType !== '' && !/completion/.test(callType)) return { skipped: 'not a chat completion call' };
  const sent = objectOf(record.proxy_server_request) ?? {};
  const body = objectOf(sent.body) ?? sent;
  const messages = messagesOf(record.messages) ?? messagesOf(body.messages);
  if (messages === null) return { skipped: 'prompts were not stored' };
  const metadata = objectOf(record.metadata) ?? {};
  const answer = filled(opened(record.response));
  const failed = record.status === 'failure' || typeof record.error_str === 'string';
  if (answer === undefined && !failed) return { skipped: 'responses were not stored' };
  const at = context.time(record.startTime, record.start_time);
  const end = context.time(record.endTime, record.end_time);
  const model = textOf(record, ['model', 'model_group']) ?? textOf(body, ['model']);
  return exchange(
    {
      at,
      sessionId: sessionOf(
        record,
        metadata,
        body.metadata,
        objectOf(metadata.requester_metadata) ?? undefined,
      ),
      tags: tagsOf(metadata.requester_metadata),
      status: failed ? (errorCode(record) ?? 500) : 200,
      latencyMs: between(at, end),
    },
    {
      ...settingsOf(body),
      ...settingsOf(record.model_parameters),
      ...settingsOf({ tools: record.tools ?? null, tool_choice: record.tool_choice ?? null }),
      ...(model === null ? {} : { model }),
      messages,
    },
    failed ? null : answer,
  );
}

/** Empty objects stand for what was not stored. */
function filled(value: Json | undefined): Json | undefined {
  if (value === null || value === '') return undefined;
  return isObject(value) && Object.keys(value).length === 0 ? undefined : value;
}

function errorCode(record: JsonObject): number | null {
  const about = objectOf(record.error_information) ?? {};
  const code = numberOf(about, ['error_code']) ?? numberOf(record, ['status_code']);
  return code !== null && code >= 400 && code <= 599 ? code : null;
}
