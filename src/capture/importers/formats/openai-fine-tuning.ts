/**
 * OpenAI fine-tuning JSONL: {messages, tools?, parallel_tool_calls?}, with function calls of the older form, too.
 * Each assistant message that is to be learnt (weight not 0) is one call; a line is one session.
 */
import { isObject, type Json } from '../../../core/json.ts';
import { conversation } from '../conversation.ts';
import { tagsOf } from '../fields.ts';
import { type Importer, type ReadRecord, type RecordContext, singleRecords } from '../importer.ts';
import { sessionOf } from '../sessions.ts';

/** What goes with every request of the line. */
const SETTINGS = [
  'model',
  'tools',
  'functions',
  'parallel_tool_calls',
  'tool_choice',
  'response_format',
] as const;

export const openaiFineTuning: Importer = {
  name: 'openai-fine-tuning',
  looks: '{"messages": […], "tools": […]}',
  detect: (record) =>
    isObject(record) &&
    Array.isArray(record.messages) &&
    !('response' in record) &&
    !('choices' in record) &&
    !('custom_id' in record),
  begin: () => singleRecords(read),
};

function read(record: Json, context: RecordContext): ReadRecord {
  if (!isObject(record) || !Array.isArray(record.messages)) return { skipped: 'no messages' };
  const settings = Object.fromEntries(
    SETTINGS.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name]]])),
  );
  return conversation(
    {
      at: context.time(record.at, record.timestamp, record.created_at),
      sessionId: sessionOf(record, record.metadata),
      tags: tagsOf(record.metadata),
    },
    { ...settings, messages: record.messages },
  );
}
