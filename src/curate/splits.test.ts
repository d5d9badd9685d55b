/** The splits: shares, whole sessions, epochs; and the search for near-duplicates. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sortCall as call, sum, sortTask as task, WORDS } from '../../test/support/sort-calls.ts';
import { UNTIMED } from '../core/call.ts';
import { SPLITS } from '../core/dataset.ts';
import { buildDataset } from './dataset.ts';
import { neighbours, resemblance, shingles } from './similar.ts';
import { defaultShares, splitSessions } from './splits.ts';

describe('defaultShares', () => {
  it('adds up and holds enough back for the gate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200_000 }), (n) => {
        const shares = defaultShares(n);
        assert.ok(Math.abs(sum(Object.values(shares)) - 1) < 1e-9);
        assert.ok(shares.train >= 0.35);
        if (n >= 1000) assert.ok(shares.calibration * n >= 399);
      }),
    );
  });
});

describe('splitSessions', () => {
  it('keeps sessions whole, comes near to the shares, and leaves no split empty', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 4, maxLength: 200 });
    fc.assert(
      fc.property(sizes, (given) => {
        const shares = defaultShares(sum(given));
        const names = splitSessions(given, shares);
        assert.equal(names.length, given.length);
        assert.deepEqual([...new Set(names)], [...SPLITS]);
        const train = sum(given.filter((_, i) => names[i] === 'train'));
        if (given.length >= 40) assert.ok(Math.abs(train / sum(given) - shares.train) < 0.1);
      }),
    );
  });
});

describe('an epoch', () => {
  it('gives the gate and the exam calls of after its change was found, and training what was before, too', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 700 }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 5 }),
        (since, delay, perSession) => {
          const calls = Array.from({ length: 800 }, (_, i) =>
            call(i, Math.floor(i / perSession), `number ${i} of ${WORDS[i % 15]}`, 'a'),
          );
          const at = (i: number): number => calls[Math.min(799, i)]!.at;
          const epoch = { since: at(since), found: at(since + delay), reason: 'for a test' };
          const dataset = buildDataset(task, calls, { seed: 1, epoch });
          const { train, validation, calibration, exam } = dataset.splits;
          assert.deepEqual(dataset.epoch, epoch);
          const begun = new Map<string, number>();
          for (const { sessionId, at: began } of calls)
            begun.set(sessionId, Math.min(began, begun.get(sessionId) ?? began));
          const isFrom = (time: number) => (each: { readonly sessionId: string }) =>
            begun.get(each.sessionId)! >= time;
          assert.ok(validation.every(isFrom(epoch.since)));
          assert.ok([...calibration, ...exam].every(isFrom(epoch.found)));
          const all = [...train, ...validation, ...calibration, ...exam];
          assert.equal(new Set(all.map(({ callId }) => callId)).size, all.length);
          // Three quarters of what came since it was found, or as much as of any task.
          const fresh = calls.filter(isFrom(epoch.found)).length;
          const own = calls.filter(isFrom(epoch.since)).length;
          assert.ok(
            calibration.length >= Math.min(0.38 * own, 0.7 * fresh) - 3 * perSession,
            `${calibration.length} of ${fresh}`,
          );
          // Another epoch is another dataset.
          assert.notEqual(buildDataset(task, calls, { seed: 1 }).splits.calibration, calibration);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('has calls without a time in no split, and the order of time, whatever is asked for', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 60, maxLength: 120 }), fc.nat(119), (timed, since) => {
        const calls = timed.map((isTimed, i) => ({
          ...call(i, i, `number ${i} of ${WORDS[i % 15]}`, 'a'),
          tags: isTimed ? {} : { [UNTIMED]: 'yes' },
        }));
        const at = calls[Math.min(since, calls.length - 1)]!.at;
        const epoch = { since: at, found: at, reason: 'for a test' };
        const known = calls.filter((_, i) => timed[i]);
        for (const order of ['time', 'shuffle-sessions'] as const) {
          const { splits, order: used, dropped } = buildDataset(task, calls, { seed: 1, epoch, order });
          assert.equal(used, 'time');
          assert.equal(dropped.untimed ?? 0, calls.length - known.length);
          assert.deepEqual(splits, buildDataset(task, known, { seed: 1, epoch }).splits);
        }
        // Before any change is known they teach and prove as others do.
        assert.equal(buildDataset(task, calls, { seed: 1 }).dropped.untimed, undefined);
      }),
      { numRuns: 20 },
    );
  });
});

describe('neighbours', () => {
  it('misses no near-duplicate', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 14 }).map((list) => list.join(' '));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 25 }), fc.constantFrom(0.5, 0.8, 0.9), (texts, bound) => {
        const index = neighbours(texts, bound);
        const sets = texts.map(shingles);
        for (const [i] of texts.entries()) {
          const expected = sets
            .slice(0, i)
            .flatMap((set, j) => (resemblance(set, sets[i]!) >= bound ? [j] : []));
          assert.deepEqual(index.near(i), expected);
          index.add(i);
        }
      }),
    );
  });
});
