import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOf } from './ends.ts';

const NOON = Date.UTC(2026, 4, 1, 12);
const job = { crashes: 0, pid: 7 };

test('an interrupted job waits again, one that crashed longer each time, and no job without limit', () => {
  const waits = (why: Parameters<typeof endOf>[1], crashes = 0): number | undefined => {
    const { state, notBefore, pid } = endOf({ ...job, crashes }, why, 'SIGKILL', NOON);
    assert.deepEqual([state, pid], ['queued', null]);
    return notBefore === undefined ? undefined : notBefore - NOON;
  };
  assert.equal(waits('closing'), 0);
  assert.equal(waits('lost'), 0);
  assert.equal(waits('budget'), 12 * 3_600_000);
  assert.ok(waits('crashed', 2)! > waits('crashed', 0)!);
  assert.equal(endOf({ ...job, crashes: 4 }, 'crashed', 'SIGKILL', NOON).state, 'failed');
  assert.equal(endOf({ ...job, crashes: 4 }, 'lost', '', NOON).state, 'queued');
});

test('each end says why', () => {
  const ends = [
    'cancelled',
    'closing',
    'budget',
    'silent',
    'given-up',
    'lost',
    'not-claimed',
    'crashed',
  ] as const;
  const notes = ends.map((why) => endOf(job, why, 'exit code 9', NOON).note);
  assert.equal(new Set(notes).size, ends.length);
  assert.match(notes.at(-1) ?? '', /exit code 9/);
});
