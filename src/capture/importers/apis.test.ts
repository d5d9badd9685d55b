import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { contextOf } from '../../../test/contracts/importer.ts';
import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { openaiChatLog } from './formats/openai-chat.ts';
import type { ImportedCall } from './importer.ts';

const read = (request: Json, response: Json) =>
  openaiChatLog.begin().read({ request, response }, contextOf());

function call(request: Json, response: Json): ImportedCall {
  const result = read(request, response);
  assert.ok('calls' in result && result.calls[0], JSON.stringify(result));
  return result.calls[0];
}

const stream = (events: readonly JsonObject[]): string =>
  events.map((event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`).join('');

const schema = { type: 'object', properties: { q: { type: 'string' } } };
const anthropic: JsonObject = {
  model: 'claude-x',
  max_tokens: 100,
  system: 'You help.',
  messages: [{ role: 'user', content: 'Find x.' }],
  tools: [{ name: 'find', description: 'Finds.', input_schema: schema }],
  tool_choice: { type: 'any' },
  stop_sequences: ['END'],
};
const anthropicAnswer: JsonObject = {
  type: 'message',
  role: 'assistant',
  model: 'claude-x-1',
  content: [
    { type: 'thinking', thinking: 'hm' },
    { type: 'text', text: 'Sure.' },
    { type: 'tool_use', id: 'c1', name: 'find', input: { q: 'x' } },
  ],
  stop_reason: 'tool_use',
  usage: { input_tokens: 5, cache_read_input_tokens: 20, cache_creation_input_tokens: 3, output_tokens: 7 },
};

test('Anthropic’s messages read as the same chat', () => {
  const { request, response } = call(anthropic, anthropicAnswer);
  assert.deepEqual(
    request.messages.map(({ role, content }) => [role, content]),
    [
      ['system', 'You help.'],
      ['user', 'Find x.'],
    ],
  );
  assert.deepEqual(request.tools, [{ name: 'find', description: 'Finds.', parameters: schema }]);
  assert.equal(request.toolChoice, 'required');
  assert.deepEqual(request.params, { max_tokens: 100, stop: ['END'] });
  assert.deepEqual(response, {
    model: 'claude-x-1',
    message: {
      role: 'assistant',
      content: 'Sure.',
      toolCalls: [{ id: 'c1', name: 'find', arguments: '{"q":"x"}' }],
    },
    finishReason: 'tool_use',
    usage: { promptTokens: 28, completionTokens: 7, cachedTokens: 20 },
  });
});

test('a stream of Anthropic’s adds up to its answer, and one that broke off to one without an end', () => {
  const { content: _, stop_reason: __, ...start } = anthropicAnswer;
  const events: JsonObject[] = [
    { type: 'message_start', message: { ...start, content: [], stop_reason: null } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Su' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 're.' } },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'content_block_start',
      index: 1,
      content_block: { type: 'tool_use', id: 'c1', name: 'find', input: {} },
    },
    { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"q":' } },
    { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '"x"}' } },
    { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 7 } },
    { type: 'message_stop' },
  ];
  assert.deepEqual(call(anthropic, stream(events)).response, call(anthropic, anthropicAnswer).response);
  assert.equal(call(anthropic, stream(events.slice(0, -2))).response?.finishReason, null);
});

const responses: JsonObject = {
  model: 'gpt-x',
  instructions: 'You help.',
  input: [
    { role: 'user', content: [{ type: 'input_text', text: 'Find y.' }] },
    { type: 'reasoning', id: 'r', summary: [] },
    { type: 'function_call', call_id: 'c0', name: 'find', arguments: '{"q":"y"}' },
    { type: 'function_call', call_id: 'c1', name: 'find', arguments: '{"q":"z"}' },
    { type: 'function_call_output', call_id: 'c0', output: 'y is here' },
    { type: 'function_call_output', call_id: 'c1', output: 'z is there' },
  ],
  tools: [{ type: 'function', name: 'find', description: 'Finds.', parameters: schema, strict: true }],
  text: { format: { type: 'json_schema', name: 'place', schema } },
  max_output_tokens: 50,
};
const responsesAnswer: JsonObject = {
  object: 'response',
  model: 'gpt-x-1',
  status: 'completed',
  output: [
    { type: 'reasoning', summary: [] },
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Both found.' }] },
  ],
  usage: { input_tokens: 30, output_tokens: 4, input_tokens_details: { cached_tokens: 10 } },
};

test('the Responses API reads as the same chat, whole and as a stream', () => {
  const { request, response } = call(responses, responsesAnswer);
  assert.deepEqual(
    request.messages.map(({ role, content, toolCalls }) => [role, content, toolCalls?.length ?? 0]),
    [
      ['system', 'You help.', 0],
      ['user', 'Find y.', 0],
      ['assistant', '', 2],
      ['tool', 'y is here', 0],
      ['tool', 'z is there', 0],
    ],
  );
  assert.deepEqual(request.tools, [{ name: 'find', description: 'Finds.', parameters: schema }]);
  assert.deepEqual(request.responseFormat, { type: 'json_schema', json_schema: { name: 'place', schema } });
  assert.equal(request.params.max_completion_tokens, 50);
  assert.deepEqual(response, {
    model: 'gpt-x-1',
    message: { role: 'assistant', content: 'Both found.' },
    finishReason: 'completed',
    usage: { promptTokens: 30, completionTokens: 4, cachedTokens: 10 },
  });
  const events = stream([
    { type: 'response.created', response: { status: 'in_progress', output: [] } },
    { type: 'response.completed', response: responsesAnswer },
  ]);
  assert.deepEqual(call(responses, events).response, response);
});

test('a request that continues what the provider stored is left out', () => {
  for (const more of [{ previous_response_id: 'resp_1' }, { conversation: 'conv_1' }]) {
    assert.deepEqual(read({ ...responses, ...more }, responsesAnswer), {
      skipped: 'request does not hold the whole conversation',
    });
  }
});

/** Recorded exchanges of providers, where they are at hand. */
const RECORDED = join(import.meta.dirname, '../../../../shared/data/wire');

test('recorded exchanges of three APIs, whole and as streams, become calls or are told apart', {
  skip: existsSync(RECORDED) ? false : `${RECORDED} is not here`,
}, () => {
  const outcomes: Record<string, number> = {};
  for (const name of readdirSync(RECORDED).filter((file) => file.endsWith('.json'))) {
    for (const each of JSON.parse(readFileSync(join(RECORDED, name), 'utf8')) as Json[]) {
      if (!isObject(each) || !/\/(?:chat\/completions|messages|responses)$/.test(String(each.path))) continue;
      // Some were recorded as compressed pieces.
      // An answer in the background is still to come.
      if (isObject(each.request) && each.request.background === true) continue;
      if (Array.isArray(each.response) || typeof each.status !== 'number' || each.status >= 400) continue;
      const result = read(each.request ?? null, each.response ?? each.responseText ?? null);
      const outcome = 'calls' in result ? 'call' : result.skipped;
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  }
  const { call: calls = 0, ...others } = outcomes;
  assert.ok(calls >= 200, JSON.stringify(outcomes));
  for (const reason of Object.keys(others)) assert.match(reason, /^request /);
  assert.ok(Object.values(others).reduce((sum, n) => sum + n, 0) <= 13, JSON.stringify(outcomes));
});
