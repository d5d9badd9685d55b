import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { shrinkage } from './curve.ts';

test('a power law is continued as it is', () => {
  const points = [100, 200, 400].map((calls) => ({ calls, missed: 0.5 * (calls / 100) ** -0.5 }));
  assert.ok(Math.abs(shrinkage(points, 1600) - 0.5) < 1e-9);
});

test('what is missed never grows with the calls, and never shrinks faster than they grow', () => {
  const point = fc.record({
    calls: fc.integer({ min: 1, max: 1e6 }),
    missed: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(point, { maxLength: 4 }), fc.integer({ min: 1, max: 1e7 }), (points, calls) => {
      const factor = shrinkage(points, calls);
      const last = points.at(-1)?.calls ?? calls;
      assert.ok(factor <= 1 && factor >= Math.min(1, last / calls) - 1e-9, `${factor}`);
    }),
  );
});
