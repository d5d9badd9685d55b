import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { adjustedRandIndex } from './ari.ts';

test('adjusted Rand index: values that scikit-learn documents', () => {
  assert.equal(adjustedRandIndex([0, 0, 1, 1], [1, 1, 0, 0]), 1);
  assert.ok(Math.abs(adjustedRandIndex([0, 0, 1, 2], [0, 0, 1, 1]) - 4 / 7) < 1e-12);
  assert.equal(adjustedRandIndex([0, 0, 0, 0], [0, 1, 2, 3]), 0);
  assert.ok(Math.abs(adjustedRandIndex([0, 0, 1, 1], [0, 1, 0, 1]) + 0.5) < 1e-12);
});

test('adjusted Rand index: symmetric, 1 for itself, at most 1', () => {
  const clusters = fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(clusters, (pairs) => {
      const a = pairs.map(([x]) => x);
      const b = pairs.map(([, y]) => y);
      assert.equal(adjustedRandIndex(a, a), 1);
      assert.ok(Math.abs(adjustedRandIndex(a, b) - adjustedRandIndex(b, a)) < 1e-12);
      assert.ok(adjustedRandIndex(a, b) <= 1 + 1e-12);
    }),
  );
});
