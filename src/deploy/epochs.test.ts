import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Event } from '../core/store.ts';
import { epochsOf, noteChange } from './epochs.ts';

function memory() {
  const events: Event[] = [];
  return {
    addEvent: async (event: Event) => void events.push(event),
    events: async ({ kind, subject }: { kind?: string; subject?: string } = {}) =>
      events.filter((each) => each.kind === kind && each.subject === subject),
  };
}

test('a change that is found twice begins one epoch, another one the next', async () => {
  const store = memory();
  await noteChange(store, 't1', { since: 10, found: 20, reason: 'an alarm' });
  await noteChange(store, 't1', { since: 12, found: 25, reason: 'audits, too' });
  await noteChange(store, 't2', { since: 1, found: 2, reason: 'another task' });
  await noteChange(store, 't1', { since: 40, found: 44, reason: 'something new' });
  assert.deepEqual(await epochsOf(store, 't1'), [
    { since: 10, found: 20, reason: 'an alarm' },
    { since: 40, found: 44, reason: 'something new' },
  ]);
});

test('each epoch began after the one before it was found, whatever is noted', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(100), fc.nat(100))), async (changes) => {
      const store = memory();
      for (const [since, delay] of changes)
        await noteChange(store, 't', { since, found: since + delay, reason: '' });
      const epochs = await epochsOf(store, 't');
      for (const [i, { since, found }] of epochs.entries()) {
        assert.ok(since <= found);
        if (i > 0) assert.ok(since > epochs[i - 1]!.found);
      }
      assert.equal(epochs.length > 0, changes.length > 0);
    }),
  ));
