import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { exampleCall, temporaryFolder } from '../../test/support/calls.ts';
import { openDataFolder, REDACTION } from '../../test/support/data-folder.ts';
import type { EntityFinder } from '../core/entity.ts';
import { UnderstudyError } from '../core/errors.ts';
import { drain } from './drain.ts';
import { tryLock } from './lock.ts';
import { openRecorder } from './recorder.ts';
import { secondStage } from './second-stage.ts';

async function recorded(count: number, over: (n: number) => object = () => ({})) {
  const dataDir = temporaryFolder();
  const folder = openDataFolder(dataDir);
  const dir = join(dataDir, 'journal');
  const recorder = await openRecorder({ dir, vault: folder.vault, redaction: REDACTION, log: assert.fail });
  for (let n = 0; n < count; n++) await recorder.record(exampleCall(n, over(n)), 'k');
  await recorder.close();
  const stageWith = (finder: EntityFinder | null) =>
    secondStage({ vault: folder.vault, store: folder.store, finder, context: folder.context });
  return { ...folder, dir, stageWith };
}

describe('drain', () => {
  it('leaves calls in the journal while the model fails, and takes them once it does not', async () => {
    const { dir, store, stageWith } = await recorded(5);
    let failing = true;
    const finder: EntityFinder = {
      find: async (texts) => {
        if (failing) throw new UnderstudyError('internal', 'out of memory', { hint: '' });
        return texts.map(() => []);
      },
      close: async () => {},
    };
    const options = { dir, store, openStage: async () => stageWith(finder) };
    await assert.rejects(drain(options), { code: 'unavailable' });
    assert.equal(await store.countCalls(), 0);
    assert.equal(existsSync(join(dir, 'quarantine')), false);
    failing = false;
    assert.deepEqual(await drain(options), { calls: 5, tornBytes: 0, damaged: 0, quarantined: 0 });
    await store.close();
  });

  it('lets a gateway start while it drains', async () => {
    const { dir, store, stage } = await recorded(3);
    let free: boolean | null = null;
    const openStage = async () => {
      const lock = tryLock(dir);
      free = lock !== null;
      lock?.release();
      return stage;
    };
    await drain({ dir, store, openStage });
    assert.equal(free, true);
    await store.close();
  });

  it('takes the other segments where one cannot be read, and says so', async () => {
    const { dir, store, stage } = await recorded(3);
    // A folder under the name of a segment that comes first.
    const broken = join(dir, 'j_0.segment');
    mkdirSync(broken);
    await assert.rejects(drain({ dir, store, openStage: async () => stage }), { code: 'unavailable' });
    assert.equal(await store.countCalls(), 3);
    assert.deepEqual(
      readdirSync(dir).filter((name) => name.endsWith('.segment')),
      ['j_0.segment'],
    );
    await store.close();
  });

  it('redacts every part, however much comes at once', async () => {
    const noise = (n: number): string =>
      Array.from({ length: 60_000 }, (_, i) => ((i * 7919 + n * 104_729) % 1_000_003).toString(36)).join(' ');
    const { dir, store, stage, calls } = await recorded(6, (n) => ({
      request: {
        ...exampleCall(n).request,
        messages: [
          { role: 'user', content: `Dear Ms Zbigniewska,\n${noise(n)}\nBest regards,\nZofia Kowalczyk` },
        ],
      },
    }));
    await drain({ dir, store, openStage: async () => stage });
    const read = await calls();
    assert.equal(read.length, 6);
    for (const { request } of read)
      assert.doesNotMatch(request.messages[0]?.content ?? '', /Kowalczyk|Zbigniewska/);
    await store.close();
  });
});
