import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logTo } from './log.ts';

test('lines become objects with a time: events with their fields, sentences with their area', () => {
  const lines: string[] = [];
  const log = logTo({ err: (text) => lines.push(text) }, 'json', () => 0);
  log('upstream-failed {"callId":"call_1","status":502}');
  log('capture: calls wait\nin the journal');
  log('calls pass through and are not recorded.');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [
      { time: '1970-01-01T00:00:00.000Z', event: 'upstream-failed', callId: 'call_1', status: 502 },
      { time: '1970-01-01T00:00:00.000Z', area: 'capture', message: 'capture: calls wait\nin the journal' },
      { time: '1970-01-01T00:00:00.000Z', message: 'calls pass through and are not recorded.' },
    ],
  );
  assert.ok(
    lines.every((line) => line.indexOf('\n') === line.length - 1),
    'one line each',
  );
});
