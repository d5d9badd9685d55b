import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sessionOf } from './sessions.ts';
import { isPlausible, timeOf } from './times.ts';

const NEW_YEAR = Date.UTC(2026, 0, 1);

test('times are read in every unit, as numbers and as texts', () => {
  for (const [value, expected] of [
    [1_767_225_600, NEW_YEAR],
    [1_767_225_600.5, NEW_YEAR + 500],
    ['1767225600', NEW_YEAR],
    ['1767225600.25', NEW_YEAR + 250],
    [1_767_225_600_000, NEW_YEAR],
    [1_767_225_600_000_000, NEW_YEAR],
    ['1767225600000000321', NEW_YEAR],
    [1_767_225_600_000_000_000, NEW_YEAR],
  ] as const) {
    assert.equal(timeOf(value), expected, String(value));
  }
});

test('a moment has one time, whatever the unit', () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(2015, 0, 1), max: Date.UTC(2100, 0, 1) }), (ms) => {
      assert.equal(timeOf(ms), ms);
      assert.equal(timeOf(ms / 1000), ms);
      assert.equal(timeOf(String(BigInt(ms) * 1000n)), ms);
      assert.equal(timeOf(`${ms}000000`), ms);
      assert.equal(timeOf(new Date(ms).toISOString()), ms);
      assert.equal(timeOf(new Date(ms).toISOString().slice(0, -1).replace('T', ' ')), ms);
      assert.equal(timeOf(new Date(ms).toUTCString()), ms - (ms % 1000));
    }),
  );
});

test('dates are read with a zone and without one, which is UTC', () => {
  for (const [text, expected] of [
    ['2026-01-01T00:00:00Z', NEW_YEAR],
    ['2026-01-01T01:30:00+01:30', NEW_YEAR],
    ['2025-12-31 19:00:00-0500', NEW_YEAR],
    ['2026-01-01 00:00:00+00', NEW_YEAR],
    ['2026-01-01T00:00:00', NEW_YEAR],
    ['2026-01-01 00:00:00.123456', NEW_YEAR + 123],
    ['2026-01-01 00:00:00,5 UTC', NEW_YEAR + 500],
    ['2026-01-01', NEW_YEAR],
    ['2026-01-01T00:00', NEW_YEAR],
    ['Thu, 01 Jan 2026 00:00:00 GMT', NEW_YEAR],
    ['Thu, 1 Jan 2026 02:00:00 +0200', NEW_YEAR],
    ['1 Jan 2026 00:00:00', NEW_YEAR],
  ] as const) {
    assert.equal(timeOf(text), expected, text);
  }
});

test('what is no time is none', () => {
  for (const none of [
    'soon',
    '',
    0,
    -5,
    null,
    Number.NaN,
    1e300,
    '2026-04-31',
    '2026-13-01',
    '2026-01-01 25:00:00',
    {},
    [],
    true,
  ]) {
    assert.equal(timeOf(none), null, String(none));
  }
});

test('a time before 2015, or more than a day ahead, is not plausible', () => {
  assert.ok(isPlausible(NEW_YEAR, NEW_YEAR));
  assert.ok(isPlausible(NEW_YEAR + 80_000_000, NEW_YEAR));
  assert.ok(!isPlausible(NEW_YEAR + 90_000_000, NEW_YEAR));
  assert.ok(!isPlausible(1000, NEW_YEAR));
});

test('sessions stand under many names, and their ids may be numbers', () => {
  for (const record of [
    { session_id: 's' },
    { sessionId: 's' },
    { 'Helicone-Session-Id': 's' },
    { litellm_session_id: 's' },
    { 'session.id': 's' },
    { 'gen_ai.conversation.id': 's' },
    { conversation_id: 's' },
    { conversation: { id: 's' } },
    { threadId: 's' },
    { trace_id: 's' },
  ]) {
    assert.equal(sessionOf(record), 's', JSON.stringify(record));
  }
  assert.equal(sessionOf({ session_id: 42 }), '42');
  assert.equal(sessionOf({ session_id: 0 }), '0');
  assert.equal(sessionOf({ session_id: '' }, null, undefined, 'text', { other: 's' }), null);
});

test('a session comes before a conversation, a thread and a trace, and the record before its metadata', () => {
  assert.equal(sessionOf({ trace_id: 't', thread_id: 'h', conversation_id: 'c', session_id: 's' }), 's');
  assert.equal(sessionOf({ trace_id: 't' }, { session_id: 's' }), 's');
  assert.equal(sessionOf({ session: 'a' }, { session_id: 'b' }), 'a');
  assert.equal(sessionOf({ session: 'a', session_id: 'b' }), 'b');
  assert.equal(sessionOf({ session_id: null, trace_id: 't' }), 't');
});
