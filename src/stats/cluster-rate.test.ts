import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../core/random.ts';
import { clusteredRate } from './cluster-rate.ts';
import type { SessionTally } from './sessions.ts';
import { rateOf } from './statistics.ts';

test('with one call a session the interval is Clopper–Pearson’s', () => {
  const sessions = Array.from({ length: 60 }, (_, i) => ({ served: 1, errors: i < 7 ? 1 : 0 }));
  assert.deepEqual(clusteredRate(sessions), rateOf(7, 60));
  assert.deepEqual(clusteredRate([]), rateOf(0, 0));
});

test('calls are never worth more than they are, nor less than whole sessions would be', () => {
  const tally = fc
    .integer({ min: 0, max: 9 })
    .chain((served) =>
      fc.record({ served: fc.constant(served), errors: fc.integer({ min: 0, max: served }) }),
    );
  fc.assert(
    fc.property(fc.array(tally, { maxLength: 80 }), (sessions) => {
      const rate = clusteredRate(sessions);
      const used = sessions.filter(({ served }) => served > 0);
      const squares = used.reduce((sum, { served }) => sum + served ** 2, 0);
      assert.equal(
        rate.n,
        used.reduce((sum, { served }) => sum + served, 0),
      );
      assert.ok(rate.low <= rate.share + 1e-12 && rate.share <= rate.high + 1e-12);
      if (rate.effectiveN !== undefined)
        assert.ok(rate.effectiveN <= rate.n && rate.effectiveN >= rate.n ** 2 / squares - 1e-9);
    }),
  );
});

test('the interval covers the true rate where whole sessions are wrong, and the plain one does not', () => {
  const random = seededRandom(4);
  const [runs, rate, calls] = [600, 0.1, 8];
  let [missed, plainMissed] = [0, 0];
  for (let run = 0; run < runs; run++) {
    const sessions: SessionTally[] = Array.from({ length: 120 }, () => ({
      served: calls,
      errors: random.next() < rate ? calls : 0,
    }));
    const { low, high, hits, n } = clusteredRate(sessions);
    if (low > rate || high < rate) missed++;
    const plain = rateOf(hits, n);
    if (plain.low > rate || plain.high < rate) plainMissed++;
  }
  assert.ok(missed / runs <= 0.065, `${missed} of ${runs}`);
  assert.ok(plainMissed / runs > 0.3, `${plainMissed} of ${runs}`);
});
