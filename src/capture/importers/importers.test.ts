import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/capture/calls.ts';
import { importerContract } from '../../../test/contracts/importer.ts';
import { type Call, UNTIMED } from '../../core/call.ts';
import type { Json } from '../../core/json.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import { readCalls } from '../read.ts';
import { openVault } from '../vault.ts';
import { timeOf } from './fields.ts';
import { importFiles } from './import.ts';
import { openaiBatch } from './openai-batch.ts';
import { openaiChatLog } from './openai-chat.ts';
import { openaiFineTuning } from './openai-fine-tuning.ts';

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
  tools: [
    { type: 'function', function: { name: 'find', description: 'Finds.', parameters: { type: 'object' } } },
  ],
  parallel_tool_calls: false,
};

importerContract(openaiChatLog, {
  good: [
    { record: { request: request('a'), response: response('b') }, calls: 1 },
    { record: { request: request('a'), response: { error: { message: 'no' } }, status: 429 }, calls: 1 },
    { record: { request: request('a'), response: null }, calls: 1 },
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
    },
    {
      record: { custom_id: '2', body: request('a'), response: { status_code: 200, body: response('b') } },
      calls: 1,
    },
  ],
  bad: [null, { custom_id: 3 }, { custom_id: '1' }, { custom_id: '1', body: 5 }],
});
importerContract(openaiFineTuning, {
  good: [
    { record: { messages: [...request('a').messages, { role: 'assistant', content: 'b' }] }, calls: 1 },
    { record: conversation, calls: 2 },
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

const NOW = Date.UTC(2026, 4, 1, 12);
function setUp() {
  const dir = temporaryFolder();
  const store = openSqliteStore(':memory:');
  const env = { UNDERSTUDY_MASTER_KEY: Buffer.alloc(32, 5).toString('base64') };
  const vault = openVault({ dataDir: dir, store, env });
  const write = (name: string, records: readonly (Json | object)[]): string => {
    const path = join(dir, name);
    writeFileSync(
      path,
      records.map((record) => (typeof record === 'string' ? record : JSON.stringify(record))).join('\n'),
    );
    return path;
  };
  const load = (...paths: string[]) => importFiles(paths, { store, vault, now: () => NOW });
  const read = (): Call[] => readCalls(store, vault);
  return { dir, store, write, load, read };
}

test('a log of requests and responses becomes calls, and once only', async () => {
  const { write, load, read } = setUp();
  const path = write('log.jsonl', [
    {
      request: request('a'),
      response: response('b'),
      timestamp: '2026-03-01T10:00:00Z',
      session_id: 's1',
      latency_ms: 321,
      tags: { team: 'x' },
    },
    { request: request('c'), response: response('d'), created: 1767225600, trace_id: 's2' },
    '{"request": broken',
    '',
    { request: request('e') },
  ]);
  const result = await load(path);
  assert.deepEqual(result.files, [
    {
      path,
      format: 'openai-chat',
      calls: 2,
      skipped: { 'not JSON': 1, 'no response': 1 },
      lines: [
        { line: 3, reason: 'not JSON' },
        { line: 5, reason: 'no response' },
      ],
    },
  ]);
  assert.equal(result.untimed, 0);
  const [second, first] = read();
  assert.equal(first?.at, Date.UTC(2026, 2, 1, 10));
  assert.equal(second?.at, Date.UTC(2026, 0, 1));
  assert.equal(first?.sessionId, 's1');
  assert.equal(first?.latencyMs, 321);
  assert.equal(first?.tags.team, 'x');
  assert.ok(!(UNTIMED in (first?.tags ?? {})));
  assert.deepEqual(first?.request.params, { temperature: 0 });
  assert.equal(first?.response?.message.content, 'b');
  assert.deepEqual(first?.response?.usage, { promptTokens: 9, completionTokens: 2, cachedTokens: 0 });
  const again = await load(path);
  assert.equal(again.calls, 0);
  assert.equal(again.files[0]?.skipped['already imported'], 2);
  assert.equal(read().length, 2);
});

test('equal records are as many calls, whenever they are imported', async () => {
  const { write, load, read } = setUp();
  const record = { request: request('a'), response: response('b') };
  const path = write('log.jsonl', [record, record, record]);
  assert.equal((await load(path)).calls, 3);
  assert.equal((await load(path)).calls, 0);
  assert.equal(read().length, 3);
});

test('a fine-tuning file becomes one session a line, its calls in order', async () => {
  const { write, load, read } = setUp();
  await load(
    write('tune.jsonl', [
      conversation,
      { messages: [...request('a').messages, { role: 'assistant', content: 'b' }] },
    ]),
  );
  const calls = read();
  assert.equal(calls.length, 3);
  assert.deepEqual(
    calls.map((call) => call.request.messages.length),
    [1, 5, 2],
  );
  assert.deepEqual(
    calls.map((call) => call.response?.finishReason),
    ['tool_calls', 'stop', 'stop'],
  );
  assert.equal(calls[0]?.sessionId, calls[1]?.sessionId);
  assert.notEqual(calls[1]?.sessionId, calls[2]?.sessionId);
  assert.equal(calls[0]?.request.tools[0]?.name, 'find');
  assert.deepEqual(calls[0]?.request.params, { parallel_tool_calls: false });
  assert.equal(calls[0]?.response?.message.toolCalls?.[0]?.arguments, '{"q": "x"}');
});

test('calls without a time stand a second apart in the order of the files, and after earlier imports', async () => {
  const { dir, write, load, read } = setUp();
  const lines = (from: number) =>
    Array.from({ length: 3 }, (_, i) => ({ request: request(`mail ${from + i}`), response: response('x') }));
  mkdirSync(join(dir, 'logs'));
  write('logs/b.jsonl', lines(3));
  write('logs/a.jsonl', lines(0));
  write('logs/notes.txt', ['not read']);
  assert.equal((await load(join(dir, 'logs'))).untimed, 6);
  await load(write('later.jsonl', lines(6)));
  const calls = read();
  assert.deepEqual(
    calls.map((call) => call.request.messages[1]?.content),
    [0, 1, 2, 3, 4, 5, 6, 7, 8].map((n) => `mail ${n}`),
  );
  assert.ok(calls.slice(1).every((call, i) => call.at - (calls[i]?.at ?? 0) === 1000));
  assert.ok((calls[5]?.at ?? 0) <= NOW);
  // So that their order, which may be that of their answers, decides nothing later.
  assert.ok(calls.every(({ tags }) => UNTIMED in tags));
});

test('batch requests and results are joined across files', async () => {
  const { dir, write, load, read } = setUp();
  mkdirSync(join(dir, 'batch'));
  write('batch/requests.jsonl', [
    { custom_id: '1', body: request('a') },
    { custom_id: '2', body: request('b') },
    { custom_id: '3', body: request('c') },
  ]);
  write('batch/results.jsonl', [
    { custom_id: '2', response: { status_code: 200, body: response('B') } },
    { custom_id: '1', response: { status_code: 200, body: response('A') } },
  ]);
  const result = await load(join(dir, 'batch'));
  assert.equal(result.calls, 2);
  assert.deepEqual(result.files.at(-1)?.skipped, { 'request without a result': 1 });
  assert.deepEqual(
    read().map((call) => [call.request.messages[1]?.content, call.response?.message.content]),
    [
      ['b', 'B'],
      ['a', 'A'],
    ],
  );
});

test('imported payloads are redacted', async () => {
  const { write, load, read } = setUp();
  await load(
    write('log.jsonl', [
      { request: request('Write to anna.schmidt@web.de'), response: response('anna.schmidt@web.de') },
    ]),
  );
  const [call] = read();
  assert.ok(!JSON.stringify(call).includes('web.de'));
  assert.equal(call?.request.messages[1]?.content, `Write to ${call?.response?.message.content}`);
});

test('what cannot be imported says why', async () => {
  const { dir, write, load } = setUp();
  await assert.rejects(load(join(dir, 'nowhere')), { code: 'not-found' });
  mkdirSync(join(dir, 'none'));
  await assert.rejects(load(join(dir, 'none')), { code: 'not-found' });
  await assert.rejects(load(write('other.jsonl', [{ prompt: 'a', completion: 'b' }])), { code: 'bad-input' });
  assert.deepEqual((await load(write('empty.jsonl', ['']))).files[0]?.format, 'empty');
});

test('times are read as seconds, milliseconds and dates', () => {
  assert.equal(timeOf(1767225600), 1767225600000);
  assert.equal(timeOf(1767225600.5), 1767225600500);
  assert.equal(timeOf(1767225600000), 1767225600000);
  assert.equal(timeOf('1767225600'), 1767225600000);
  assert.equal(timeOf('2026-01-01T00:00:00Z'), 1767225600000);
  for (const none of ['soon', '', 0, -5, null, Number.NaN, 1e300]) assert.equal(timeOf(none), null);
});
