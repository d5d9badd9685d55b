/** What every AccessStore must do. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccessKey, AccessStore } from '../../../src/core/access.ts';
import { UnderstudyError } from '../../../src/core/errors.ts';
import type { Opener } from './store.ts';

export function accessKey(changes: Partial<AccessKey> = {}): AccessKey {
  return {
    id: '00000000000000a1',
    alias: 'helpdesk',
    role: 'app',
    hash: 'ab'.repeat(32),
    previous: null,
    models: null,
    budget: null,
    requestsPerMinute: null,
    tokensPerMinute: null,
    createdAt: 1,
    rotatedAt: null,
    expiresAt: null,
    revokedAt: null,
    ...changes,
  };
}

export function accessStoreContract(name: string, withStore: Opener<AccessStore>): void {
  describe(`access store contract: ${name}`, () => {
    it('keeps keys in the order of their making, and replaces one with the same id', () =>
      withStore(async (store) => {
        const first = accessKey();
        const second = accessKey({
          id: '00000000000000a2',
          alias: 'batch',
          budget: { usd: 5, period: 'day' },
        });
        await store.putAccessKey(first);
        await store.putAccessKey(second);
        const rotated = { ...first, hash: 'cd'.repeat(32), previous: { hash: first.hash, until: 9 } };
        await store.putAccessKey(rotated);
        assert.deepEqual(await store.accessKeys(), [rotated, second]);
      }));

    it('refuses an alias that a key in force has, and gives that of a revoked one away', () =>
      withStore(async (store) => {
        await store.putAccessKey(accessKey());
        const other = accessKey({ id: '00000000000000a2' });
        await assert.rejects(
          store.putAccessKey(other),
          (error: unknown) => error instanceof UnderstudyError && error.code === 'bad-input',
        );
        await store.putAccessKey(accessKey({ revokedAt: 2 }));
        await store.putAccessKey(other);
        assert.equal((await store.accessKeys()).length, 2);
      }));

    it('has another version after each change', () =>
      withStore(async (store) => {
        const versions = [await store.accessVersion()];
        await store.putAccessKey(accessKey());
        versions.push(await store.accessVersion());
        await store.putAccessKey(accessKey({ revokedAt: 2 }));
        versions.push(await store.accessVersion());
        assert.equal(new Set(versions).size, 3);
        await store.addKeyUse([{ keyId: 'k', day: '2026-11-27', requests: 1, tokens: 1, usd: 1 }]);
        assert.equal(await store.accessVersion(), versions[2], 'use is no change of a key');
      }));

    it('adds up what a key uses on a day', () =>
      withStore(async (store) => {
        const use = { keyId: 'k', day: '2026-11-27', requests: 2, tokens: 30, usd: 0.5 };
        await store.addKeyUse([use, { ...use, day: '2026-11-26' }]);
        await store.addKeyUse([use]);
        assert.deepEqual(await store.keyUse('2026-11-27'), [{ ...use, requests: 4, tokens: 60, usd: 1 }]);
        assert.equal((await store.keyUse('')).length, 2);
      }));
  });
}
