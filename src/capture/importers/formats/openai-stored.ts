/**
 * OpenAI stored completions: chat.completion objects as the API lists them, with the request's messages beside
 * `choices` under the name that the export gave them. The API's list alone leaves the messages out.
 */
import { isObject, type Json, type JsonObject } from '../../../core/json.ts';
import { exchange } from '../exchange.ts';
import { opened, tagsOf } from '../fields.ts';
import { type Importer, type ReadRecord, type RecordContext, singleRecords } from '../importer.ts';
import { sessionOf } from '../sessions.ts';

/** Of the completion; all else beside them was the request's. */
const ANSWER = new Set([
  'id',
  'object',
  'created',
  'choices',
  'usage',
  'system_fingerprint',
  'service_tier',
  'request_id',
]);
/** Of the export. */
const ASIDE = new Set([
  'input',
  'messages',
  'input_messages',
  'request',
  'metadata',
  'store',
  'input_user',
  'tool_choice',
]);

export const openaiStored: Importer = {
  name: 'openai-stored',
  looks: '{"object": "chat.completion", "choices": […], "messages": […]}',
  detect: (record) =>
    isObject(record) && Array.isArray(record.choices) && !('request' in record && 'response' in record),
  begin: () => singleRecords(read),
};

function read(record: Json, context: RecordContext): ReadRecord {
  if (!isObject(record)) return { skipped: 'no completion' };
  if (record.object === 'chat.completion.chunk') return { skipped: 'a chunk of a stream alone' };
  const messages = messagesOf(record);
  if (messages === null) return { skipped: 'stored completion without its messages' };
  const settings: JsonObject = {};
  for (const [name, value] of Object.entries(record)) {
    if (!ANSWER.has(name) && !ASIDE.has(name) && value !== null) settings[name] = value;
  }
  // 'auto' is what the API fills in.
  const choice = record.tool_choice;
  if (choice !== undefined && choice !== null && choice !== 'auto') settings.tool_choice = choice;
  return exchange(
    {
      at: context.time(record.created, record.created_at),
      sessionId: sessionOf(record, record.metadata),
      tags: tagsOf(record.metadata),
      status: null,
      latencyMs: 0,
    },
    { ...settings, messages },
    record,
  );
}

function messagesOf(record: JsonObject): Json[] | null {
  for (const name of ['messages', 'input_messages', 'input', 'request']) {
    const value = opened(record[name]);
    if (Array.isArray(value)) return value;
    if (isObject(value) && Array.isArray(value.messages)) return value.messages;
    if (isObject(value) && Array.isArray(value.data)) return value.data;
    if (name === 'input' && typeof value === 'string') return [{ role: 'user', content: value }];
  }
  return null;
}
