import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { exampleCall, temporaryFolder } from '../../test/support/calls.ts';
import { openDataFolder, REDACTION } from '../../test/support/data-folder.ts';
import { UnderstudyError } from '../core/errors.ts';
import { drain } from './drain.ts';
import { startDrain } from './drain-loop.ts';
import { encodeFrame } from './frames.ts';
import { openRecorder } from './recorder.ts';

/** A recorder and a drain beside it. */
async function recording() {
  const dataDir = temporaryFolder();
  const folder = openDataFolder(dataDir);
  const dir = join(dataDir, 'journal');
  const recorder = await openRecorder({ dir, vault: folder.vault, redaction: REDACTION, log: assert.fail });
  let faults = 0;
  const store = {
    ...folder.store,
    addCalls: (...given: Parameters<typeof folder.store.addCalls>) => {
      if (faults === 0) return folder.store.addCalls(...given);
      faults--;
      throw new UnderstudyError('overloaded', 'The store is locked.', { hint: '' });
    },
  };
  let ended: () => void = () => {};
  let added = 0;
  const openStage = async () => folder.stage;
  const start = () =>
    startDrain({
      dir,
      store,
      openStage,
      everyMs: 1,
      log: () => {},
      onDrained: ({ calls }) => {
        added += calls;
        ended();
      },
    });
  let draining = start();
  return {
    ...folder,
    dir,
    recorder,
    added: () => added,
    failNext: () => faults++,
    /** Resolves after a round that began after this call. */
    round: async () => {
      for (let i = 0; i < 2; i++) await new Promise<void>((resolve) => (ended = resolve));
    },
    restart: async () => {
      await draining.stop();
      draining = start();
    },
    /** Closes all, after a last drain. */
    close: async () => {
      await recorder.close();
      await draining.stop();
      added += (await drain({ dir, store: folder.store, openStage })).calls;
    },
  };
}

const ACTIONS = ['record', 'record', 'rotate', 'round', 'fault', 'restart', 'tear', 'replace'] as const;

describe('the drain again and again', () => {
  it('takes calls of a segment that stays open, from the second round on', async () => {
    const { recorder, round, store, close } = await recording();
    for (let n = 0; n < 3; n++) await recorder.record(exampleCall(n), 'k');
    await round();
    await round();
    assert.equal(await store.countCalls(), 3);
    await close();
    await store.close();
  });

  it('brings every recorded call into the store once, whatever becomes of segments, store and drain meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...ACTIONS), { maxLength: 25 }), async (actions) => {
        const { recorder, dir, store, calls, added, failNext, round, restart, close } = await recording();
        const recorded: string[] = [];
        const complete = (): string | undefined =>
          readdirSync(dir).findLast((name) => name.endsWith('.segment'));
        for (const action of actions) {
          if (action === 'record') {
            const call = exampleCall(recorded.length);
            assert.equal(await recorder.record(call, 'k'), true);
            recorded.push(call.id);
          } else if (action === 'rotate') recorder.rotate();
          else if (action === 'round') await round();
          else if (action === 'fault') failNext();
          else if (action === 'restart') await restart();
          else {
            const name = complete();
            if (name === undefined) continue;
            try {
              // As a killed writer leaves it, and as erasing does.
              if (action === 'tear') appendFileSync(join(dir, name), TORN);
              else {
                copyFileSync(join(dir, name), join(dir, 'draft'));
                renameSync(join(dir, 'draft'), join(dir, name));
              }
            } catch {
              // The drain was faster.
            }
          }
        }
        await close();
        assert.deepEqual((await calls()).map(({ id }) => id).sort(), recorded.sort());
        assert.equal(added(), recorded.length);
        await store.close();
      }),
      { numRuns: 25 },
    );
  });
});

const TORN = encodeFrame({
  kind: 'part',
  part: { id: 'x', day: '2026-05-01', sealed: Buffer.alloc(100) },
}).subarray(0, 40);
