/** The recording thread under faults: one exchange that kills it costs no other. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NOON, temporaryFolder } from '../../test/support/calls.ts';
import { openDataFolder, REDACTION } from '../../test/support/data-folder.ts';
import { rawExchange } from '../../test/support/raw-exchange.ts';
import { nothingDrained } from './drain.ts';
import { type ExchangeThread, openExchangeThread } from './exchange-thread.ts';
import { dayOf } from './vault.ts';

const PROGRAM = new URL('../../test/support/poisoned-exchange-worker.ts', import.meta.url);

async function open(maxMs = 60_000) {
  const dataDir = temporaryFolder();
  const dir = join(dataDir, 'journal');
  mkdirSync(dir);
  const folder = openDataFolder(dataDir);
  const thread = openExchangeThread({
    dir,
    redaction: REDACTION,
    maxBodyBytes: 1e6,
    segmentBytes: null,
    label: '-large',
    onSealed: () => {},
    program: PROGRAM,
    maxMs,
    memoryMb: 64,
  });
  await folder.vault.prepare(dayOf(NOON));
  const keys = folder.vault.sealingKeys(dayOf(NOON));
  return { ...folder, dir, thread, record: recordAll(thread, keys) };
}

const recordAll =
  (thread: ExchangeThread, keys: Parameters<ExchangeThread['record']>[1]) =>
  async (ids: readonly string[]): Promise<readonly string[]> => {
    const settled = await Promise.allSettled(
      ids.map((id) => thread.record(rawExchange(id, `question ${id}`), keys)),
    );
    return ids.filter((_, i) => settled[i]!.status === 'fulfilled');
  };

describe('openExchangeThread', () => {
  it('loses the exchange that kills the thread, and no other, whatever kills it and wherever it stands', async () => {
    const fault = fc.constantFrom('exit', 'throw', 'fine', 'fine', 'fine');
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { minLength: 1, maxLength: 8 }), async (kinds) => {
        const { store, dir, thread, record, drain } = await open();
        const ids = kinds.map((kind, i) => `${kind}_${i}`);
        const fine = ids.filter((id) => id.startsWith('fine'));
        assert.deepEqual(await record(ids), fine);
        await thread.close(10_000);
        // Nothing stays open, to be read at every drain.
        assert.deepEqual(
          readdirSync(dir).filter((name) => name.endsWith('.open')),
          [],
        );
        assert.deepEqual(await drain(dir), { ...nothingDrained(), calls: fine.length });
        assert.deepEqual(
          (await Array.fromAsync(store.calls()))
            .flat()
            .map(({ id }) => id)
            .sort(),
          fine,
        );
        await store.close();
      }),
      { numRuns: 12 },
    );
  });

  it('ends a thread that does not come back from an exchange', async () => {
    const { store, thread, record } = await open(1500);
    assert.deepEqual(await record(['fine_0', 'loop_1', 'fine_2']), ['fine_0', 'fine_2']);
    await thread.close(10_000);
    await store.close();
  });

  it('outlives an exchange that takes all of its memory', async () => {
    const { store, thread, record } = await open();
    assert.deepEqual(await record(['fine_0', 'memory_1', 'fine_2']), ['fine_0', 'fine_2']);
    await thread.close(10_000);
    await store.close();
  });

  it('closes the segment of a thread that died, and none of another writer', async () => {
    const { store, dir, thread, record, drain } = await open();
    const { openJournal } = await import('./journal.ts');
    const own = openJournal({ dir });
    await own.append(() => [Buffer.from('x')]);
    assert.deepEqual(await record(['fine_0', 'exit_1']), ['fine_0']);
    const [large, small] = readdirSync(dir).sort((a, b) => b.length - a.length);
    assert.match(large!, /-large\.segment$/);
    assert.match(small!, /^j_[0-9a-f]+\.open$/);
    assert.equal((await drain(dir)).calls, 1);
    await thread.close(10_000);
    own.close();
    await store.close();
  });
});
