import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Epoch } from '../core/dataset.ts';
import type { Event } from '../core/store.ts';
import { epochsOf, taskChanged } from './epochs.ts';

function memory() {
  const events: Event[] = [];
  return {
    note: (...[taskId, epoch, isVerdict = false]: [string, Epoch, boolean?]): void =>
      void events.push(taskChanged(taskId, epoch, isVerdict)),
    events: async ({ kind, subject }: { kind?: string; subject?: string } = {}) =>
      events.filter((each) => each.kind === kind && each.subject === subject),
  };
}

test('a change that is found twice begins one epoch, another one the next', async () => {
  const store = memory();
  store.note('t1', { since: 10, found: 20, reason: 'an alarm' });
  store.note('t1', { since: 12, found: 25, reason: 'audits, too' });
  store.note('t2', { since: 1, found: 2, reason: 'another task' });
  store.note('t1', { since: 40, found: 44, reason: 'something new' });
  assert.deepEqual(await epochsOf(store, 't1'), [
    { since: 10, found: 20, reason: 'an alarm' },
    { since: 40, found: 44, reason: 'something new' },
  ]);
});

test('a specialist that its errors took out of service begins an epoch, however early they began', async () => {
  const store = memory();
  store.note('t', { since: 10, found: 20, reason: 'an alarm' });
  store.note('t', { since: 12, found: 30, reason: 'retired' }, true);
  store.note('t', {
    since: 25,
    found: 35,
    reason: 'an alarm, about what the verdict was about',
  });
  assert.deepEqual(await epochsOf(store, 't'), [
    { since: 10, found: 20, reason: 'an alarm' },
    { since: 20, found: 30, reason: 'retired' },
  ]);
});

test('epochs follow one another, and no call before a verdict belongs to a later one, whatever is noted', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(100), fc.nat(100), fc.boolean())), async (changes) => {
      const store = memory();
      for (const [since, delay, isVerdict] of changes)
        store.note('t', { since, found: since + delay, reason: '' }, isVerdict);
      const epochs = await epochsOf(store, 't');
      for (const [i, { since, found }] of epochs.entries()) {
        assert.ok(since <= found);
        if (i > 0) assert.ok(since >= epochs[i - 1]!.found && found > epochs[i - 1]!.found);
      }
      for (const [since, delay, isVerdict] of changes)
        if (isVerdict) assert.ok(epochs.at(-1)!.found >= since + delay);
      assert.equal(epochs.length > 0, changes.length > 0);
    }),
  ));
