import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { callsNeeded } from '../../src/stats/statistics.ts';
import { atBound, confidenceOfBound } from './risk.ts';

const point = (served: number, errors: number) => ({
  threshold: 0.5,
  coverage: served / 1000,
  served,
  errors,
});

test('atBound: as many calls without an error as the gate asks for are just enough', () => {
  const needed = callsNeeded(0, 0.02, 0.05);
  assert.equal(needed, 149);
  assert.equal(atBound([point(needed, 0)], 0.02, 0.05, 1)?.served, needed);
  assert.equal(atBound([point(needed - 1, 0)], 0.02, 0.05, 1), null);
});

test('atBound: of those that pass, the point of most coverage is taken', () => {
  const curve = [point(160, 0), point(320, 2), point(400, 9)];
  assert.equal(atBound(curve, 0.02, 0.05, 1)?.served, 320);
});

test('confidenceOfBound: more errors, or calls that hang together, make it smaller', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 500 }),
      fc.integer({ min: 0, max: 20 }),
      fc.double({ min: 0.1, max: 1, noNaN: true }),
      (served, errors, worth) => {
        const sure = confidenceOfBound(point(served, errors), 0.05, 1);
        assert.ok(confidenceOfBound(point(served, errors + 1), 0.05, 1) <= sure);
        if (errors === 0) assert.ok(confidenceOfBound(point(served, 0), 0.05, worth) <= sure + 1e-12);
      },
    ),
  );
});
