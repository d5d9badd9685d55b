/** A disk that is full at any moment: calls that do not fit are counted, nothing else is lost, and it recovers. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { exampleCall, temporaryFolder } from '../../test/support/calls.ts';
import { openDataFolder, REDACTION } from '../../test/support/data-folder.ts';
import { failingDisk } from '../../test/support/failing-disk.ts';
import { openLosses } from './losses.ts';
import { openRecorder } from './recorder.ts';
import { openKeys } from './vault.ts';

const disk = failingDisk();
after(() => disk.restore());

const segments = (dir: string, ending: string): string[] =>
  readdirSync(dir).filter((name) => name.endsWith(ending));

describe('a recorder on a disk that is full for a while', () => {
  it('loses the calls that do not fit, counts them, and keeps all others, whatever fails and whenever', async () => {
    const operation = fc.constantFrom('open', 'write', 'fsync', 'rename', 'mkdir');
    const step = fc.oneof(
      { arbitrary: fc.constant('record'), weight: 4 },
      { arbitrary: fc.constant('rotate'), weight: 1 },
      { arbitrary: fc.constant('space'), weight: 2 },
      { arbitrary: operation, weight: 3 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.boolean(), async (steps, small) => {
        disk.fail([], '');
        const dataDir = temporaryFolder();
        const { store, vault, drain } = openDataFolder(dataDir);
        const dir = join(dataDir, 'journal');
        const losses = openLosses(dataDir);
        const recorder = await openRecorder({
          dir,
          vault,
          redaction: REDACTION,
          losses,
          log: () => {},
          ...(small ? { segmentBytes: 2000 } : {}),
        });
        const kept: string[] = [];
        let lost = 0;
        let n = 0;
        for (const each of steps) {
          if (each === 'record') {
            const id = `call_${n++}`;
            if (await recorder.record(exampleCall(n, { id }), 'key')) kept.push(id);
            else lost++;
          } else if (each === 'rotate') recorder.rotate();
          else if (each === 'space') disk.fail([], '');
          else disk.fail([each as 'open'], dir);
        }
        disk.fail([], '');
        assert.ok(await recorder.record(exampleCall(1, { id: 'last' }), 'key'));
        kept.push('last');
        recorder.rotate();
        await recorder.close();
        assert.equal(losses.counts()['not-recorded'] ?? 0, lost);
        assert.deepEqual(segments(dir, '.open'), []);
        const drained = await drain(dir);
        assert.equal(drained.quarantined, 0);
        assert.deepEqual(
          (await Array.fromAsync(store.calls()))
            .flat()
            .map(({ id }) => id)
            .sort(),
          kept.sort(),
        );
        await losses.close();
        await store.close();
      }),
      { numRuns: 60 },
    );
  });

  it('gives the words of an application again where the call that brought them was not written', async () => {
    const dataDir = temporaryFolder();
    const { store, vault, drain } = openDataFolder(dataDir);
    const dir = join(dataDir, 'journal');
    const recorder = await openRecorder({ dir, vault, redaction: REDACTION, log: () => {} });
    const brand = 'Doktor Freud';
    const call = (n: number) => {
      const base = exampleCall(n);
      const responseFormat = { type: 'json_schema', enum: [brand] };
      return { ...base, request: { ...base.request, responseFormat } };
    };
    disk.fail(['write'], dir);
    assert.equal(await recorder.record(call(1), 'key'), false);
    disk.fail([], '');
    assert.equal(await recorder.record(call(2), 'key'), true);
    assert.equal(await recorder.record(call(3), 'key'), true);
    await recorder.close();
    await drain(dir);
    assert.deepEqual([...(await store.vocabulary()).values()].flat(), [brand]);
    await store.close();
  });
});

describe('openKeys', () => {
  it('leaves nothing behind on a full disk, and makes the key when there is space', () => {
    const dataDir = temporaryFolder();
    disk.fail(['write'], dataDir);
    assert.throws(() => openKeys({ dataDir }), { code: 'unavailable' });
    assert.deepEqual(readdirSync(dataDir), []);
    disk.fail([], '');
    openKeys({ dataDir });
    assert.deepEqual(readdirSync(dataDir), ['master.key']);
  });
});
