import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CallRequest, REPEAT_PAUSE_MS } from '../core/call.ts';
import { rememberUnfamiliar } from './unfamiliar.ts';

const asking = (content: string, system = ''): Pick<CallRequest, 'messages'> => ({
  messages: [
    { role: 'system', content: system },
    { role: 'user', content },
  ],
});

test('an input that comes again within the pause counts to the unit of its first call, of its task alone', () => {
  const { unitOf } = rememberUnfamiliar(10);
  assert.equal(unitOf('t', asking('a'), '1', 0), '1');
  assert.equal(unitOf('t', asking('a'), '2', REPEAT_PAUSE_MS), '1');
  assert.equal(unitOf('t', asking('a'), '3', 2 * REPEAT_PAUSE_MS), '1');
  assert.equal(unitOf('t', asking('a'), '4', 3 * REPEAT_PAUSE_MS + 1), '4');
  assert.equal(unitOf('other', asking('a'), '5', 3 * REPEAT_PAUSE_MS + 1), '5');
  // In some tasks what differs is in the system message.
  assert.equal(unitOf('t', asking('a', 'another'), '6', 3 * REPEAT_PAUSE_MS + 1), '6');
});

test('only the latest inputs are remembered', () => {
  const { unitOf } = rememberUnfamiliar(2);
  for (const [i, text] of ['a', 'b', 'a', 'c'].entries()) unitOf('t', asking(text), `${i}`, i);
  assert.equal(unitOf('t', asking('a'), 'new', 9), '0');
  assert.equal(unitOf('t', asking('b'), 'new', 9), 'new');
});
