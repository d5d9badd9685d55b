import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { temporaryFolder } from '../../../test/support/calls.ts';
import { openDataFolder } from '../../../test/support/data-folder.ts';
import { type Call, UNTIMED } from '../../core/call.ts';
import type { Json } from '../../core/json.ts';
import { IMPORTERS } from './formats.ts';
import { DAMAGED, importFiles } from './import.ts';
import { drySink, type ImportSink, journalSink } from './sink.ts';

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

const NOW = Date.UTC(2026, 4, 1, 12);
function setUp() {
  const dir = temporaryFolder();
  const folder = openDataFolder(dir);
  const { store, vault } = folder;
  const journal = join(dir, 'journal');
  /** Session names as they were read: the store has their pseudonyms. */
  const sessions = new Map<string, string>();
  const load = async (paths: readonly string[], options: object = {}) => {
    const sink = journalSink({ ...folder, dir: journal });
    const add: ImportSink['add'] = (calls) => {
      for (const call of calls) sessions.set(call.id, call.sessionId);
      return sink.add(calls);
    };
    try {
      return await importFiles(paths, { sink: { ...sink, add }, now: () => NOW, ...options });
    } finally {
      sink.close();
      await folder.drain(journal);
    }
  };
  const write = (name: string, records: readonly (Json | object)[]): string => {
    const path = join(dir, name);
    writeFileSync(
      path,
      records.map((record) => (typeof record === 'string' ? record : JSON.stringify(record))).join('\n'),
    );
    return path;
  };
  const read = async (): Promise<Call[]> =>
    (await folder.calls()).map((call) => {
      const named = sessions.get(call.id) ?? '';
      assert.equal(call.sessionId, vault.pseudonym(`session ${named}`));
      return { ...call, sessionId: named };
    });
  return {
    dir,
    store,
    vault,
    folder,
    write,
    load: (...paths: string[]) => load(paths),
    loadWith: load,
    read,
  };
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

const said = (call: Call): string =>
  `${call.request.messages.at(-1)?.content} → ${call.response?.message.content}`;
const log = (n: number, more: object = {}) => ({
  request: request(`mail ${n}`),
  response: response(`label ${n}`),
  ...more,
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

test('a file that is given twice is read once', async () => {
  const { dir, write, load } = setUp();
  mkdirSync(join(dir, 'logs'));
  const path = write('logs/log.jsonl', [log(1)]);
  const result = await load(path, join(dir, 'logs'), path);
  assert.deepEqual([result.calls, result.files.length], [1, 1]);
});

test('one file may hold records of several formats', async () => {
  const { write, load, read } = setUp();
  const result = await load(
    write('all.jsonl', [
      log(1, { at: '2026-01-01' }),
      { messages: [...request('a').messages, { role: 'assistant', content: 'A' }] },
      {
        conversations: [
          { from: 'human', value: 'b' },
          { from: 'gpt', value: 'B' },
        ],
      },
      { anything: 'else' },
      log(2, { at: '2026-01-02' }),
    ]),
  );
  assert.equal(result.files[0]?.format, 'openai-chat, openai-fine-tuning, sharegpt');
  assert.deepEqual(result.skipped, { 'of no known format': 1 });
  assert.deepEqual(result.files[0]?.lines, [{ line: 4, reason: 'of no known format' }]);
  assert.deepEqual((await read()).map(said).sort(), [
    'a → A',
    'b → B',
    'mail 1 → label 1',
    'mail 2 → label 2',
  ]);
});

test('a file has the same calls, whatever its layout, encoding and compression; and once only', async () => {
  const { dir, load, read } = setUp();
  const records = [1, 2, 3].map((n) => log(n, { at: `2026-01-0${n}` }));
  const lines = records.map((record) => JSON.stringify(record)).join('\n');
  const pretty = JSON.stringify(records, null, 2);
  const files: Record<string, string | Buffer> = {
    'lines.jsonl': lines,
    'lines.ndjson': `\uFEFF${lines.replaceAll('\n', '\r\n')}\r\n`,
    'pretty.json': records.map((record) => JSON.stringify(record, null, 2)).join('\n'),
    'array.json': JSON.stringify(records),
    'pretty-array.json': pretty,
    'wrapped.json': JSON.stringify({ object: 'list', data: records, has_more: false }, null, 1),
    'utf-16le.json': Buffer.from(`\uFEFF${pretty}`, 'utf16le'),
    'utf-16be.txt': Buffer.from(lines, 'utf16le').swap16(),
    'lines.jsonl.gz': gzipSync(lines),
    packed: gzipSync(pretty),
  };
  let calls = 0;
  for (const [name, content] of Object.entries(files)) {
    const path = join(dir, name);
    writeFileSync(path, content);
    const result = await load(path);
    calls += result.calls;
    assert.deepEqual(
      [name, result.calls + result.already, result.already],
      [name, 3, calls === 3 && name === 'lines.jsonl' ? 0 : 3],
    );
  }
  assert.deepEqual((await read()).map(said), ['mail 1 → label 1', 'mail 2 → label 2', 'mail 3 → label 3']);
});

test('in a folder, files of other kinds are passed over and told; named, one of them is an error', async () => {
  const { dir, write, load, read } = setUp();
  mkdirSync(join(dir, 'logs/deep'), { recursive: true });
  mkdirSync(join(dir, 'logs/.git'));
  write('logs/.git/config.jsonl', [log(9)]);
  write('logs/a-manifest.jsonl', [{ export: 'v2', count: 2 }]);
  write('logs/b.csv', ['name,label', 'x,y']);
  writeFileSync(join(dir, 'logs/c.parquet'), 'PAR1\0\0\0');
  writeFileSync(join(dir, 'logs/d.jsonl.gz'), gzipSync('x'.repeat(100)).subarray(0, 12));
  writeFileSync(join(dir, 'logs/e.json'), '');
  write('logs/deep/f.jsonl', [log(1, { at: '2026-01-01' })]);
  const result = await load(join(dir, 'logs'));
  assert.deepEqual(
    result.files.map(({ path, format, skipped }) => [path.slice(dir.length + 6), format, skipped]),
    [
      ['a-manifest.jsonl', 'unknown', { 'of no known format': 1 }],
      ['b.csv', 'unknown', { 'not JSON: CSV': 1 }],
      ['c.parquet', 'empty', { 'not JSON: a Parquet file': 1 }],
      ['d.jsonl.gz', 'empty', { [DAMAGED]: 1 }],
      ['deep/f.jsonl', 'openai-chat', {}],
      ['e.json', 'empty', {}],
    ],
  );
  assert.equal(result.calls, 1);
  assert.equal((await read()).length, 1);
  for (const [name, says] of [
    ['a-manifest.jsonl', /fields export, count/],
    ['b.csv', /looks like CSV/],
    ['c.parquet', /a Parquet file/],
    ['d.jsonl.gz', /damaged/],
  ] as const) {
    await assert.rejects(load(join(dir, 'logs', name)), (error: Error & { code?: string; hint?: string }) => {
      assert.equal(error.code, 'bad-input');
      assert.match(error.message, says);
      assert.match(error.hint ?? '', /openai-chat[\s\S]*langfuse/);
      return true;
    });
  }
});

test('what a damaged archive holds before the damage is imported, and the rest told', async () => {
  const { dir, load } = setUp();
  const lines = Array.from({ length: 2000 }, (_, n) =>
    JSON.stringify(log(n, { at: 1_767_225_600 + n, salt: Math.sin(n) })),
  );
  const whole = gzipSync(lines.join('\n'));
  const path = join(dir, 'cut.jsonl.gz');
  writeFileSync(path, whole.subarray(0, whole.length - 100));
  const result = await load(path);
  assert.ok(result.calls > 0 && result.calls < 2000);
  assert.equal(result.skipped[DAMAGED], 1);
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

test('records behind many broken lines are read; a long text without any is told once', async () => {
  const { write, load } = setUp();
  const broken = Array.from({ length: 3000 }, () => `{"cut${'x'.repeat(100)}`);
  assert.deepEqual((await load(write('cut.jsonl', [...broken, log(1)]))).skipped, { 'not JSON': 3000 });
  const prose = Array.from({ length: 5000 }, (_, n) => `Line ${n} of a long text. ${'x'.repeat(100)}`);
  const mixed = await load(write('banner.log', [...prose.slice(0, 900), JSON.stringify(log(2))]));
  assert.deepEqual([mixed.calls, mixed.skipped], [1, { 'not JSON': 900 }]);
  await assert.rejects(load(write('book.txt', prose)), /looks like plain text/);
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

test('a record that is nested without end is passed over', async () => {
  const { write, load } = setUp();
  const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
  const result = await load(write('log.jsonl', [`{"request":{"messages":[]},"response":${deep}}`, log(1)]));
  assert.deepEqual([result.calls, result.skipped], [1, { 'not JSON': 1 }]);
});

test('every record is a call or counted, and calls go to the sink in batches that do not grow with the file', async () => {
  const { dir } = setUp();
  const path = join(dir, 'any.jsonl');
  const record = fc.oneof(
    fc.jsonValue(),
    fc.nat().map((n) => log(n)),
    fc.nat().map((n) => ({ custom_id: String(n % 5), body: request('a') })),
    fc.nat().map((n) => ({ custom_id: String(n % 5), response: { status_code: 200, body: response('a') } })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1 }), async (records) => {
      writeFileSync(
        path,
        [JSON.stringify(log(0)), ...records.map((each) => JSON.stringify(each))].join('\n'),
      );
      let added = 0;
      const sink: ImportSink = {
        ...drySink(),
        add: async (calls) => {
          added += calls.length;
          assert.ok(calls.length <= 500);
          return { added: calls.length };
        },
      };
      const result = await importFiles([path], { sink });
      assert.equal(result.calls, added);
      const skipped = Object.values(result.skipped).reduce((sum, n) => sum + n, 0);
      // A batch's call takes two records; lists and wrappers hold none or several.
      const plain = records.filter((each) => !Array.isArray(each)).length;
      assert.ok(
        2 * added + skipped >=
          plain + 1 - records.filter((each) => JSON.stringify(each) === '{"data":[]}').length,
      );
    }),
    { numRuns: 100 },
  );
});

/** Small inputs that once failed, where they are at hand. */
const CASES = join(import.meta.dirname, '../../../../shared/cases');
const ofCase = (name: string) => ({
  skip: existsSync(join(CASES, name)) ? false : `${join(CASES, name)} is not here`,
});
function setUpCase() {
  const { loadWith, read } = setUp();
  const load = (name: string) => loadWith([join(CASES, name)], { now: () => Date.UTC(2026, 11, 1) });
  return { load, read };
}

test('case: function calls of the older form', ofCase('06-function-call.jsonl'), async () => {
  const { load, read } = setUpCase();
  assert.equal((await load('06-function-call.jsonl')).calls, 3);
  const calls = await read();
  assert.ok(calls.every((call) => call.request.tools[0]?.name === 'weather'));
  assert.equal(calls.filter((call) => call.response?.message.toolCalls?.[0]?.name === 'weather').length, 2);
});

test('case: line separators in strings', ofCase('07-u2028.jsonl'), async () => {
  const { load } = setUpCase();
  const result = await load('07-u2028.jsonl');
  assert.deepEqual([result.calls, result.skipped], [4, {}]);
});

test(
  'case: LiteLLM, whose assistant turns are no calls of their own',
  ofCase('08-litellm.jsonl'),
  async () => {
    const { load, read } = setUpCase();
    const result = await load('08-litellm.jsonl');
    assert.deepEqual([result.calls, result.files[0]?.format, result.untimed], [2, 'litellm', 0]);
    assert.deepEqual((await read()).map(said), [
      'The blue one. → Yes, three are left.',
      'Is the chair in stock? → No.',
    ]);
    const [first] = await read();
    assert.deepEqual([first?.sessionId, first?.latencyMs, first?.at], ['s1', 1300, 1_790_000_000_100]);
  },
);

test('case: batches of two days with the same ids', ofCase('09-batch-days'), async () => {
  const { load, read } = setUpCase();
  const result = await load('09-batch-days');
  assert.deepEqual([result.calls, result.skipped], [6, {}]);
  for (const call of await read()) {
    assert.equal(
      call.request.messages[0]?.content,
      `Which day and number? ${call.response?.message.content}`,
    );
  }
});

test('case: sessions under several names', ofCase('11-sessions.jsonl'), async () => {
  const { load, read } = setUpCase();
  assert.equal((await load('11-sessions.jsonl')).calls, 7);
  assert.deepEqual((await read()).map(({ sessionId }) => sessionId).sort(), [
    '42',
    '42',
    'run-7',
    'run-7',
    'run-8',
    'run-8',
    't1',
  ]);
});

test('case: a folder with a file of another kind', ofCase('12-folder'), async () => {
  const { load } = setUpCase();
  const result = await load('12-folder');
  assert.equal(result.calls, 2);
  assert.deepEqual(result.skipped, { 'of no known format': 1 });
});
