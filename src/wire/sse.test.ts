import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type SseEvent, type SseOptions, sseParser, TOO_LONG } from './sse.ts';

function parse(text: string): SseEvent[] {
  const parser = sseParser();
  return [...parser.push(Buffer.from(text)), ...parser.end()];
}

test('fields, comments, types and joined data lines, as the standard reads them', () => {
  assert.deepEqual(parse(': hello\n\nevent: ping\ndata: a\ndata:b\nid: 7\n\ndata\n\n'), [
    { type: 'ping', data: 'a\nb' },
    { type: 'message', data: '' },
  ]);
});

test('LF, CRLF and CR end lines alike, and a byte order mark is no text', () => {
  for (const end of ['\n', '\r\n', '\r']) {
    assert.deepEqual(parse(`\uFEFFdata: x${end}${end}data: y${end}${end}`), [
      { type: 'message', data: 'x' },
      { type: 'message', data: 'y' },
    ]);
  }
});

test('the last event counts without its empty line', () => {
  assert.deepEqual(parse('data: x\n\ndata: y'), [
    { type: 'message', data: 'x' },
    { type: 'message', data: 'y' },
  ]);
});

/** The bytes in pieces that end at the cuts. */
function inPieces(bytes: Uint8Array, cuts: readonly number[], options: SseOptions = {}): SseEvent[] {
  const parser = sseParser(options);
  const events: SseEvent[] = [];
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    events.push(...parser.push(bytes.subarray(from, Math.max(from, cut))));
    from = Math.max(from, cut);
  }
  return [...events, ...parser.push(bytes.subarray(from)), ...parser.end()];
}

test('events are the same however the bytes are cut', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '',
      '',
      'data: a',
      'data:b: c',
      'event: ping',
      'data',
      ': note',
      'id: 7',
      'grüße 🌍',
      'data: 世',
    ),
    fc.string({ maxLength: 6 }),
  );
  const stream = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 20 });
  fc.assert(
    fc.property(
      stream,
      fc.array(fc.nat(120)),
      fc.integer({ min: 1, max: 30 }),
      (lines, cuts, maxEventLength) => {
        const bytes = Buffer.from(lines.flat().join(''));
        for (const options of [{}, { maxEventLength }]) {
          const whole = inPieces(bytes, [], options);
          assert.deepEqual(inPieces(bytes, cuts, options), whole);
          assert.deepEqual(inPieces(bytes, [...bytes.keys()], options), whole);
        }
      },
    ),
  );
});

test('an event above the limit is told without its data, and the next one is whole', () => {
  const bytes = Buffer.from(`data: ${'x'.repeat(50)}\ndata: y\n\ndata: z\n\n`);
  for (const cuts of [[], [3, 30, 40], [...bytes.keys()]])
    assert.deepEqual(inPieces(bytes, cuts, { maxEventLength: 40 }), [
      { type: TOO_LONG, data: '' },
      { type: 'message', data: 'z' },
    ]);
});

/** Characters that are searched and joined for a stream in pieces of this size. */
function workFor(text: string, piece: number): number {
  let work = 0;
  const onWork = (characters: number): void => {
    work += characters;
  };
  const bytes = Buffer.from(text);
  const cuts = Array.from({ length: Math.floor(bytes.length / piece) }, (_, i) => (i + 1) * piece);
  inPieces(bytes, cuts, { onWork });
  return work;
}

test('work is linear in the bytes: one long line, many short ones, with and without CR, in any pieces', () => {
  const streams = [
    `data: ${'x'.repeat(400_000)}\n\n`,
    'data: x\n\n'.repeat(40_000),
    `${'data: x\n'.repeat(40_000)}\r\n`,
    '\r'.repeat(100_000),
    `data: x\r${'y'.repeat(400_000)}`,
  ];
  for (const [i, text] of streams.entries())
    for (const piece of [7, 1_000, 100_000, 1_000_000]) {
      const work = workFor(text, piece);
      // Two searches for line ends, one for the colon, and two joins.
      assert.ok(
        work <= 6 * text.length + 10,
        `stream ${i} in pieces of ${piece}: ${work} for ${text.length}`,
      );
    }
});
