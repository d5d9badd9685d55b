import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { exampleCall, temporaryFolder } from '../../test/support/calls.ts';
import { openDataFolder, REDACTION } from '../../test/support/data-folder.ts';
import { UnderstudyError } from '../core/errors.ts';
import { eraseSenders, senderOf } from './erase-sender.ts';
import { openRecorder } from './recorder.ts';

test('erasing senders takes all of their calls and nobody else’s, whoever sent what', async () => {
  const senders = [senderOf('key 1', null), senderOf('key 1', 'ada'), senderOf('key 2', 'ada')];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 12 }),
      fc.uniqueArray(fc.nat({ max: 2 }), { maxLength: 3 }),
      async (sentBy, erased) => {
        const dataDir = temporaryFolder();
        const folder = openDataFolder(dataDir);
        const dir = join(dataDir, 'journal');
        const { vault } = folder;
        const recorder = await openRecorder({ dir, vault, redaction: REDACTION, log: assert.fail });
        const ids: string[] = [];
        for (const [n, sender] of sentBy.entries()) {
          // Every other call says the same, so that parts are shared among senders.
          const call = { ...exampleCall(n % 2), id: `call_${n}` };
          ids.push(call.id);
          await recorder.record(
            call,
            senders[sender] ?? '',
            () => assert.fail(),
            () => {},
          );
        }
        await recorder.close();
        await folder.drain(dir);
        const origins = erased.map((sender) => vault.pseudonym(senders[sender] ?? ''));
        const mine = ids.filter((_, n) => erased.includes(sentBy[n] ?? -1));
        const preview = await eraseSenders({ store: folder.store, origins, dryRun: true });
        assert.equal(preview.calls, mine.length);
        assert.equal((await folder.calls()).length, ids.length, 'a dry run changes nothing');
        const report = await eraseSenders({ store: folder.store, origins });
        assert.equal(report.calls, mine.length);
        assert.deepEqual(
          (await folder.calls()).map(({ id }) => id).sort(),
          ids.filter((id) => !mine.includes(id)).sort(),
          'the calls of others can still be opened',
        );
        await folder.store.close();
      },
    ),
    { numRuns: 15 },
  );
});

test('what is no pseudonym is refused', async () => {
  const { store } = openDataFolder(temporaryFolder());
  await assert.rejects(
    eraseSenders({ store, origins: ['ada@example.com'] }),
    (error: unknown) => error instanceof UnderstudyError && error.code === 'bad-input',
  );
});
