/** What files may look like: layouts, encodings, damage, strangers in a folder. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { log, request, response, said, setUp } from '../../../test/support/imports.ts';
import { DAMAGED, importFiles } from './import.ts';
import { drySink, type ImportSink } from './sink.ts';

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

test('records behind many broken lines are read; a long text without any is told once', async () => {
  const { write, load } = setUp();
  const broken = Array.from({ length: 3000 }, () => `{"cut${'x'.repeat(100)}`);
  assert.deepEqual((await load(write('cut.jsonl', [...broken, log(1)]))).skipped, { 'not JSON': 3000 });
  const prose = Array.from({ length: 5000 }, (_, n) => `Line ${n} of a long text. ${'x'.repeat(100)}`);
  const mixed = await load(write('banner.log', [...prose.slice(0, 900), JSON.stringify(log(2))]));
  assert.deepEqual([mixed.calls, mixed.skipped], [1, { 'not JSON': 900 }]);
  await assert.rejects(load(write('book.txt', prose)), /looks like plain text/);
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
