import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CONVERSATION, dialectContract } from '../../test/contracts/dialect.ts';
import type { CallRequest, CallResponse } from '../core/call.ts';
import type { Json } from '../core/json.ts';
import { openaiChat } from './openai-chat.ts';

const bytes = (value: Json | string): Uint8Array =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

const request = (params: Json = {}): CallRequest =>
  openaiChat.parseRequest(
    bytes({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...(params as object) }),
  )!;

dialectContract({
  dialect: openaiChat,
  paths: ['/v1/chat/completions', '/openai/deployments/x/chat/completions'],
  plain: { model: 'm', messages: [{ role: 'user', content: 'hi' }] },
  streamed: {
    model: 'm',
    messages: [{ role: 'user', content: 'hi' }],
    stream: true,
    stream_options: { include_usage: true },
  },
  conversation: {
    model: 'm',
    max_tokens: 100,
    messages: [
      { role: 'developer', content: 'You know the weather.' },
      { role: 'user', content: [{ type: 'text', text: 'Here and there?' }] },
      {
        role: 'assistant',
        content: 'Let me look.',
        tool_calls: ['Here', 'There'].map((city, i) => ({
          id: 'ab'[i]!,
          type: 'function',
          function: { name: 'weather', arguments: JSON.stringify({ city }) },
        })),
      },
      { role: 'tool', tool_call_id: 'a', content: 'sun' },
      { role: 'tool', tool_call_id: 'b', content: 'rain' },
    ],
    tools: [
      {
        type: 'function',
        function: { name: 'weather', description: 'The weather in a city.', parameters: CONVERSATION.schema },
      },
    ] as unknown as Json[],
    tool_choice: { type: 'function', function: { name: 'weather' } },
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'place', schema: CONVERSATION.schema as unknown as Json },
    },
  },
  picture: {
    model: 'm',
    messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:' } }] }],
  },
  finishReasons: ['stop', 'tool_calls', 'length'],
  toolArguments: 'text',
});

test('reasoning is counted with the output, also where a provider counts it beside it', () => {
  const tokensOf = (usage: object): number | undefined =>
    openaiChat.parseResponse(
      Buffer.from(
        JSON.stringify({
          choices: [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' }],
          usage: {
            prompt_tokens: 10,
            completion_tokens: 7,
            completion_tokens_details: { reasoning_tokens: 5 },
            ...usage,
          },
        }),
      ),
    )?.usage?.completionTokens;
  assert.equal(tokensOf({ total_tokens: 17 }), 7);
  assert.equal(tokensOf({ total_tokens: 22 }), 12);
  assert.equal(tokensOf({}), 7);
});

test('usage is streamed only where it was asked for', () => {
  const response: CallResponse = {
    model: 'm',
    message: { role: 'assistant', content: 'a' },
    finishReason: 'stop',
    usage: { promptTokens: 1, completionTokens: 2, cachedTokens: 0 },
  };
  const reply = { id: 'x', at: 0, request: request({ stream: true }), response };
  assert.ok(!openaiChat.renderStream(reply).join('').includes('usage'));
});

const chunk = (delta: Json, finish: string | null = null): string =>
  JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] });

const LONG_STREAM = [
  ': keep-alive',
  '',
  `data: ${chunk({ role: 'assistant', content: null })}`,
  '',
  `data: ${chunk({ content: 'Grüße, 世界 🌍' })}`,
  '',
  `event: message\r\ndata: ${chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '' } }] })}\r\n\r`,
  `data: ${chunk({ tool_calls: [{ index: 1, id: 'b', function: { name: 'g', arguments: '{"x"' } }] })}`,
  '',
  `data: ${chunk({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] })}`,
  '',
  `data: ${chunk({ tool_calls: [{ index: 1, function: { arguments: ':1}' } }] }, 'tool_calls')}`,
  '',
  'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":2}}}',
  '',
  'data: [DONE]',
  '',
  '',
].join('\n');

test('a stream cut in two at any byte gives the same response', () => {
  const stream = bytes(LONG_STREAM);
  const expected: CallResponse = {
    model: 'm',
    message: {
      role: 'assistant',
      content: 'Grüße, 世界 🌍',
      toolCalls: [
        { id: 'a', name: 'f', arguments: '{}' },
        { id: 'b', name: 'g', arguments: '{"x":1}' },
      ],
    },
    finishReason: 'tool_calls',
    usage: { promptTokens: 3, completionTokens: 4, cachedTokens: 2 },
  };
  for (let cut = 0; cut <= stream.length; cut++) {
    const accumulator = openaiChat.streamAccumulator();
    accumulator.push(stream.subarray(0, cut));
    accumulator.push(stream.subarray(cut));
    assert.deepEqual(accumulator.end(), expected, `cut at byte ${cut}`);
  }
});

test('a stream that breaks off or reports an error has no finish reason', () => {
  const cutShort = openaiChat.streamAccumulator();
  cutShort.push(bytes(`data: ${chunk({ content: 'half' })}\n\n`));
  assert.equal(cutShort.end()?.finishReason, null);

  const failed = openaiChat.streamAccumulator();
  failed.push(
    bytes(`data: ${chunk({ content: 'a' }, 'stop')}\n\ndata: {"error":{"message":"overloaded"}}\n\n`),
  );
  assert.equal(failed.end()?.finishReason, null);

  const nothing = openaiChat.streamAccumulator();
  nothing.push(bytes('data: {"error":{"message":"overloaded"}}\n\n'));
  assert.equal(nothing.end(), null);
});

test('a request keeps what it does not understand', () => {
  const parsed = openaiChat.parseRequest(
    bytes({
      model: 'gpt',
      messages: [
        { role: 'developer', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is' },
            { type: 'text', text: 'this?' },
            { type: 'image_url', image_url: { url: 'data:' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'a', content: 'done' },
      ],
      tools: [
        { type: 'function', function: { name: 'f', parameters: { type: 'object' } } },
        { type: 'browser_search' },
      ],
      tool_choice: 'auto',
      stream: true,
      temperature: 0,
      x_new_field: { a: 1 },
    }),
  );
  assert.deepEqual(parsed, {
    model: 'gpt',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'What is\nthis?', mediaParts: 1 },
      { role: 'assistant', content: '', toolCalls: [{ id: 'a', name: 'f', arguments: '{}' }] },
      { role: 'tool', content: 'done', toolCallId: 'a' },
    ],
    tools: [{ name: 'f', description: '', parameters: { type: 'object' } }],
    toolChoice: 'auto',
    stream: true,
    params: { temperature: 0, x_new_field: { a: 1 }, tools: [{ type: 'browser_search' }] },
  });
});

test('what is not a chat request is not understood, and nothing throws', () => {
  for (const bad of [
    '',
    '{',
    'null',
    '[]',
    '{"model":"m"}',
    '{"model":"m","messages":[]}',
    '{"messages":[{}]}',
  ]) {
    assert.equal(openaiChat.parseRequest(bytes(bad)), null, bad);
  }
  fc.assert(
    fc.property(fc.json(), fc.uint8Array(), (json, noise) => {
      openaiChat.parseRequest(bytes(json));
      openaiChat.parseResponse(bytes(json));
      openaiChat.parseRequest(noise);
      const accumulator = openaiChat.streamAccumulator();
      accumulator.push(noise);
      accumulator.push(bytes(`\n\ndata: ${json}\n\n`));
      accumulator.end();
    }),
  );
});

test('a refusal is read as filtered', () => {
  const refused = openaiChat.parseResponse(
    bytes({ model: 'm', choices: [{ message: { content: null, refusal: 'No.' }, finish_reason: 'stop' }] }),
  );
  assert.equal(refused?.finishReason, 'content_filter');
  assert.equal(refused?.message.content, 'No.');
});
