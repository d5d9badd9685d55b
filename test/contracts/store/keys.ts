/** What every KeyStore must do. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KeyStore } from '../../../src/core/store.ts';
import type { Opener } from './store.ts';

const bytesOf = async (store: KeyStore, ...days: string[]): Promise<Record<string, number[]>> =>
  Object.fromEntries((await store.keys(days)).map(({ day, wrapped }) => [day, [...wrapped]]));

export function keyStoreContract(name: string, withStore: Opener<KeyStore>): void {
  describe(`key store contract: ${name}`, () => {
    it('keeps the first key of a day', () =>
      withStore(async (store) => {
        assert.deepEqual(await store.keys(['2026-01-02']), []);
        await store.addKey({ day: '2026-01-02', wrapped: new Uint8Array([1, 2, 3]) });
        await store.addKey({ day: '2026-01-02', wrapped: new Uint8Array([9]) });
        assert.deepEqual(await bytesOf(store, '2026-01-02'), { '2026-01-02': [1, 2, 3] });
      }));

    it('gives the keys of the days that have one, each once', () =>
      withStore(async (store) => {
        await store.addKey({ day: '2026-01-03', wrapped: new Uint8Array([3]) });
        await store.addKey({ day: '2026-01-02', wrapped: new Uint8Array([2]) });
        assert.deepEqual(await store.keyDays(), ['2026-01-02', '2026-01-03']);
        assert.equal((await store.keys(['2026-01-02', '2026-01-02', '2026-01-09'])).length, 1);
        assert.deepEqual(await bytesOf(store, '2026-01-03', '2026-01-02'), {
          '2026-01-02': [2],
          '2026-01-03': [3],
        });
      }));

    it('erases the key of one day, and takes another one afterwards', () =>
      withStore(async (store) => {
        await store.addKey({ day: '2026-01-02', wrapped: new Uint8Array([1]) });
        await store.addKey({ day: '2026-01-03', wrapped: new Uint8Array([3]) });
        await store.deleteKey('2026-01-02');
        await store.deleteKey('2026-01-09');
        assert.deepEqual(await store.keyDays(), ['2026-01-03']);
        await store.addKey({ day: '2026-01-02', wrapped: new Uint8Array([2]) });
        assert.deepEqual(await bytesOf(store, '2026-01-02'), { '2026-01-02': [2] });
      }));
  });
}
