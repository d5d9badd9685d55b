import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { exampleCall, NOON, temporaryFolder } from '../../test/support/calls.ts';
import { openDataFolder, REDACTION } from '../../test/support/data-folder.ts';
import { openRecorder } from './recorder.ts';
import { lastToErase, retain } from './retention.ts';
import { dayOf } from './vault.ts';

const DAY_MS = 24 * 3600_000;
const daysAgo = (n: number): string => dayOf(NOON - n * DAY_MS);

test('the oldest days go until both limits hold, no more of them than needed, and never today', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.integer({ min: 0, max: 30 }).map(String), fc.integer({ min: 1, max: 100 })),
      fc.option(fc.integer({ min: 1, max: 40 })),
      fc.option(fc.integer({ min: 1, max: 1000 })),
      (sizes, maxDays, maxBytes) => {
        const bytes = new Map(Object.entries(sizes).map(([n, size]) => [daysAgo(Number(n)), size]));
        const days = [...bytes.keys()];
        const last = lastToErase(days, bytes, { maxDays, maxBytes }, NOON);
        const total = (kept: (day: string) => boolean): number =>
          [...bytes].reduce((sum, [day, size]) => (kept(day) ? sum + size : sum), 0);
        const isKept = (day: string): boolean => last === null || day > last;
        assert.ok(last === null || last < dayOf(NOON));
        if (maxDays !== null) for (const day of days) assert.ok(!isKept(day) || day >= daysAgo(maxDays), day);
        const past = days.filter((day) => isKept(day) && day < dayOf(NOON));
        if (maxBytes !== null) assert.ok(total(isKept) <= maxBytes || past.length === 0);
        if (last === null) return;
        // With the last day that goes, a limit would be broken.
        const withLast = total((day) => isKept(day) || day === last);
        assert.ok(
          (maxDays !== null && last < daysAgo(maxDays)) || (maxBytes !== null && withLast > maxBytes),
        );
      },
    ),
  );
});

test('days over the limit are erased, and it is in the audit trail', async () => {
  const dataDir = temporaryFolder();
  const folder = openDataFolder(dataDir);
  const dir = join(dataDir, 'journal');
  let time = NOON;
  const recorder = await openRecorder({
    dir,
    vault: folder.vault,
    redaction: REDACTION,
    log: assert.fail,
    now: () => time,
  });
  for (const [n, ago] of [9, 5, 1, 0].entries()) {
    time = NOON - ago * DAY_MS;
    await recorder.record(
      exampleCall(n, { at: time }),
      'k',
      () => assert.fail(),
      () => {},
    );
  }
  await recorder.close();
  await folder.drain(dir);
  const { store } = folder;
  const options = { store, journals: [dir], now: () => NOON };
  assert.equal(await retain({ ...options, limits: { maxDays: null, maxBytes: null } }), null);
  const report = await retain({ ...options, limits: { maxDays: 3, maxBytes: null } });
  assert.equal(report?.calls, 2);
  assert.ok(report?.days.includes(daysAgo(9)) && report.days.includes(daysAgo(5)));
  assert.equal((await folder.calls()).length, 2);
  assert.equal(await retain({ ...options, limits: { maxDays: 3, maxBytes: null } }), null);
  await retain({ ...options, limits: { maxDays: null, maxBytes: 1 } });
  assert.equal((await folder.calls()).length, 1, 'today stays');
  const actions = (await store.trail(0, 9)).map(({ action, actor }) => `${actor.name}: ${action}`);
  assert.deepEqual(actions, ['retention: days-erased', 'retention: days-erased']);
});
