import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call, CallResponse, Message } from '../core/call.ts';
import { usableCalls } from './usable.ts';

const response = (message: Partial<Message>, finishReason: string | null = 'stop'): CallResponse => ({
  model: 'm',
  message: { role: 'assistant', content: '', ...message },
  finishReason,
  usage: null,
});
const call = (id: string, extra: Partial<Call>): Call => ({
  id,
  at: 1,
  sessionId: id,
  origin: '',
  tags: {},
  request: { model: 'm', messages: [{ role: 'user', content: 'x' }], tools: [], stream: false, params: {} },
  response: response({ content: 'y' }),
  status: 200,
  latencyMs: 1,
  served: { by: 'llm', reason: 'no-specialist' },
  ...extra,
});
const toolCall = (args: string) => ({ toolCalls: [{ id: 'c', name: 'f', arguments: args }] });

test('answers of the LLM are kept whatever they say, and each other call has a reason', () => {
  const { calls, dropped } = usableCalls([
    call('good', {}),
    call('good tool', { response: response(toolCall('{"a":1}'), 'tool_calls') }),
    call('good number', {
      response: response({ content: '{"ids":[9007199254740991,0.1,"9007199254740993"]}' }),
    }),
    call('failed', { status: 500 }),
    call('no response', { response: null }),
    call('own', { served: { by: 'spec_1', reason: 'confident' } }),
    call('broken off', { response: response({ content: 'y' }, null) }),
    call('cut', { response: response({ content: 'y' }, 'length') }),
    call('filtered', { response: response({ content: 'y' }, 'content_filter') }),
    call('empty', { response: response({ content: ' \n' }) }),
    call('error', { response: response({ content: 'y' }, 'error') }),
    call('new', { response: response({ content: 'y' }, 'a reason of tomorrow') }),
    call('cut as asked', {
      request: { ...call('', {}).request, params: { max_tokens: 1 } },
      response: response({ content: 'y' }, 'length'),
    }),
    call('cut far from what was asked', {
      request: { ...call('', {}).request, params: { max_tokens: 400 } },
      response: response({ content: 'y' }, 'MAX_TOKENS'),
    }),
    call('broken tool', { response: response(toolCall('{"a":')) }),
    call('big', { response: response({ content: '{"ids":[1,9007199254740993]}' }) }),
    call('big tool', { response: response(toolCall('{"a":{"b":-90071992547409930}}'), 'tool_calls') }),
    call('picture', {
      request: { ...call('', {}).request, messages: [{ role: 'user', content: 'x', mediaParts: 1 }] },
    }),
  ]);
  assert.deepEqual(
    calls.map((each) => each.id),
    ['good', 'good tool', 'good number', 'empty', 'cut as asked', 'broken tool', 'big', 'big tool'],
  );
  assert.deepEqual(dropped, {
    failed: 3,
    specialist: 1,
    'broken-off': 1,
    truncated: 2,
    filtered: 1,
    'unknown-ending': 1,
    media: 1,
  });
});
