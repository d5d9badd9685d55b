/** The recording threads together: an exchange that never ends holds up no other's answer. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NOON, temporaryFolder } from '../../test/support/calls.ts';
import { openDataFolder, REDACTION } from '../../test/support/data-folder.ts';
import { rawExchange } from '../../test/support/raw-exchange.ts';
import type { RawExchange } from '../core/online.ts';
import { openExchangeThreads } from './exchange-threads.ts';
import { dayOf } from './vault.ts';

const PROGRAM = new URL('../../test/support/poisoned-exchange-worker.ts', import.meta.url);

const exchangeOf = (id: string, bytes: number, encoding = ''): RawExchange =>
  rawExchange(id, 'word '.repeat(bytes / 5), encoding);

async function open() {
  const dataDir = temporaryFolder();
  const dir = join(dataDir, 'journal');
  mkdirSync(dir);
  const { vault, store } = openDataFolder(dataDir);
  const threads = openExchangeThreads({
    dir,
    redaction: REDACTION,
    maxBodyBytes: 32e6,
    segmentBytes: null,
    onSealed: () => {},
    program: PROGRAM,
  });
  await vault.prepare(dayOf(NOON));
  const keys = vault.sealingKeys(dayOf(NOON));
  return {
    threads,
    /** What happens first: it is recorded, fails, or is behind others. */
    first: (exchange: RawExchange): Promise<string> =>
      new Promise((resolve) => {
        threads.record(exchange, keys, { onBehind: () => resolve('behind') }).then(
          () => resolve('recorded'),
          () => resolve('failed'),
        );
      }),
    close: async () => {
      await threads.close(0);
      await store.close();
    },
  };
}

describe('openExchangeThreads', () => {
  it('tells whoever waits that others are in the way, whatever the sizes, where one of them never ends', async () => {
    const size = fc.constantFrom(1000, 100_000, 300_000, 2_000_000);
    const some = fc.array(size, { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(size, some, async (never, sizes) => {
        const { first, close } = await open();
        const endless = first(exchangeOf('loop', never));
        const outcomes = await Promise.all(sizes.map((bytes, i) => first(exchangeOf(`fine_${i}`, bytes))));
        assert.equal(await endless, 'behind');
        assert.ok(outcomes.every((outcome) => outcome !== 'failed'));
        await close();
      }),
      { numRuns: 6 },
    );
  });

  it('records a document while a longer one never ends', async () => {
    const { threads, first, close } = await open();
    void first(exchangeOf('loop', 300_000));
    const { vault } = openDataFolder(temporaryFolder());
    await vault.prepare(dayOf(NOON));
    await threads.record(exchangeOf('fine', 200_000), vault.sealingKeys(dayOf(NOON)));
    await close();
  });

  it('takes a compressed request for a long one, whose length nobody knows', async () => {
    const { threads, first, close } = await open();
    void first(exchangeOf('loop', 100, 'gzip'));
    const { vault } = openDataFolder(temporaryFolder());
    await vault.prepare(dayOf(NOON));
    await threads.record(exchangeOf('fine', 100), vault.sealingKeys(dayOf(NOON)));
    await close();
  });

  it('says nothing of others where there are none', async () => {
    const { first, close } = await open();
    assert.equal(await first(exchangeOf('fine', 1_000_000)), 'recorded');
    await close();
  });
});
