import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  betaBinomialTail,
  binomialTail,
  callsNeeded,
  errorsAllowed,
  incompleteBeta,
  rateOf,
} from './statistics.ts';

const near = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

test('the binomial tail equals the sum of its terms', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.double({ min: 0.001, max: 0.999, noNaN: true }),
      fc.nat(60),
      (n, p, k) => {
        let term = (1 - p) ** n;
        let sum = 0;
        for (let i = 0; i <= Math.min(k, n); i++) {
          sum += term;
          term *= ((n - i) / (i + 1)) * (p / (1 - p));
        }
        near(binomialTail(k, n, p), Math.min(1, sum), 1e-9);
      },
    ),
  );
});

test('incomplete beta at values with a closed form', () => {
  near(incompleteBeta(0.3, 1, 1), 0.3, 1e-14);
  near(incompleteBeta(0.5, 2, 2), 0.5, 1e-14);
  near(incompleteBeta(0.2, 1, 5), 1 - 0.8 ** 5, 1e-14);
  near(incompleteBeta(0.2, 5, 1), 0.2 ** 5, 1e-14);
});

test('the calls a gate needs at 2 % and 5 %', () => {
  assert.deepEqual(
    [0, 1, 2].map((errors) => callsNeeded(errors, 0.02, 0.05)),
    [149, 236, 313],
  );
});

test('errors allowed is the inverse of calls needed', () => {
  for (const n of [1, 148, 149, 235, 236, 312, 313, 1000, 5000]) {
    const k = errorsAllowed(n, 0.02, 0.05);
    if (k >= 0) assert.ok(callsNeeded(k, 0.02, 0.05) <= n);
    assert.ok(callsNeeded(k + 1, 0.02, 0.05) > n);
  }
});

test('Clopper–Pearson intervals as published', () => {
  // binom.test in R: 7 of 20, 0 of 10, 10 of 10, 81 of 263 (Agresti & Coull's tables and Newcombe 1998).
  const cases = [
    [7, 20, 0.1539, 0.5922],
    [0, 10, 0, 0.3085],
    [10, 10, 0.6915, 1],
    [81, 263, 0.2527, 0.3676],
    [15, 148, 0.0578, 0.1617],
  ] as const;
  for (const [hits, n, low, high] of cases) {
    const rate = rateOf(hits, n);
    near(rate.low, low, 6e-5);
    near(rate.high, high, 6e-5);
  }
  const none = rateOf(0, 0);
  assert.deepEqual([none.low, none.high], [0, 1]);
});

test('a beta-binomial with a flat prior is uniform', () => {
  near(betaBinomialTail(3, 9, 1, 1), 0.4, 1e-10);
});
