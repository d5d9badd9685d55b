/**
 * OpenAI fine-tuning JSONL: {messages, tools?, parallel_tool_calls?}. Each assistant message that is to be learnt
 * (weight not 0) is one call, with what stands before it as its request; a line is one session.
 */
import type { Message } from '../../core/call.ts';
import { isObject, type Json } from '../../core/json.ts';
import { messageFromJson, requestFromJson } from '../../wire/openai-chat-request.ts';
import { tagsOf } from './fields.ts';
import { type ImportedCall, type Importer, type ReadRecord, singleRecords } from './importer.ts';

/** The files do not tell which model answered. */
const MODEL = 'unknown';

export const openaiFineTuning: Importer = {
  name: 'openai-fine-tuning',
  detect: (record) =>
    isObject(record) && Array.isArray(record.messages) && !('request' in record) && !('custom_id' in record),
  begin: () => singleRecords(read),
};

function read(record: Json): ReadRecord {
  if (!isObject(record) || !Array.isArray(record.messages)) return { skipped: 'no messages' };
  const { messages: raw, tools, parallel_tool_calls } = record;
  const messages: Message[] = [];
  const learnt: boolean[] = [];
  for (const item of raw) {
    const message = messageFromJson(item);
    if (message === null) return { skipped: 'a message without a known role' };
    messages.push(message);
    learnt.push(message.role === 'assistant' && !(isObject(item) && item.weight === 0));
  }
  // The settings and tools are the same for all of the line's calls.
  const frame = requestFromJson({
    model: MODEL,
    messages: [{ role: 'user', content: '' }],
    ...(tools === undefined ? {} : { tools }),
    ...(parallel_tool_calls === undefined ? {} : { parallel_tool_calls }),
  });
  if (frame === null) return { skipped: 'not a chat request' };
  const calls = messages.flatMap((message, i): ImportedCall[] => {
    if (learnt[i] !== true || i === 0) return [];
    const finishReason = message.toolCalls ? 'tool_calls' : 'stop';
    return [
      {
        at: null,
        sessionId: null,
        tags: tagsOf(record.metadata),
        request: { ...frame, messages: messages.slice(0, i) },
        response: { model: MODEL, message, finishReason, usage: null },
        status: 200,
        latencyMs: 0,
      },
    ];
  });
  return calls.length > 0 ? { calls } : { skipped: 'no assistant message to learn' };
}
