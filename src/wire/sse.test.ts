import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SseEvent, sseParser } from './sse.ts';

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
