import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONVERSATION, dialectContract } from '../../test/contracts/dialect.ts';
import type { CallRequest, CallResponse } from '../core/call.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { policyReason } from '../core/policy.ts';
import { misfit } from '../route/misfit.ts';
import { anthropicMessages } from './anthropic-messages.ts';

const bytes = (value: Json | string): Uint8Array =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const schema = CONVERSATION.schema as unknown as Json;
const hello: JsonObject = { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] };

const request = (more: JsonObject = {}): CallRequest =>
  anthropicMessages.parseRequest(bytes({ ...hello, ...more })) ?? assert.fail('not read');

dialectContract({
  dialect: anthropicMessages,
  paths: ['/v1/messages', '/messages', '/anthropic/v1/messages'],
  plain: hello,
  streamed: { ...hello, stream: true },
  conversation: {
    model: 'm',
    max_tokens: 100,
    system: [{ type: 'text', text: 'You know the weather.', cache_control: { type: 'ephemeral' } }],
    messages: [
      { role: 'user', content: 'Here and there?' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Two cities.', signature: 's' },
          { type: 'text', text: 'Let me look.' },
          { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Here' } },
          { type: 'tool_use', id: 'b', name: 'weather', input: { city: 'There' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: 'sun' },
          { type: 'tool_result', tool_use_id: 'b', content: [{ type: 'text', text: 'rain' }] },
        ],
      },
    ],
    tools: [{ name: 'weather', description: 'The weather in a city.', input_schema: schema }],
    tool_choice: { type: 'tool', name: 'weather' },
    output_config: { format: { type: 'json_schema', schema } },
  },
  picture: {
    ...hello,
    messages: [
      { role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'https://example.org' } }] },
    ],
  },
  finishReasons: ['end_turn', 'tool_use', 'max_tokens'],
  toolArguments: 'object',
});

test('messages of OpenAI’s threads, token counts and batches are no calls of this dialect', () => {
  for (const path of ['/v1/threads/t/messages', '/v1/messages/count_tokens', '/v1/messages/batches'])
    assert.equal(anthropicMessages.matches('POST', path), false, path);
});

test('choices, formats and stop sequences are read as chat completions say them', () => {
  const choices: [Json, Json | undefined][] = [
    [{ type: 'auto' }, 'auto'],
    [{ type: 'none' }, 'none'],
    [{ type: 'any', disable_parallel_tool_use: true }, 'required'],
    [{ type: 'new' }, { type: 'new' }],
    [null, undefined],
  ];
  for (const [choice, expected] of choices)
    assert.deepEqual(request({ tool_choice: choice }).toolChoice, expected);
  assert.deepEqual(request({ tool_choice: { type: 'any', disable_parallel_tool_use: true } }).params, {
    max_tokens: 10,
    parallel_tool_calls: false,
  });
  assert.deepEqual(request({ stop_sequences: ['END'], top_k: 3 }).params, {
    max_tokens: 10,
    top_k: 3,
    stop: ['END'],
  });
  const format = { type: 'json_schema', schema };
  const expected = { type: 'json_schema', json_schema: { schema } };
  assert.deepEqual(request({ output_format: format }).responseFormat, expected);
  const { responseFormat, params } = request({ output_config: { format, effort: 'high' } });
  assert.deepEqual(responseFormat, expected);
  assert.deepEqual(params.output_config, { effort: 'high' });
});

test('tools that the provider runs are kept, and left to the LLM', () => {
  const search = { type: 'web_search_20250305', name: 'web_search' };
  const { tools, params } = request({ tools: [search, { name: 'f', input_schema: schema }] });
  assert.deepEqual(tools, [{ name: 'f', description: '', parameters: schema }]);
  assert.deepEqual(params.tools, [search]);
  assert.equal(policyReason(request({ tools: [search] })), 'tools asked for');
  assert.equal(policyReason(request({ mcp_servers: [{ type: 'url', name: 'x' }] })), 'mcp_servers asked for');
});

test('an answer already begun is left to the LLM', () => {
  const messages = [
    { role: 'user', content: 'x' },
    { role: 'assistant', content: '{' },
  ];
  assert.equal(policyReason(request({ messages })), 'an answer already begun');
});

test('a tool call is not served where the provider demands a thought before it', () => {
  const tools: Json[] = [{ name: 'f', input_schema: schema }];
  const answer = { kind: 'tool', uses: [{ name: 'f', arguments: {} }] } as const;
  const thinking = { type: 'enabled', budget_tokens: 2000 };
  assert.equal(misfit(request({ tools }), answer), null);
  assert.match(String(misfit(request({ tools, thinking }), answer)), /thought/);
  assert.equal(misfit(request({ thinking }), { kind: 'text', text: 'a' }), null);
});

test('results of tools stand before what else their message says, with their pictures counted', () => {
  const content = [
    { type: 'tool_result', tool_use_id: 'a', is_error: true, content: 'no' },
    {
      type: 'tool_result',
      tool_use_id: 'b',
      content: [
        { type: 'text', text: 'one' },
        { type: 'image', source: {} },
        { type: 'text', text: 'two' },
      ],
    },
    { type: 'text', text: 'Go on.' },
  ];
  assert.deepEqual(request({ messages: [{ role: 'user', content }] }).messages, [
    { role: 'tool', content: 'no', toolCallId: 'a' },
    { role: 'tool', content: 'one\ntwo', toolCallId: 'b', mediaParts: 1 },
    { role: 'user', content: 'Go on.' },
  ]);
});

const event = (type: string, fields: JsonObject = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}  \n\n`;
const START = event('message_start', {
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm-1',
    content: [],
    stop_reason: null,
    usage: { input_tokens: 5, cache_read_input_tokens: 20, cache_creation_input_tokens: 3, output_tokens: 1 },
  },
});
const block = (index: number, content_block: JsonObject, ...deltas: JsonObject[]): string =>
  event('content_block_start', { index, content_block }) +
  deltas.map((delta) => event('content_block_delta', { index, delta })).join('') +
  event('content_block_stop', { index });
const LONG_STREAM =
  START +
  event('ping') +
  block(
    0,
    { type: 'thinking', thinking: '', signature: '' },
    { type: 'thinking_delta', thinking: 'hm' },
    { type: 'signature_delta', signature: 's' },
  ) +
  block(
    1,
    { type: 'text', text: '' },
    { type: 'text_delta', text: 'Grüße, ' },
    { type: 'text_delta', text: '世界 🌍' },
  ) +
  block(
    2,
    { type: 'tool_use', id: 'a', name: 'f', input: {} },
    { type: 'input_json_delta', partial_json: '' },
    { type: 'input_json_delta', partial_json: '{"x"' },
    { type: 'input_json_delta', partial_json: ': 1}' },
  ) +
  block(3, { type: 'tool_use', id: 'b', name: 'g', input: {} }) +
  event('message_delta', {
    delta: { stop_reason: 'tool_use', stop_sequence: null },
    usage: { input_tokens: null, output_tokens: 9 },
  }) +
  event('message_stop');

test('a stream cut in two at any byte gives the same response', () => {
  const stream = bytes(LONG_STREAM);
  const expected: CallResponse = {
    model: 'm-1',
    message: {
      role: 'assistant',
      content: 'Grüße, 世界 🌍',
      toolCalls: [
        { id: 'a', name: 'f', arguments: '{"x": 1}' },
        { id: 'b', name: 'g', arguments: '{}' },
      ],
    },
    finishReason: 'tool_use',
    usage: { promptTokens: 28, completionTokens: 9, cachedTokens: 20 },
  };
  for (let cut = 0; cut <= stream.length; cut++) {
    const accumulator = anthropicMessages.streamAccumulator();
    accumulator.push(stream.subarray(0, cut));
    accumulator.push(stream.subarray(cut));
    assert.deepEqual(accumulator.end(), expected, `cut at byte ${cut}`);
  }
});

test('a stream that breaks off or reports an error has no reason why it ended', () => {
  const begun = START + block(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'half' });
  const failure = event('error', { error: { type: 'overloaded_error', message: 'Overloaded' } });
  const ending = event('message_delta', { delta: { stop_reason: 'end_turn' } });
  for (const text of [begun, begun + failure, begun + ending + failure]) {
    const accumulator = anthropicMessages.streamAccumulator();
    accumulator.push(bytes(text));
    const read = accumulator.end();
    assert.equal(read?.message.content, 'half');
    assert.equal(read?.finishReason, null);
  }
  const nothing = anthropicMessages.streamAccumulator();
  nothing.push(bytes(failure));
  assert.equal(nothing.end(), null);
});

test('a text with citations is kept, and not learnt', () => {
  const cited = { type: 'char_location', cited_text: 'x' };
  const whole = anthropicMessages.parseResponse(
    bytes({
      role: 'assistant',
      model: 'm',
      stop_reason: 'end_turn',
      content: [{ type: 'text', text: 'So it is.', citations: [cited] }],
    }),
  );
  assert.equal(whole?.message.mediaParts, 1);
  const accumulator = anthropicMessages.streamAccumulator();
  const deltas = [
    { type: 'text_delta', text: 'So it is.' },
    { type: 'citations_delta', citation: cited },
  ];
  accumulator.push(bytes(START + block(0, { type: 'text', text: '', citations: [] }, ...deltas)));
  assert.equal(accumulator.end()?.message.mediaParts, 1);
});

test('a stream of ours begins with its start and a ping, and ends with the reason and the count', () => {
  const response: CallResponse = {
    model: 'x',
    message: {
      role: 'assistant',
      content: 'Sure.',
      toolCalls: [{ id: 'c', name: 'f', arguments: '{"a":1}' }],
    },
    finishReason: 'tool_calls',
    usage: { promptTokens: 4, completionTokens: 2, cachedTokens: 1 },
  };
  const reply = { id: 'x', at: 0, request: request({ stream: true }), response };
  const events = anthropicMessages
    .renderStream(reply)
    .map((text) => JSON.parse(text.slice(text.indexOf('data: ') + 6)) as JsonObject);
  assert.deepEqual(
    events.map(({ type, index }) => (index === undefined ? type : `${String(type)} ${String(index)}`)),
    [
      'message_start',
      'content_block_start 0',
      'ping',
      'content_block_delta 0',
      'content_block_stop 0',
      'content_block_start 1',
      'content_block_delta 1',
      'content_block_stop 1',
      'message_delta',
      'message_stop',
    ],
  );
  assert.deepEqual((events[0]!.message as JsonObject).usage, {
    input_tokens: 3,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 1,
    output_tokens: 0,
  });
  assert.deepEqual(events.at(-2), {
    type: 'message_delta',
    delta: { stop_reason: 'tool_use', stop_sequence: null },
    usage: { output_tokens: 2 },
  });
});

test('an answer of nothing has no empty block, which the provider would not take back', () => {
  const response: CallResponse = {
    model: 'x',
    message: { role: 'assistant', content: '' },
    finishReason: 'stop',
    usage: null,
  };
  const reply = { id: 'x', at: 0, request: request(), response };
  assert.deepEqual((JSON.parse(anthropicMessages.renderResponse(reply)) as JsonObject).content, []);
});

test('errors have the types from which Anthropic’s clients make their classes', () => {
  const typeOf = (status: number): unknown =>
    (
      JSON.parse(anthropicMessages.renderError({ status, message: 'm', code: 'c' })) as {
        readonly error: { readonly type: string };
      }
    ).error.type;
  assert.deepEqual([400, 401, 404, 408, 413, 429, 500, 502, 504].map(typeOf), [
    'invalid_request_error',
    'authentication_error',
    'not_found_error',
    'invalid_request_error',
    'request_too_large',
    'rate_limit_error',
    'api_error',
    'api_error',
    'timeout_error',
  ]);
});
