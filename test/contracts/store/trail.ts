/** What every TrailStore must do; that tampering shows is tested where rows can be tampered with. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NewTrailEntry, TrailStore } from '../../../src/core/trail.ts';
import type { Opener } from './store.ts';

export function trailEntry(at: number): NewTrailEntry {
  return {
    at,
    actor: { kind: 'user', name: 'ada' },
    action: 'payloads-opened',
    subject: `call_${at}`,
    detail: { calls: at },
  };
}

export function trailStoreContract(name: string, withStore: Opener<TrailStore>): void {
  describe(`trail store contract: ${name}`, () => {
    it('numbers entries from 1 on and gives them back in order', () =>
      withStore(async (store) => {
        for (let at = 1; at <= 5; at++) {
          assert.deepEqual(await store.appendTrail(trailEntry(at)), { no: at, ...trailEntry(at) });
        }
        const all = await store.trail(0, 100);
        assert.deepEqual(
          all.map(({ no }) => no),
          [1, 2, 3, 4, 5],
        );
        assert.deepEqual(await store.trail(2, 2), all.slice(2, 4));
      }));

    it('is whole as it was written, and knows an earlier head', () =>
      withStore(async (store) => {
        assert.deepEqual(await store.checkTrail(), { head: { no: 0, hash: '' }, faults: [] });
        await store.appendTrail(trailEntry(1));
        const noted = (await store.checkTrail()).head;
        await store.appendTrail(trailEntry(2));
        const check = await store.checkTrail(noted);
        assert.deepEqual(check.faults, []);
        assert.equal(check.head.no, 2);
        const other = await store.checkTrail({ no: 1, hash: 'f'.repeat(64) });
        assert.deepEqual(other.faults, ['entry 1 is not the one that was noted']);
        const later = await store.checkTrail({ no: 3, hash: noted.hash });
        assert.deepEqual(later.faults, ['entry 3, which was noted, is missing']);
      }));
  });
}
