import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Call, CallResponse, Message } from '../core/call.ts';
import { withSessions } from './sessions.ts';
import { readUsable, usableCalls } from './usable.ts';

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

test('calls that are read one by one are sorted as all at once, sessions through unusable ones included', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.boolean(), fc.boolean()), { maxLength: 20 }),
      async (made) => {
        const talk: Message[] = [];
        const calls = made.map(([topic, goesOn, fails], i) => {
          if (!goesOn) talk.length = 0;
          talk.push({ role: 'user', content: `topic ${topic}` });
          const messages = [...talk];
          talk.push({ role: 'assistant', content: 'y' });
          const request = { model: 'm', messages, tools: [], stream: false, params: {} };
          return call(`c${String(i).padStart(2, '0')}`, { at: i, request, status: fails ? 500 : 200 });
        });
        const streamed = async function* () {
          yield* calls;
        };
        const { read, ...usable } = await readUsable(streamed());
        assert.deepEqual(usable, usableCalls(withSessions(calls)));
        assert.equal(read, calls.length);
      },
    ),
  ));
