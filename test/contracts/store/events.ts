/** What every EventStore must do. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EventStore } from '../../../src/core/store.ts';
import type { Opener } from './store.ts';

export function eventStoreContract(name: string, withStore: Opener<EventStore>): void {
  describe(`event store contract: ${name}`, () => {
    it('keeps events in order and filters them', () =>
      withStore(async (store) => {
        const event = (id: string, kind: string, subject: string) => ({
          id,
          at: 1,
          kind,
          subject,
          detail: { n: 1 },
        });
        const all = [
          event('1', 'task-found', 't1'),
          event('2', 'specialist-deployed', 's1'),
          event('3', 'task-found', 't2'),
        ];
        for (const one of all) await store.addEvent(one);
        assert.deepEqual(await store.events(), all);
        assert.deepEqual(await store.events({ kind: 'task-found' }), [all[0], all[2]]);
        assert.deepEqual(await store.events({ kind: 'task-found', subject: 't2' }), [all[2]]);
        assert.deepEqual(await store.events({ limit: 2 }), [all[1], all[2]], 'a limit keeps the newest');
      }));
  });
}
