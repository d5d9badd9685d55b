/** The bounded memories against plain lists. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { recentQuantile, recentSum } from './sliding-window.ts';

const entries = fc.array(
  fc.record({ after: fc.integer({ min: 0, max: 30_000 }), value: fc.integer({ min: 0, max: 5000 }) }),
  { minLength: 1, maxLength: 300 },
);

test('the sum is that of the window, plus at most what is one slice older', () => {
  fc.assert(
    fc.property(entries, (all) => {
      const sum = recentSum(60_000);
      const list: { at: number; value: number }[] = [];
      let now = 0;
      for (const { after, value } of all) {
        now += after;
        sum.add(now, value);
        list.push({ at: now, value });
        const since = (from: number): number =>
          list.reduce((total, each) => (each.at >= from ? total + each.value : total), 0);
        assert.ok(sum.total(now) >= since(now - 60_000));
        assert.ok(sum.total(now) <= since(now - 61_000));
      }
    }),
  );
});

test('the sum is at most the limit from the time that was foretold, and not before', () => {
  fc.assert(
    fc.property(entries, fc.integer({ min: 0, max: 20_000 }), (all, limit) => {
      const sum = recentSum(60_000);
      let now = 0;
      for (const { after, value } of all) {
        now += after;
        sum.add(now, value);
      }
      const at = sum.atMost(now, limit);
      if (at > now) assert.ok(sum.total(at - 1) > limit);
      assert.ok(sum.total(at) <= limit);
    }),
  );
});

test('the quantile is that of the last 200 numbers of ten minutes, and null for fewer than five', () => {
  fc.assert(
    fc.property(entries, (all) => {
      const quantile = recentQuantile();
      const list: { at: number; value: number }[] = [];
      let now = 0;
      for (const { after, value } of all) {
        now += after;
        quantile.add(now, value);
        list.push({ at: now, value });
        const recent = list.slice(-200).filter((each) => each.at >= now - 600_000);
        const sorted = recent.map((each) => each.value).sort((a, b) => a - b);
        assert.equal(quantile.count(now), sorted.length);
        assert.equal(
          quantile.value(now),
          sorted.length < 5 ? null : sorted[Math.ceil(0.99 * sorted.length) - 1],
        );
      }
    }),
  );
});
