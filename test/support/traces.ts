/** The sample that the tests of tracing formats share: a mail that is labelled, and a call of a tool. */
import assert from 'node:assert/strict';
import type { ImportedCall, Importer } from '../../src/capture/importers/importer.ts';
import type { Json } from '../../src/core/json.ts';
import { contextOf } from '../contracts/importer.ts';

export const START = Date.UTC(2026, 2, 1, 10);
export const messages = [
  { role: 'system', content: 'Sort the mail.' },
  { role: 'user', content: 'My parcel is late.' },
];
export const find = { name: 'find', description: 'Finds.', parameters: { type: 'object' } };
export const tools = [{ type: 'function', function: find }];
export const calls = [{ id: 'c1', type: 'function', function: { name: 'find', arguments: '{"q":"x"}' } }];
export const completion = {
  id: 'x',
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, message: { role: 'assistant', content: 'late' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 2 },
};

/** What every format's first sample tells, under whatever names. */
export const mail = (call: ImportedCall): void => {
  assert.deepEqual(
    call.request.messages.map(({ role, content }) => ({ role, content })),
    messages,
  );
  assert.equal(call.request.model, 'gpt-4o');
  assert.equal(call.response?.message.content, 'late');
  assert.equal(call.response?.finishReason, 'stop');
  assert.equal(call.at, START);
  assert.equal(call.sessionId, 's1');
};
/** The whole of a call with tools. */
export const toolCall = (call: ImportedCall): void => {
  assert.deepEqual(
    call.request.messages.map(({ role }) => role),
    ['user', 'assistant', 'tool', 'user'],
  );
  assert.equal(call.request.messages[1]?.toolCalls?.[0]?.id, 'c0');
  assert.equal(call.request.messages[2]?.toolCallId, 'c0');
  assert.equal(call.request.messages[2]?.content, 'y is here');
  assert.deepEqual(call.request.tools, [find]);
  assert.deepEqual(call.response?.message.toolCalls, [{ id: 'c1', name: 'find', arguments: '{"q":"x"}' }]);
  assert.equal(call.response?.finishReason, 'tool_calls');
};

/** The first call that the importer makes of a record. */
export function firstCall(importer: Importer, record: Json): ImportedCall | undefined {
  const result = importer.begin().read(record, contextOf());
  assert.ok('calls' in result, JSON.stringify(result));
  return result.calls[0];
}
