/**
 * OpenAI preference JSONL: {input: {messages, tools?}, preferred_output, non_preferred_output}. The preferred answer is
 * the call's; the other one is not kept.
 */
import { isObject, type Json } from '../../../core/json.ts';
import { completionOf, exchange } from '../exchange.ts';
import { tagsOf } from '../fields.ts';
import { type Importer, type ReadRecord, type RecordContext, singleRecords } from '../importer.ts';
import { sessionOf } from '../sessions.ts';

export const openaiPreference: Importer = {
  name: 'openai-preference',
  looks: '{"input": {"messages": […]}, "preferred_output": […], "non_preferred_output": […]}',
  detect: (record) => isObject(record) && 'preferred_output' in record && isObject(record.input),
  begin: () => singleRecords(read),
};

function read(record: Json, context: RecordContext): ReadRecord {
  if (!isObject(record) || !isObject(record.input)) return { skipped: 'no input' };
  const { preferred_output: preferred } = record;
  const message = Array.isArray(preferred) ? preferred.at(-1) : preferred;
  if (!isObject(message)) return { skipped: 'no preferred output' };
  return exchange(
    {
      at: context.time(record.at, record.timestamp, record.created_at),
      sessionId: sessionOf(record, record.metadata),
      tags: tagsOf(record.metadata),
      status: 200,
      latencyMs: 0,
    },
    record.input,
    completionOf({ ...message, role: 'assistant' }),
  );
}
