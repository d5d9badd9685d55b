import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { exampleCall, NOON, temporaryFolder } from '../../test/support/calls.ts';
import { openDataFolder, REDACTION } from '../../test/support/data-folder.ts';
import type { EntityFinder } from '../core/entity.ts';
import type { Specialist } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { drain, nothingDrained } from './drain.ts';
import { DAY_ERASED, eraseDays } from './erase.ts';
import { openRecorder } from './recorder.ts';
import { secondStage } from './second-stage.ts';
import { dayOf } from './vault.ts';

const DAY_MS = 24 * 3600_000;
const dayNo = (n: number): string => dayOf(NOON + n * DAY_MS);

/** A data folder with a recorder on its journal. */
async function setUp() {
  const dataDir = temporaryFolder();
  const folder = openDataFolder(dataDir);
  const journal = join(dataDir, 'journal');
  let time = NOON;
  const recorder = await openRecorder({
    dir: journal,
    vault: folder.vault,
    redaction: REDACTION,
    log: assert.fail,
    now: () => time,
  });
  let calls = 0;
  /** Records a call of that day, and gives its id. */
  const record = async (day: number): Promise<string> => {
    time = NOON + day * DAY_MS;
    const call = exampleCall(calls++, { at: time });
    assert.equal(await recorder.record(call, 'k'), true);
    return call.id;
  };
  const erase = (from: number | null, to: number, dryRun = false) =>
    eraseDays({
      store: folder.store,
      journals: [journal, join(dataDir, 'none')],
      dryRun,
      from: from === null ? null : dayNo(from),
      to: dayNo(to),
    });
  return {
    ...folder,
    dataDir,
    journal,
    recorder,
    record,
    erase,
    drainAll: () => folder.drain(journal),
    idsRead: async () => (await folder.calls()).map(({ id }) => id).sort(),
  };
}

const segmentsIn = (dir: string): string[] =>
  readdirSync(dir).filter((name) => /\.(?:open|segment)$/.test(name));

/** Sets the closed segments of the journal aside, as a drain does that cannot read all of them. */
function quarantine(journal: string): void {
  mkdirSync(join(journal, 'quarantine'), { recursive: true });
  for (const name of segmentsIn(journal).filter((each) => each.endsWith('.segment')))
    renameSync(join(journal, name), join(journal, 'quarantine', name));
}

describe('eraseDays', () => {
  it('leaves nothing of the days, and all of the others, wherever calls are', () =>
    fc.assert(
      fc.asyncProperty(
        // In each place some calls of some days: the store, quarantine, closed segments, a segment being written.
        fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }), { minLength: 4, maxLength: 4 }),
        fc.option(fc.integer({ min: 0, max: 3 })),
        fc.integer({ min: 0, max: 3 }),
        async ([stored = [], aside = [], closed = [], open = []], from, to) => {
          const { store, recorder, record, drainAll, erase, idsRead, journal } = await setUp();
          const kept = new Set<string>();
          const isErased = (day: number): boolean => day >= (from ?? 0) && day <= to;
          const add = async (days: readonly number[], isDrained: boolean): Promise<void> => {
            for (const day of days) {
              const id = await record(day);
              if (isDrained && !isErased(day)) kept.add(id);
            }
            recorder.rotate();
          };
          await add(stored, true);
          await drainAll();
          await add(aside, false);
          quarantine(journal);
          await add(closed, true);
          for (const day of open) {
            const id = await record(day);
            if (!isErased(day)) kept.add(id);
          }
          const preview = await erase(from, to, true);
          const report = await erase(from, to);
          assert.deepEqual({ ...preview, dryRun: false, parts: report.parts }, report);
          assert.equal(report.calls, stored.filter(isErased).length);
          assert.equal(report.journal.calls, [...aside, ...closed, ...open].filter(isErased).length);
          assert.equal(report.journal.open, open.some(isErased) ? 1 : 0);
          assert.equal(report.purged, true);
          await recorder.close();
          const drained = await drainAll();
          assert.deepEqual([drained.damaged, drained.quarantined], [0, 0]);
          assert.deepEqual(await idsRead(), [...kept].sort());
          assert.equal(await store.countCalls(), kept.size);
          assert.ok((await store.keyDays()).every((day) => day < dayNo(from ?? 0) || day > dayNo(to)));
          const inQuarantine = aside.filter((day) => !isErased(day)).length;
          const again = await erase(null, 9);
          assert.equal(again.journal.calls, inQuarantine);
          await store.close();
        },
      ),
      { numRuns: 15 },
    ));

  it('leaves neither the key nor a call’s id in any file', async () => {
    const { store, recorder, record, drainAll, erase, dataDir } = await setUp();
    const id = await record(0);
    const other = await record(1);
    recorder.rotate();
    await drainAll();
    const [key] = await store.keys([dayNo(0)]);
    const waiting = await record(0);
    recorder.rotate();
    const found = (bytes: string | Uint8Array): string[] =>
      readdirSync(dataDir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name))
        .filter((path) => readFileSync(path).includes(Buffer.from(bytes)));
    assert.notDeepEqual(found(key!.wrapped), []);
    assert.notDeepEqual(found(id), []);
    assert.notDeepEqual(found(waiting), []);
    await erase(0, 0);
    assert.deepEqual(found(key!.wrapped), []);
    assert.deepEqual(found(id), []);
    assert.deepEqual(found(waiting), []);
    assert.notDeepEqual(found(other), []);
    await recorder.close();
    await store.close();
  });

  it('puts each day on record, and changes nothing in a dry run', async () => {
    const { store, recorder, record, drainAll, erase, idsRead } = await setUp();
    const ids = [await record(0), await record(1)];
    recorder.rotate();
    await drainAll();
    const preview = await erase(null, 1, true);
    assert.deepEqual([preview.calls, preview.days], [2, [dayNo(0), dayNo(1)]]);
    assert.deepEqual(await idsRead(), ids);
    assert.deepEqual(await store.events({ kind: DAY_ERASED }), []);
    await erase(null, 1);
    const subjects = (await store.events({ kind: DAY_ERASED })).map(({ subject }) => subject);
    assert.deepEqual(subjects, [dayNo(0), dayNo(1)]);
    await recorder.close();
    await store.close();
  });

  it('names the specialists that learnt from erased calls, which stay', async () => {
    const { store, recorder, record, drainAll, erase } = await setUp();
    const [callId, otherId] = [await record(0), await record(1)];
    recorder.rotate();
    await drainAll();
    const none = { validation: [], calibration: [], exam: [] };
    const dataset = {
      taskId: 't1',
      kind: 'label',
      dropped: {},
      contradictions: { repeated: 0, differing: 0 },
      order: 'time',
    } as const;
    await store.putTasks([{ id: 't1', name: 'Triage' } as Task]);
    for (const [id, of] of [
      ['d1', callId],
      ['d2', otherId],
    ] as const) {
      await store.addDataset({ id, ...dataset, splits: { train: [{ callId: of, weight: 1 }], ...none } });
      const evidence = { datasetId: id };
      await store.addSpecialist({ id: `s-${id}`, taskId: 't1', version: 1, evidence } as Specialist);
    }
    const live = { stage: 'live', threshold: 0.9, history: [] } as const;
    await store.putDeployment({ id: 'dep', taskId: 't1', specialistId: 's-d1', ...live }, null);
    const { stays } = await erase(0, 0);
    assert.deepEqual(stays, {
      tasks: 1,
      specialists: [{ id: 's-d1', task: 'Triage', version: 1, stage: 'live' }],
    });
    assert.equal((await store.specialists()).length, 2);
    await recorder.close();
    await store.close();
  });

  it('refuses what is no day before it changes anything', async () => {
    const { store, recorder } = await setUp();
    for (const to of ['2026-02-30', 'yesterday', '2026-5-1'])
      await assert.rejects(eraseDays({ store, journals: [], from: null, to }), { code: 'bad-input' });
    assert.equal((await store.keyDays()).length > 0, true);
    await recorder.close();
    await store.close();
  });

  it('takes a segment of the day that nobody can read by the time of its last write', async () => {
    const { store, recorder, erase, journal } = await setUp();
    mkdirSync(join(journal, 'quarantine'));
    const path = join(journal, 'quarantine', 'j_0.segment');
    writeFileSync(path, 'nothing of this is a frame');
    assert.equal((await erase(null, 0)).journal.segments, 0);
    const today = dayOf(Date.now());
    const report = await eraseDays({ store, journals: [journal], from: today, to: today });
    assert.equal(report.journal.segments, 1);
    assert.deepEqual(segmentsIn(join(journal, 'quarantine')), []);
    await recorder.close();
    await store.close();
  });
});

describe('erasing beside a gateway', () => {
  it('lets it go on under a new key: the erased key does not come back, nor the erased calls', async () => {
    const { store, recorder, record, drainAll, erase, idsRead, journal } = await setUp();
    await record(0);
    const [before] = await store.keys([dayNo(0)]);
    await erase(0, 0);
    // Between the erasure and the moment it is noticed, under the old key still: gone with the day.
    await record(0);
    assert.ok(!(await store.keyDays()).includes(dayNo(0)));
    await recorder.refreshKeys();
    const after = [await record(0), await record(0)];
    recorder.rotate();
    const [fresh] = await store.keys([dayNo(0)]);
    assert.ok(fresh && Buffer.compare(fresh.wrapped, before!.wrapped) !== 0);
    const drained = await drainAll();
    assert.deepEqual(drained, { ...nothingDrained(), calls: 2 });
    assert.deepEqual(await idsRead(), after);
    assert.deepEqual(segmentsIn(journal), []);
    assert.deepEqual(recorder.counts, { recorded: 4, failed: 0 });
    await recorder.close();
    await store.close();
  });

  it('keeps the key while the store cannot be asked', async () => {
    const { store, recorder, record, vault, idsRead, drainAll } = await setUp();
    await record(0);
    const id = vault.keyId(dayNo(0));
    const keys = store.keys;
    Object.assign(store, { keys: async () => Promise.reject(new Error('locked')) });
    await recorder.refreshKeys();
    Object.assign(store, { keys });
    assert.equal(vault.keyId(dayNo(0)), id);
    await record(0);
    await recorder.close();
    await drainAll();
    assert.equal((await idsRead()).length, 2);
    await store.close();
  });

  it('keeps a day erased while its calls are looked through for people', async () => {
    const { store, vault, context, recorder, record, erase, journal } = await setUp();
    await record(0);
    const other = await record(1);
    recorder.rotate();
    let looked = 0;
    const finder: EntityFinder = {
      find: async (texts) => {
        if (looked++ === 0) await erase(0, 0);
        return texts.map(() => []);
      },
      close: async () => {},
    };
    const stage = secondStage({ vault, store, finder, context });
    const drained = await drain({ dir: journal, store, openStage: async () => stage });
    assert.equal(drained.calls, 1);
    assert.equal(drained.damaged, 0);
    const stored = (await Array.fromAsync(store.calls())).flat();
    assert.deepEqual(
      stored.map(({ id }) => id),
      [other],
    );
    assert.ok(!(await store.keyDays()).includes(dayNo(0)));
    await recorder.close();
    await store.close();
  });

  it('tells an erased day from a key that is lost: what the lost one sealed is kept aside', async () => {
    const { store, recorder, record, drainAll, journal } = await setUp();
    await record(0);
    recorder.rotate();
    await store.deleteKey(dayNo(0));
    const drained = await drainAll();
    assert.deepEqual([drained.calls, drained.damaged, drained.quarantined], [0, 1, 1]);
    assert.equal(segmentsIn(join(journal, 'quarantine')).length, 1);
    await recorder.close();
    await store.close();
  });
});
