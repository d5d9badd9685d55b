/**
 * ShareGPT files, as most fine-tuning tools read them: {conversations: [{from, value}], system?, tools?}, with tool
 * calls and their results as turns (`function_call`, `observation`). Each answer is one call; a line is one session.
 */
import { isObject, type Json, type JsonObject } from '../../../core/json.ts';
import { conversation } from '../conversation.ts';
import { objectOf, opened, tagsOf, textOf } from '../fields.ts';
import { type Importer, type ReadRecord, type RecordContext, singleRecords } from '../importer.ts';
import { roleOf } from '../messages.ts';
import { sessionOf } from '../sessions.ts';

export const sharegpt: Importer = {
  name: 'sharegpt',
  looks: '{"conversations": [{"from": "human", "value": …}, {"from": "gpt", "value": …}]}',
  detect: (record) => isObject(record) && Array.isArray(record.conversations),
  begin: () => singleRecords(read),
};

function read(record: Json, context: RecordContext): ReadRecord {
  if (!isObject(record) || !Array.isArray(record.conversations)) return { skipped: 'no conversations' };
  const messages: JsonObject[] = [];
  if (typeof record.system === 'string' && record.system !== '') {
    messages.push({ role: 'system', content: record.system });
  }
  let lastCall = '';
  for (const [i, turn] of record.conversations.entries()) {
    if (!isObject(turn)) return { skipped: 'a turn that is no object' };
    const from = textOf(turn, ['from', 'role']);
    const value = turn.value ?? turn.content;
    if (from === null || (typeof value !== 'string' && !Array.isArray(turn.tool_calls))) {
      return { skipped: 'a turn without speaker or text' };
    }
    const call = from === 'function_call' || from === 'tool_call' ? callsOf(value, i) : null;
    if (call !== null) {
      lastCall = textOf(isObject(call[0]) ? call[0] : {}, ['id']) ?? '';
      messages.push({ role: 'assistant', content: '', tool_calls: call, ...weightOf(turn) });
      continue;
    }
    const role = from === 'function_call' || from === 'tool_call' ? 'assistant' : roleOf(from);
    if (role === null) return { skipped: 'a turn of an unknown speaker' };
    messages.push({
      role,
      content: value ?? '',
      ...(role === 'tool' ? { tool_call_id: lastCall } : {}),
      ...(Array.isArray(turn.tool_calls) ? { tool_calls: turn.tool_calls } : {}),
      ...weightOf(turn),
    });
  }
  const tools = toolsOf(record.tools);
  return conversation(
    {
      at: context.time(record.at, record.timestamp, record.created_at, record.create_time),
      sessionId: sessionOf(record, record.metadata),
      tags: tagsOf(record.metadata),
    },
    {
      ...(tools.length > 0 ? { tools } : {}),
      ...(typeof record.model === 'string' ? { model: record.model } : {}),
      messages,
    },
  );
}

/** Turns may be weighed like OpenAI's messages. */
function weightOf(turn: JsonObject): JsonObject {
  return turn.weight === 0 ? { weight: 0 } : {};
}

/** The calls of a turn: one {name, arguments} or a list of them, as text; null where it is none. */
function callsOf(value: Json | undefined, turn: number): JsonObject[] | null {
  const given = opened(value);
  const list = Array.isArray(given) ? given : [given];
  const calls: JsonObject[] = [];
  for (const [i, each] of list.entries()) {
    if (!isObject(each) || typeof each.name !== 'string') return null;
    const args = each.arguments ?? each.parameters ?? {};
    calls.push({
      id: `call_${turn}_${i}`,
      type: 'function',
      function: { name: each.name, arguments: typeof args === 'string' ? args : JSON.stringify(args) },
    });
  }
  return calls;
}

/** Definitions of tools: a list, or its text; whole or the function alone. */
function toolsOf(value: Json | undefined): Json[] {
  const given = opened(value);
  return (Array.isArray(given) ? given : []).flatMap((each): Json[] => {
    const tool = objectOf(each);
    if (tool === null) return [];
    if (isObject(tool.function)) return [{ type: 'function', function: tool.function }];
    return typeof tool.name === 'string' ? [{ type: 'function', function: tool }] : [];
  });
}
