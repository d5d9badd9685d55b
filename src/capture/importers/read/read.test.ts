import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { temporaryFolder } from '../../../../test/support/calls.ts';
import type { Json } from '../../../core/json.ts';
import { binaryKind, DamagedFile, textDecoder, textOf } from './decode.ts';
import {
  CUT_OFF,
  type FileRecord,
  NOT_JSON,
  type RecordOptions,
  recordReader,
  TOO_LARGE,
} from './records.ts';

const read = (text: string, options: RecordOptions = {}): FileRecord[] => readIn([text], options);

function readIn(texts: readonly string[], options: RecordOptions = {}): FileRecord[] {
  const reader = recordReader(options);
  return [...texts.flatMap((text) => reader.push(text)), ...reader.end()];
}

const lines = (records: readonly FileRecord[]): (Json | string)[][] =>
  records.map((record) => [record.line, 'value' in record ? record.value : record.broken]);

test('JSON Lines: a record a line, with its line, empty lines passed over', () => {
  assert.deepEqual(lines(read('{"a":1}\n\n  {"b":2}\r\n{"c":3}')), [
    [1, { a: 1 }],
    [3, { b: 2 }],
    [4, { c: 3 }],
  ]);
});

test('lines end at line feeds only: other separators in strings split nothing', () => {
  const records = ['first\u2028second', 'next\u0085line', 'para\u2029graph', 'a\u000bb\u000cc'].map(
    (text) => ({
      text,
    }),
  );
  const text = records.map((record) => JSON.stringify(record)).join('\n');
  assert.deepEqual(
    lines(read(text)),
    records.map((record, i) => [i + 1, record]),
  );
});

test('values over several lines, and several on one line, are read one by one', () => {
  assert.deepEqual(lines(read('{\n "a": [1,\n 2]\n}\n{"b":2}{"c":3}\n{"d":4},\n{\n"e":5}')), [
    [1, { a: [1, 2] }],
    [5, { b: 2 }],
    [5, { c: 3 }],
    [6, { d: 4 }],
    [7, { e: 5 }],
  ]);
});

test('arrays are entered, whatever their layout', () => {
  const expected = [
    [1, { a: 1 }],
    [1, { b: '],[' }],
  ];
  assert.deepEqual(lines(read('[{"a":1},{"b":"],["}]')), expected);
  assert.deepEqual(lines(read('[{"a":1},{"b":"],["}]', { lineChars: 4 })), expected);
  assert.deepEqual(lines(read('[\n {"a":1},\n {\n"b": 2},\n]\n{"c":3}')), [
    [2, { a: 1 }],
    [3, { b: 2 }],
    [6, { c: 3 }],
  ]);
});

test('objects around a list are opened, unless they are records', () => {
  const page = { object: 'list', data: [{ a: 1 }, { b: 2 }], has_more: false };
  assert.deepEqual(lines(read(JSON.stringify(page))), [
    [1, { a: 1 }],
    [1, { b: 2 }],
  ]);
  assert.deepEqual(lines(read(JSON.stringify(page, null, 1))), [
    [4, { a: 1 }],
    [7, { b: 2 }],
  ]);
  assert.deepEqual(lines(read(JSON.stringify(page, null, 1), { lineChars: 20 })), [
    [4, { a: 1 }],
    [7, { b: 2 }],
  ]);
  const isRecord = (value: Json): boolean => JSON.stringify(value).startsWith('{"object"');
  assert.deepEqual(lines(read(JSON.stringify(page, null, 1), { isRecord })), [[1, page]]);
  assert.deepEqual(lines(read(JSON.stringify([page, page]))).length, 4);
});

test('pages within pages are opened to the same depth in every layout', () => {
  const valuesOf = (text: string): Json[] =>
    read(text).map((record) => ('value' in record ? record.value : record.broken));
  let pages: Json = [1];
  for (let depth = 0; depth < 6; depth++) {
    assert.deepEqual(valuesOf(JSON.stringify(pages, null, 2)), valuesOf(JSON.stringify(pages)));
    pages = depth % 3 === 2 ? [pages] : { data: [pages] };
  }
});

test('a broken line costs itself alone', () => {
  assert.deepEqual(lines(read('{"a":1}\n{"a": broken\nnot json at all\n{"b":2}')), [
    [1, { a: 1 }],
    [2, NOT_JSON],
    [3, NOT_JSON],
    [4, { b: 2 }],
  ]);
  // A line that breaks off looks like the start of a value over many lines.
  assert.deepEqual(lines(read('{"m":[{"r":1},\n{"b":2}\n{"c":3}\n{"d":4}')), [
    [1, NOT_JSON],
    [2, { b: 2 }],
    [3, { c: 3 }],
    [4, { d: 4 }],
  ]);
  assert.deepEqual(lines(read('{"m":{\n{"b":2}\n{"c":')), [
    [1, NOT_JSON],
    [2, { b: 2 }],
    [3, CUT_OFF],
  ]);
  assert.deepEqual(lines(read('[{"a":1},{"b": oops, "x":[{}]},{"c":3}]\n{"d":4}')), [
    [1, { a: 1 }],
    [1, NOT_JSON],
    [1, { c: 3 }],
    [2, { d: 4 }],
  ]);
  assert.deepEqual(lines(read('[{"a":1},{"b":2}')), [
    [1, { a: 1 }],
    [1, { b: 2 }],
    [1, CUT_OFF],
  ]);
});

test('a record that is too large is passed over, and counted once', () => {
  const text = `{"a":1}\n{"big":"${'x'.repeat(200)}"}\n{"b":2}\n[{"c":3},{"big":"${'y'.repeat(200)}"},{"d":4}]`;
  assert.deepEqual(lines(read(text, { maxChars: 100, lineChars: 50 })), [
    [1, { a: 1 }],
    [2, TOO_LARGE],
    [3, { b: 2 }],
    [4, { c: 3 }],
    [4, TOO_LARGE],
    [4, { d: 4 }],
  ]);
});

const anyRecord = fc.oneof(
  fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('data', 'runs')), fc.jsonValue(), { maxKeys: 4 }),
  fc.record({ data: fc.array(fc.dictionary(fc.string(), fc.jsonValue())), page: fc.integer() }),
  fc.record({
    text: fc.string({ unit: fc.constantFrom('a', '\u2028', '\u2029', '\u0085', '"', '\\', '{', ']') }),
  }),
);
/** Files that may hold anything: records in every layout, with broken ones between. */
const anyFile = fc
  .tuple(
    fc.array(
      fc.oneof(
        {
          weight: 6,
          arbitrary: fc
            .tuple(anyRecord, fc.constantFrom(0, 0, 2))
            .map(([v, n]) => JSON.stringify(v, null, n)),
        },
        { weight: 1, arbitrary: fc.array(anyRecord).map((list) => JSON.stringify(list, null, 1)) },
        { weight: 1, arbitrary: fc.string() },
        { weight: 1, arbitrary: anyRecord.map((v) => JSON.stringify(v).slice(0, -1)) },
      ),
    ),
    fc.constantFrom('\n', '\r\n', '\n\n', ',\n', ''),
  )
  .map(([parts, between]) => parts.join(between));

test('any chunking of a file gives the same records', () => {
  fc.assert(
    fc.property(
      anyFile,
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      fc.constantFrom<RecordOptions>({}, { lineChars: 16 }, { lineChars: 16, maxChars: 40 }),
      (text, sizes, options) => {
        const chunks: string[] = [];
        for (let at = 0, i = 0; at < text.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          chunks.push(text.slice(at, at + size));
          at += size;
        }
        assert.deepEqual(readIn(chunks, options), read(text, options));
      },
    ),
    { numRuns: 500 },
  );
});

test('how a file is laid out changes none of its records', () => {
  fc.assert(
    fc.property(fc.array(anyRecord), (records) => {
      const values = (text: string, options?: RecordOptions): Json[] =>
        read(text, options).map((record) => ('value' in record ? record.value : record.broken));
      const isRecord = (): boolean => true;
      const plain = records.map((record) => JSON.parse(JSON.stringify(record)) as Json);
      const joined = (indent: number): string =>
        records.map((each) => JSON.stringify(each, null, indent)).join('\n');
      assert.deepEqual(values(joined(0), { isRecord }), plain);
      assert.deepEqual(values(joined(2), { isRecord }), plain);
      assert.deepEqual(values(JSON.stringify(records), { isRecord }), plain);
      assert.deepEqual(values(JSON.stringify(records, null, 2), { isRecord }), plain);
      assert.deepEqual(
        values(JSON.stringify({ page: 1, data: records }, null, 2)),
        values(JSON.stringify(records)),
      );
    }),
    { numRuns: 200 },
  );
});

test('every line of a file of broken and whole lines is a record or is counted', () => {
  const whole = anyRecord.map((value) => JSON.stringify(value));
  const cut = fc
    .tuple(whole, fc.nat())
    .map(([text, n]) => text.slice(0, 1 + (n % Math.max(1, text.length - 1))));
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 3, arbitrary: whole }, { weight: 1, arbitrary: cut })),
      (texts) => {
        const found = read(texts.join('\n'), { isRecord: () => true });
        const values = found.flatMap((record) => ('value' in record ? [JSON.stringify(record.value)] : []));
        const expected = texts.flatMap((text) => {
          try {
            return [JSON.stringify(JSON.parse(text))];
          } catch {
            return [];
          }
        });
        assert.deepEqual(values, expected);
        const broken = texts.length - expected.length;
        assert.equal(found.length - values.length > 0, broken > 0);
      },
    ),
    { numRuns: 500 },
  );
});

/** Characters handed to JSON.parse while a text is read. */
function parsedChars(text: string): number {
  const { parse } = JSON;
  let chars = 0;
  JSON.parse = (content: string) => {
    chars += content.length;
    return parse(content) as unknown;
  };
  try {
    const step = 1000;
    const chunks = Array.from({ length: Math.ceil(text.length / step) }, (_, i) =>
      text.slice(i * step, (i + 1) * step),
    );
    readIn(chunks, { lineChars: 5000 });
  } finally {
    JSON.parse = parse;
  }
  return chars;
}

test('the work grows with the size of a file, however broken it is', () => {
  for (const piece of [
    '{"m":[{"r":1},\n',
    '[\n',
    '{\n',
    '{"a":{"b":\n',
    '[{"a":1},\n{"b":\n',
    '{"data":[{"a":1},\n',
    '{"data":[{"a":1}],\n"runs":\n',
    '{"a":1}}\n',
    '"\n',
    '{"a":"\n',
    '[{"a":"',
    '{"data":[',
    ',',
  ]) {
    const small = parsedChars(piece.repeat(2000));
    const large = parsedChars(piece.repeat(8000));
    assert.ok(large <= 4.5 * small + 1000, `${JSON.stringify(piece)}: ${small}, ${large}`);
    assert.ok(large <= 8 * piece.length * 8000, `${JSON.stringify(piece)}: ${large}`);
  }
});

const bytesIn = (bytes: Buffer, size: number): string => {
  const decoder = textDecoder();
  let text = '';
  for (let at = 0; at < bytes.length; at += size) text += decoder.push(bytes.subarray(at, at + size));
  return text + decoder.end();
};

test('text is decoded from UTF-8 and UTF-16, with and without a mark, however it is cut', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', minLength: 2 }),
      fc.integer({ min: 1, max: 9 }),
      (content, size) => {
        const text = `{"a":${JSON.stringify(content)}}`;
        const little = Buffer.from(text, 'utf16le');
        const big = Buffer.from(text, 'utf16le').swap16();
        const mark = Buffer.from([0xff, 0xfe]);
        for (const bytes of [
          Buffer.from(text),
          Buffer.from(`\uFEFF${text}`),
          little,
          Buffer.concat([mark, little]),
          big,
          Buffer.concat([Buffer.from([0xfe, 0xff]), big]),
        ]) {
          assert.equal(bytesIn(bytes, size), text);
        }
      },
    ),
  );
});

async function textIn(path: string): Promise<string> {
  let text = '';
  for await (const piece of textOf(path)) text += piece.text;
  return text;
}

test('compressed files are read by their content, of several members too, and a damaged one up to the damage', async () => {
  const dir = temporaryFolder();
  const text = '{"a":1}\n'.repeat(100_000);
  const whole = gzipSync(text);
  const path = join(dir, 'no-extension');
  writeFileSync(path, Buffer.concat([whole, gzipSync('{"b":2}\n')]));
  assert.equal(await textIn(path), `${text}{"b":2}\n`);
  writeFileSync(path, whole.subarray(0, whole.length - 20));
  await assert.rejects(textIn(path), DamagedFile);
  await assert.rejects(textIn(join(dir, 'nothing')), { code: 'unavailable' });
});

test('files that hold no text are told by their first bytes', () => {
  assert.equal(binaryKind(Buffer.from('PAR1....')), 'a Parquet file');
  assert.equal(binaryKind(Buffer.from([1, 0, 0, 0, 7, 7, 0, 0])), 'a binary file');
  assert.equal(binaryKind(Buffer.from('{"a":1}')), null);
  assert.equal(binaryKind(Buffer.from('{"a":1}', 'utf16le')), null);
  assert.equal(binaryKind(Buffer.alloc(0)), null);
});
