import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contextOf, importerContract } from '../../../../test/contracts/importer.ts';
import type { Json, JsonObject } from '../../../core/json.ts';
import type { ImportedCall, Importer } from '../importer.ts';
import { openaiBatch } from './openai-batch.ts';
import { openaiChatLog } from './openai-chat.ts';
import { openaiFineTuning } from './openai-fine-tuning.ts';
import { openaiPreference } from './openai-preference.ts';
import { openaiStored } from './openai-stored.ts';
import { sharegpt } from './sharegpt.ts';

const request = (text: string) => ({
  model: 'gpt-4o',
  messages: [
    { role: 'system', content: 'Sort the mail.' },
    { role: 'user', content: text },
  ],
  temperature: 0,
});
const response = (text: string) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
});
const find = { name: 'find', description: 'Finds.', parameters: { type: 'object' } };
const toolTurn = {
  role: 'assistant',
  content: null,
  tool_calls: [{ id: 'c1', type: 'function', function: { name: 'find', arguments: '{"q": "x"}' } }],
};
const conversation = {
  messages: [
    { role: 'user', content: 'Find x.' },
    toolTurn,
    { role: 'tool', tool_call_id: 'c1', content: 'x is here' },
    { role: 'assistant', content: 'Here it is.', weight: 0 },
    { role: 'user', content: 'Thanks' },
    { role: 'assistant', content: 'Welcome.', weight: 1 },
  ],
  tools: [{ type: 'function', function: find }],
  parallel_tool_calls: false,
};
const chunk = (delta: JsonObject, finish: string | null = null): JsonObject => ({
  object: 'chat.completion.chunk',
  model: 'gpt-4o',
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const chunks = [chunk({ role: 'assistant', content: 'la' }), chunk({ content: 'te' }), chunk({}, 'stop')];

const answers = (text: string) => (call: ImportedCall) => assert.equal(call.response?.message.content, text);

importerContract(openaiChatLog, {
  good: [
    {
      record: {
        request: request('a'),
        response: response('b'),
        timestamp: '2026-03-01 10:00:00',
        session_id: 42,
      },
      calls: 1,
      first(call) {
        assert.equal(call.at, Date.UTC(2026, 2, 1, 10));
        assert.equal(call.sessionId, '42');
        assert.deepEqual(call.request.params, { temperature: 0 });
        assert.deepEqual(call.response?.usage, { promptTokens: 9, completionTokens: 2, cachedTokens: 0 });
        answers('b')(call);
      },
    },
    {
      record: { request: request('a'), response: { error: { message: 'no' } }, status: 429 },
      calls: 1,
      first: (call) => assert.equal(call.status, 429),
    },
    { record: { request: request('a'), response: null }, calls: 1 },
    {
      record: { request: JSON.stringify(request('a')), response: JSON.stringify(response('b')) },
      calls: 1,
      first: answers('b'),
    },
    { record: { request: request('a'), response: 'late' }, calls: 1, first: answers('late') },
    { record: { request: request('a'), response: chunks }, calls: 1, first: answers('late') },
    {
      record: {
        request: request('a'),
        response: `${chunks.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('')}data: [DONE]\n\n`,
      },
      calls: 1,
      first: answers('late'),
    },
    {
      record: { ...request('a'), response: response('b'), threadId: 't' },
      calls: 1,
      first: (call) => assert.equal(call.sessionId, 't'),
    },
  ],
  bad: [
    null,
    [],
    'text',
    { request: {} },
    { request: request('a') },
    { request: request('a'), response: { choices: [] } },
  ],
});

importerContract(openaiBatch, {
  good: [
    { record: { custom_id: '1', method: 'POST', url: '/v1/chat/completions', body: request('a') }, calls: 0 },
    {
      record: { custom_id: '1', response: { status_code: 200, body: response('b') }, error: null },
      calls: 1,
      first: answers('b'),
    },
    {
      record: { custom_id: '2', body: request('a'), response: { status_code: 200, body: response('b') } },
      calls: 1,
    },
  ],
  bad: [null, { custom_id: null }, { custom_id: '1' }, { custom_id: '1', body: 5 }],
});

importerContract(openaiFineTuning, {
  good: [
    { record: { messages: [...request('a').messages, { role: 'assistant', content: 'b' }] }, calls: 1 },
    {
      record: conversation,
      calls: 2,
      first(call) {
        assert.equal(call.request.tools[0]?.name, 'find');
        assert.deepEqual(call.request.params, { parallel_tool_calls: false });
        assert.equal(call.response?.message.toolCalls?.[0]?.arguments, '{"q": "x"}');
      },
    },
    {
      record: {
        messages: [
          { role: 'user', content: 'Find x.' },
          { role: 'assistant', content: null, function_call: { name: 'find', arguments: '{"q":"x"}' } },
          { role: 'function', name: 'find', content: 'x is here' },
          { role: 'assistant', content: 'Here it is.' },
        ],
        functions: [find],
      },
      calls: 2,
      first(call) {
        assert.deepEqual(call.request.tools, [find]);
        assert.equal(call.response?.message.toolCalls?.[0]?.name, 'find');
        assert.equal(call.response?.finishReason, 'tool_calls');
        assert.deepEqual(call.request.params, {});
      },
    },
  ],
  bad: [
    null,
    { messages: 'x' },
    { messages: [] },
    { messages: [{ role: 'user', content: 'a' }] },
    {
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b', weight: 0 },
      ],
    },
    { messages: [{ role: 'nobody', content: 'a' }] },
  ],
});

importerContract(openaiPreference, {
  good: [
    {
      record: {
        input: { messages: request('a').messages, tools: [], parallel_tool_calls: true },
        preferred_output: [{ role: 'assistant', content: 'good' }],
        non_preferred_output: [{ role: 'assistant', content: 'bad' }],
      },
      calls: 1,
      first: answers('good'),
    },
  ],
  bad: [null, { input: {} }, { input: { messages: [] }, preferred_output: 'x' }],
});

importerContract(openaiStored, {
  good: [
    {
      record: {
        ...response('b'),
        created: 1_767_225_600,
        request_id: 'req_1',
        tool_choice: 'auto',
        temperature: 0.5,
        seed: null,
        metadata: { session_id: 's', team: 'x' },
        messages: request('a').messages,
      },
      calls: 1,
      first(call) {
        assert.equal(call.at, 1_767_225_600_000);
        assert.equal(call.sessionId, 's');
        assert.equal(call.tags.team, 'x');
        assert.deepEqual(call.request.params, { temperature: 0.5 });
        assert.equal(call.request.toolChoice, undefined);
        answers('b')(call);
      },
    },
    { record: { ...response('b'), input: { object: 'list', data: request('a').messages } }, calls: 1 },
  ],
  bad: [null, response('b'), { ...chunk({}), messages: request('a').messages }],
});

importerContract(sharegpt, {
  good: [
    {
      record: {
        system: 'You help.',
        conversations: [
          { from: 'human', value: 'Find x.' },
          { from: 'function_call', value: '{"name": "find", "arguments": {"q": "x"}}' },
          { from: 'observation', value: 'x is here' },
          { from: 'gpt', value: 'Here it is.' },
        ],
        tools: JSON.stringify([find]),
      },
      calls: 2,
      first(call) {
        assert.deepEqual(
          call.request.messages.map(({ role }) => role),
          ['system', 'user'],
        );
        assert.equal(call.request.tools[0]?.name, 'find');
        assert.deepEqual(call.response?.message.toolCalls, [
          { id: 'call_1_0', name: 'find', arguments: '{"q":"x"}' },
        ]);
      },
    },
    {
      record: {
        id: 'x',
        conversations: [
          { from: 'system', value: 'You help.' },
          { from: 'human', value: 'Hi' },
          { from: 'gpt', value: 'Hello' },
          { from: 'human', value: 'Bye' },
          { from: 'gpt', value: 'Bye' },
        ],
      },
      calls: 2,
      first: answers('Hello'),
    },
  ],
  bad: [
    null,
    { conversations: [] },
    { conversations: [{ from: 'human', value: 'a' }] },
    { conversations: [{ from: 'nobody', value: 'a' }] },
    { conversations: [{ value: 'a' }] },
  ],
});

function read(importer: Importer, record: Json): readonly ImportedCall[] {
  const result = importer.begin().read(record, contextOf());
  assert.ok('calls' in result, JSON.stringify(result));
  return result.calls;
}

test('a conversation with functions of the older form reads as the same with tools', () => {
  const calls = read(openaiFineTuning, {
    messages: [
      { role: 'user', content: 'Find x.' },
      { role: 'assistant', content: null, function_call: { name: 'find', arguments: '{}' } },
      { role: 'function', name: 'find', content: 'x is here' },
      { role: 'assistant', content: 'Here it is.' },
    ],
    functions: [find],
    function_call: 'auto',
  });
  const [, answer] = calls;
  assert.deepEqual(
    answer?.request.messages.map(({ role }) => role),
    ['user', 'assistant', 'tool'],
  );
  assert.equal(answer?.request.messages[2]?.toolCallId, answer?.request.messages[1]?.toolCalls?.[0]?.id);
});

test('who sent a call stays out of it; tags of the request are kept', () => {
  const [call] = read(openaiChatLog, {
    request: {
      ...request('a'),
      user: 'anna@web.de',
      safety_identifier: 'u-1',
      metadata: {
        session_id: 's1',
        user_id: 'anna',
        userEmail: 'a@b.de',
        team: 'shop',
        build: 7,
        long: 'x'.repeat(500),
      },
    },
    response: response('b'),
    tags: { team: 'mail', api_key: 'sk-1' },
  });
  assert.deepEqual(call?.request.params, { temperature: 0 });
  assert.deepEqual(call?.tags, { team: 'mail', build: '7', long: 'x'.repeat(256) });
  assert.equal(call?.sessionId, 's1');
});

test('calls that were answered with the older function call are tool calls', () => {
  const [call] = read(openaiChatLog, {
    request: { ...request('a'), functions: [find], function_call: { name: 'find' } },
    response: {
      choices: [
        {
          message: { role: 'assistant', content: null, function_call: { name: 'find', arguments: '{}' } },
          finish_reason: 'function_call',
        },
      ],
    },
  });
  assert.deepEqual(call?.request.tools, [find]);
  assert.deepEqual(call?.request.toolChoice, { type: 'function', function: { name: 'find' } });
  assert.equal(call?.response?.message.toolCalls?.[0]?.name, 'find');
  assert.equal(call?.response?.finishReason, 'tool_calls');
});

/** The answers that batch files give, in order, and why the rest has none. */
function batch(files: Readonly<Record<string, readonly Json[]>>): string[] {
  const reader = openaiBatch.begin();
  const out: string[] = [];
  const show = (result: ReturnType<typeof reader.read>): void => {
    if ('skipped' in result) out.push(result.skipped);
    else
      for (const { request: asked, response: got } of result.calls)
        out.push(`${asked.messages[1]?.content} → ${got?.message.content}`);
  };
  for (const [path, records] of Object.entries(files)) {
    records.forEach((record, i) => {
      show(reader.read(record, contextOf(path, i + 1)));
    });
  }
  for (const { result } of reader.end()) show(result);
  return out.sort();
}
const ask = (id: string, text: string) => ({ custom_id: id, body: request(text) });
const reply = (id: string, text: string) => ({
  custom_id: id,
  response: { status_code: 200, body: response(text) },
});

test('batch results belong to the requests of their own day, in any order of the files', () => {
  const day = (n: number) => ({
    [`b/input-day${n}.jsonl`]: [ask('r1', `q${n}`), ask('r2', `p${n}`)],
    [`b/output-day${n}.jsonl`]: [reply('r2', `P${n}`), reply('r1', `Q${n}`)],
  });
  const files = { ...day(1), ...day(2) };
  const expected = ['p1 → P1', 'p2 → P2', 'q1 → Q1', 'q2 → Q2'];
  assert.deepEqual(batch(files), expected);
  assert.deepEqual(batch(Object.fromEntries(Object.entries(files).reverse())), expected);
  const names = Object.keys(files).sort();
  assert.deepEqual(batch(Object.fromEntries(names.map((name) => [name, files[name] ?? []]))), expected);
});

test('batch results never go to the requests of another day', () => {
  assert.deepEqual(
    batch({ 'b/input-day1.jsonl': [ask('r1', 'q1')], 'b/output-day2.jsonl': [reply('r1', 'Q2')] }),
    ['request without a result', 'result without a request'],
  );
  assert.deepEqual(
    batch({ 'in/2026-01-01.jsonl': [ask('r1', 'q1')], 'out/2026-01-01.jsonl': [reply('r1', 'Q1')] }),
    ['q1 → Q1'],
  );
});

test('batch files of unlike names belong together where nothing speaks against it', () => {
  assert.deepEqual(
    batch({
      'b/mail.jsonl': [ask('1', 'a')],
      'b/batch_67ab0123456789abcdef_output.jsonl': [reply('1', 'A')],
    }),
    ['a → A'],
  );
  assert.deepEqual(
    batch({
      'b/monday.jsonl': [ask('1', 'a')],
      'b/tuesday.jsonl': [ask('1', 'b')],
      'b/all.jsonl': [reply('1', 'A')],
    }),
    ['custom_id stands for several requests', 'request without a result', 'request without a result'],
  );
});

test('a batch id that comes again in one file is paired as it comes, or not at all', () => {
  assert.deepEqual(batch({ 'a.jsonl': [ask('1', 'a'), reply('1', 'A'), ask('1', 'b'), reply('1', 'B')] }), [
    'a → A',
    'b → B',
  ]);
  assert.deepEqual(batch({ 'a.jsonl': [ask('1', 'a'), ask('1', 'b'), reply('1', 'A')] }), [
    'custom_id stands for several requests',
    'request without a result',
    'request without a result',
  ]);
});
