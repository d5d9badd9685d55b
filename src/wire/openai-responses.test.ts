import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONVERSATION, dialectContract } from '../../test/contracts/dialect.ts';
import type { CallRequest, CallResponse } from '../core/call.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { policyReason, STORED_ELSEWHERE } from '../core/policy.ts';
import { openaiResponses } from './openai-responses.ts';

const bytes = (value: Json | string): Uint8Array =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const schema = CONVERSATION.schema as unknown as Json;
const hello: JsonObject = { model: 'm', input: 'hi' };

const request = (more: JsonObject = {}): CallRequest =>
  openaiResponses.parseRequest(bytes({ ...hello, ...more })) ?? assert.fail('not read');

const callItem = (call_id: string, city: string): JsonObject => ({
  type: 'function_call',
  id: `fc_${call_id}`,
  call_id,
  name: 'weather',
  arguments: JSON.stringify({ city }),
});

dialectContract({
  dialect: openaiResponses,
  paths: ['/v1/responses', '/responses', '/openai/v1/responses'],
  plain: hello,
  streamed: { ...hello, stream: true },
  conversation: {
    model: 'm',
    max_output_tokens: 100,
    instructions: 'You know the weather.',
    input: [
      { role: 'user', content: [{ type: 'input_text', text: 'Here and there?' }] },
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x' },
      {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'Let me look.', annotations: [] }],
      },
      callItem('a', 'Here'),
      callItem('b', 'There'),
      { type: 'function_call_output', call_id: 'a', output: 'sun' },
      { type: 'function_call_output', call_id: 'b', output: [{ type: 'input_text', text: 'rain' }] },
    ],
    tools: [
      {
        type: 'function',
        name: 'weather',
        description: 'The weather in a city.',
        parameters: schema,
        strict: true,
      },
    ],
    tool_choice: { type: 'function', name: 'weather' },
    text: { format: { type: 'json_schema', name: 'place', schema, strict: true }, verbosity: 'low' },
  },
  picture: {
    model: 'm',
    input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://example.org' }] }],
  },
  finishReasons: ['completed', 'max_output_tokens', 'content_filter'],
  toolArguments: 'text',
});

test('what the provider keeps cannot be read here, and is left to the LLM', () => {
  for (const [name, more] of Object.entries({
    previous_response_id: { previous_response_id: 'resp_1' },
    conversation: { conversation: { id: 'conv_1' } },
    prompt: { prompt: { id: 'pmpt_1' } },
    item_reference: { input: [{ type: 'item_reference', id: 'msg_1' }, USER] },
  } satisfies Record<string, JsonObject>)) {
    assert.equal(policyReason(request(more)), 'a conversation that the provider keeps', name);
    assert.equal(request(more).params[STORED_ELSEWHERE], name);
  }
  assert.equal(policyReason(request({ background: true })), 'background asked for');
  for (const more of [{ previous_response_id: null, conversation: null }, { store: true }, { store: false }])
    assert.equal(policyReason(request(more)), null);
});

const USER: JsonObject = { role: 'user', content: 'x' };

test('log-probabilities, tools of the provider and unknown choices of tools are left to the LLM', () => {
  assert.equal(
    policyReason(request({ include: ['message.output_text.logprobs'] })),
    'log probabilities asked for',
  );
  assert.equal(policyReason(request({ include: ['reasoning.encrypted_content'] })), null);
  assert.equal(policyReason(request({ tools: [{ type: 'web_search' }] })), 'tools asked for');
  const choice = { type: 'allowed_tools', mode: 'auto', tools: [] };
  assert.equal(policyReason(request({ tool_choice: choice })), 'a choice of tools that is not understood');
});

test('items of tools that the provider runs are counted as media of the assistant', () => {
  const { messages } = request({
    input: [USER, { type: 'web_search_call', id: 'ws_1', status: 'completed' }, callItem('a', 'x'), USER],
  });
  assert.deepEqual(
    messages.map(({ role, mediaParts = 0, toolCalls = [] }) => [role, mediaParts, toolCalls.length]),
    [
      ['user', 0, 0],
      ['assistant', 1, 1],
      ['user', 0, 0],
    ],
  );
});

test('calls of custom tools are read, with their results', () => {
  const { messages } = request({
    input: [
      USER,
      { type: 'custom_tool_call', call_id: 'a', name: 'sh', input: 'ls' },
      { type: 'custom_tool_call_output', call_id: 'a', output: 'file' },
    ],
  });
  assert.deepEqual(messages.slice(1), [
    {
      role: 'assistant',
      content: '',
      toolCalls: [{ id: 'a', name: 'sh', arguments: 'ls', custom: true }],
    },
    { role: 'tool', content: 'file', toolCallId: 'a' },
  ]);
});

test('what is no request of it is not understood', () => {
  for (const bad of [
    '{"model":"m"}',
    '{"input":"x"}',
    '{"model":"m","input":[]}',
    '{"model":"m","input":[{"role":"constructor","content":"x"}]}',
    '{"model":"m","input":[7]}',
    '{"model":"m","input":[{}]}',
  ])
    assert.equal(openaiResponses.parseRequest(bytes(bad)), null, bad);
});

const message = (...content: JsonObject[]): JsonObject => ({ type: 'message', role: 'assistant', content });
const text = (words: string, more: JsonObject = {}): JsonObject => ({
  type: 'output_text',
  text: words,
  annotations: [],
  ...more,
});
const answer = (output: Json[], more: JsonObject = {}): CallResponse | null =>
  openaiResponses.parseResponse(
    bytes({ object: 'response', model: 'm-1', status: 'completed', output, ...more }),
  );

test('an answer is read with its calls, its usage and why it ended; reasoning is no part of it', () => {
  const output: Json[] = [
    { type: 'reasoning', id: 'rs', summary: [{ type: 'summary_text', text: 'hm' }] },
    message(text('Sure.')),
    callItem('a', 'x'),
  ];
  const usage = { input_tokens: 30, output_tokens: 4, input_tokens_details: { cached_tokens: 10 } };
  assert.deepEqual(answer(output, { usage }), {
    model: 'm-1',
    message: {
      role: 'assistant',
      content: 'Sure.',
      toolCalls: [{ id: 'a', name: 'weather', arguments: '{"city":"x"}' }],
    },
    finishReason: 'completed',
    usage: { promptTokens: 30, completionTokens: 4, cachedTokens: 10 },
  });
  const cut = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
  assert.equal(answer(output, cut)?.finishReason, 'max_output_tokens');
  for (const status of ['failed', 'cancelled', 'in_progress', 'queued'])
    assert.equal(answer(output, { status }), null, status);
});

test('a refusal is read as filtered, and a text with sources as one that is not learnt', () => {
  const refused = answer([message({ type: 'refusal', refusal: 'No.' })]);
  assert.equal(refused?.finishReason, 'content_filter');
  assert.equal(refused.message.content, 'No.');
  const cited = answer([message(text('So.', { annotations: [{ type: 'url_citation' }] }))]);
  assert.equal(cited?.message.mediaParts, 1);
});

test('log-probabilities tell other answers', () => {
  const logprobs = [
    {
      token: 'refund',
      logprob: Math.log(0.8),
      top_logprobs: [{ token: 'return', logprob: Math.log(0.2) }],
    },
  ];
  assert.deepEqual(answer([message(text('refund', { logprobs }))])?.alternatives, [
    { start: 'return', probability: 0.2 },
  ]);
});

const event = (type: string, fields: JsonObject): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const begun = event('response.created', { response: { model: 'm-1', status: 'in_progress', output: [] } });
const done = (item: JsonObject, output_index: number): string =>
  event('response.output_item.done', { output_index, item });
const delta = event('response.output_text.delta', { output_index: 0, delta: 'Grüße 🌍' });
const whole = { model: 'm-1', status: 'completed', output: [message(text('Grüße 🌍')), callItem('a', 'x')] };

test('a stream is read from its last event, or from its items where a server leaves them out there', () => {
  const items = done(whole.output[1]!, 1) + done(whole.output[0]!, 0);
  const expected = openaiResponses.parseResponse(bytes(whole as unknown as Json));
  for (const last of [whole, { ...whole, output: [] }]) {
    const stream = bytes(begun + delta + items + event('response.completed', { response: last }));
    for (let cut = 0; cut <= stream.length; cut++) {
      const accumulator = openaiResponses.streamAccumulator();
      accumulator.push(stream.subarray(0, cut));
      accumulator.push(stream.subarray(cut));
      assert.deepEqual(accumulator.end(), expected, `cut at byte ${cut}`);
    }
  }
});

test('a stream that breaks off or fails has no reason why it ended', () => {
  const failed = event('response.failed', { response: { status: 'failed', output: [] } });
  const error = event('error', { code: 'server_error', message: 'x' });
  const completed = event('response.completed', { response: whole as unknown as JsonObject });
  for (const stream of [
    begun + delta,
    begun + delta + failed,
    begun + delta + error,
    begun + completed + error,
  ]) {
    const accumulator = openaiResponses.streamAccumulator();
    accumulator.push(bytes(stream));
    const read = accumulator.end();
    assert.equal(read?.finishReason, null);
    assert.equal(read.message.content, 'Grüße 🌍');
  }
});

test('a stream of ours has its events in the API’s order, numbered, and no [DONE]', () => {
  const response: CallResponse = {
    model: 'x',
    message: {
      role: 'assistant',
      content: 'Sure.',
      toolCalls: [
        { id: 'c', name: 'f', arguments: '{"a":1}' },
        { id: 'd', name: 'sh', arguments: 'ls', custom: true },
      ],
    },
    finishReason: 'tool_calls',
    usage: { promptTokens: 4, completionTokens: 2, cachedTokens: 1 },
  };
  const events = openaiResponses
    .renderStream({ id: 'x', at: 5000, request: request({ stream: true }), response })
    .map((each) => JSON.parse(each.slice(each.indexOf('data: ') + 6)) as JsonObject);
  assert.deepEqual(
    events.map(
      ({ type, output_index: index }) =>
        String(type).replace('response.', '') + (index === undefined ? '' : ` ${String(index)}`),
    ),
    [
      'created',
      'in_progress',
      'output_item.added 0',
      'content_part.added 0',
      'output_text.delta 0',
      'output_text.done 0',
      'content_part.done 0',
      'output_item.done 0',
      'output_item.added 1',
      'function_call_arguments.delta 1',
      'function_call_arguments.done 1',
      'output_item.done 1',
      'output_item.added 2',
      'custom_tool_call_input.delta 2',
      'custom_tool_call_input.done 2',
      'output_item.done 2',
      'completed',
    ],
  );
  assert.deepEqual(
    events.map(({ sequence_number: n }) => n),
    [...events.keys()],
  );
  const last = events.at(-1)?.response as JsonObject;
  assert.equal(last.created_at, 5);
  assert.deepEqual(last.usage, {
    input_tokens: 4,
    input_tokens_details: { cached_tokens: 1 },
    output_tokens: 2,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 6,
  });
});

test('an answer repeats the request’s tools, choice and format as the API writes them', () => {
  const tool = { type: 'function', name: 'f', description: 'F.', parameters: schema };
  const format = { type: 'json_schema', name: 'place', schema };
  const asked = request({
    tools: [tool],
    tool_choice: { type: 'function', name: 'f' },
    text: { format, verbosity: 'low' },
    max_output_tokens: 9,
    store: false,
  });
  const response: CallResponse = {
    model: 'x',
    finishReason: 'stop',
    usage: null,
    message: { role: 'assistant', content: '{}' },
  };
  const said = JSON.parse(
    openaiResponses.renderResponse({ id: 'x', at: 0, request: asked, response }),
  ) as JsonObject;
  assert.deepEqual(said.tools, [{ ...tool, strict: false }]);
  assert.deepEqual(said.tool_choice, { type: 'function', name: 'f' });
  assert.deepEqual(said.text, { verbosity: 'low', format });
  assert.equal(said.max_output_tokens, 9);
  assert.equal(said.store, false);
});
