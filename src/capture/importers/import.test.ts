import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { conversation, log, NOW, request, response, said, setUp } from '../../../test/support/imports.ts';
import { UNTIMED } from '../../core/call.ts';
import { IMPORTERS } from './formats.ts';
import { importFiles } from './import.ts';
import { drySink, journalSink } from './sink.ts';

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
      already: 0,
      skipped: { 'not JSON': 1, 'no response': 1 },
      lines: [
        { line: 3, reason: 'not JSON' },
        { line: 5, reason: 'no response' },
      ],
    },
  ]);
  assert.equal(result.untimed, 0);
  const [second, first] = await read();
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
  assert.equal(again.already, 2);
  assert.deepEqual(again.skipped, { 'already imported': 2, 'not JSON': 1, 'no response': 1 });
  assert.equal((await read()).length, 2);
});

test('equal records are as many calls, whenever they are imported', async () => {
  const { write, load, read } = setUp();
  const record = { request: request('a'), response: response('b') };
  const path = write('log.jsonl', [record, record, record]);
  assert.equal((await load(path)).calls, 3);
  assert.equal((await load(path)).calls, 0);
  assert.equal((await read()).length, 3);
});

test('a fine-tuning file becomes one session a line, its calls in order', async () => {
  const { write, load, read } = setUp();
  await load(
    write('tune.jsonl', [
      conversation,
      { messages: [...request('a').messages, { role: 'assistant', content: 'b' }] },
    ]),
  );
  const calls = await read();
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
  const calls = await read();
  assert.deepEqual(
    calls.map((call) => call.request.messages[1]?.content),
    [0, 1, 2, 3, 4, 5, 6, 7, 8].map((n) => `mail ${n}`),
  );
  const steps = calls.slice(1).map((call, i) => call.at - (calls[i]?.at ?? 0));
  // Where the second import begins, any later time will do.
  assert.ok(
    steps.every((step, i) => (i === 5 ? step >= 1000 : step === 1000)),
    String(steps),
  );
  assert.ok(calls.every(({ at }) => at <= NOW));
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
  assert.deepEqual(result.files[0]?.skipped, { 'request without a result': 1 });
  assert.deepEqual(result.files[0]?.lines, [{ line: 3, reason: 'request without a result' }]);
  assert.deepEqual(
    (await read()).map((call) => [call.request.messages[1]?.content, call.response?.message.content]),
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
  const [call] = await read();
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

test('the page about importing shows every format', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/import.md'), 'utf8');
  for (const { name, looks } of IMPORTERS) {
    assert.ok(page.includes(`| \`${name}\` |`), name);
    assert.ok(page.includes(`\`${looks}\``), looks);
  }
});

test('the latest call is found without listing all', async () => {
  const { dir, store, folder, load, write } = setUp();
  const times = [0, 1, 5, 500, 90_000_000].map((ms) => Date.UTC(2026, 0, 1) + ms);
  const unlisted = { ...store, calls: () => assert.fail('calls are listed') };
  const { latest, close } = journalSink({ ...folder, store: unlisted, dir: join(dir, 'other') });
  assert.equal(await latest(0), null);
  await load(
    write(
      'log.jsonl',
      times.map((at, n) => log(n, { at })),
    ),
  );
  assert.equal(await latest(0), times[4]);
  assert.equal(await latest(times[4] ?? 0), times[4]);
  assert.equal(await latest((times[4] ?? 0) + 1), null);
  close();
});

test('times that cannot be are taken for missing, and counted', async () => {
  const { write, load, read } = setUp();
  const result = await load(
    write('log.jsonl', [
      log(1, { at: 0.5 }),
      log(2, { at: '2031-01-01' }),
      log(3, { at: '2031-01-01', created_at: '2026-01-01' }),
      log(4),
    ]),
  );
  assert.equal(result.untimed, 3);
  assert.equal(result.implausible, 2);
  assert.deepEqual(
    (await read()).map((call) => [said(call).slice(0, 6), UNTIMED in call.tags]),
    [
      ['mail 3', false],
      ['mail 1', true],
      ['mail 2', true],
      ['mail 4', true],
    ],
  );
});

test('session and time are read where the user says they stand, and as usual elsewhere', async () => {
  const { write, loadWith, read } = setUp();
  const path = write('log.jsonl', [
    log(1, { session_id: 'a', at: '2026-01-01', meta: { ticket: 7 }, 'logged.at': '2026-02-01' }),
    log(2, { session_id: 'b', at: '2026-01-02', meta: {} }),
  ]);
  await loadWith([path], { fields: { session: 'meta.ticket', time: 'logged.at' } });
  assert.deepEqual(
    (await read()).map(({ sessionId, at }) => [sessionId, at]),
    [
      ['b', Date.UTC(2026, 0, 2)],
      ['7', Date.UTC(2026, 1, 1)],
    ],
  );
});

test('session names that may say something are kept as pseudonyms', async () => {
  const { write, load, read } = setUp();
  await load(
    write('log.jsonl', [
      log(1, { session_id: 'chat of Anna Schmidt' }),
      log(2, { session_id: 'chat of Anna Schmidt' }),
      log(3, { session_id: 'run-7:b' }),
    ]),
  );
  const [first, second, third] = (await read()).map(({ sessionId }) => sessionId);
  assert.match(first ?? '', /^[0-9a-f]{24}$/);
  assert.equal(second, first);
  assert.equal(third, 'run-7:b');
});

test('a dry run reads all and keeps nothing', async () => {
  const { dir, store, write } = setUp();
  const path = write('log.jsonl', [log(1), log(1), { request: request('a') }]);
  const result = await importFiles([path], { sink: drySink(), dryRun: true });
  assert.deepEqual([result.calls, result.dryRun, result.skipped], [2, true, { 'no response': 1 }]);
  assert.equal(await store.countCalls(), 0);
  assert.ok(existsSync(dir));
});
