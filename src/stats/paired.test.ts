import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pairedDifference } from './paired.ts';
import { binomialTail } from './statistics.ts';

/** The chance that the bound lies below the true difference, over all outcomes of n pairs. */
function exceeded(n: number, one: number, other: number, confidence: number): number {
  let chance = 0;
  const point = (k: number, of: number, p: number): number =>
    binomialTail(k, of, p) - binomialTail(k - 1, of, p);
  for (let a = 0; a <= n; a++) {
    const first = point(a, n, one);
    for (let b = 0; b <= n - a; b++) {
      const { high } = pairedDifference(a, b, n, confidence);
      if (high < one - other) chance += first * point(b, n - a, other / (1 - one));
    }
  }
  return chance;
}

test('the bound lies below the true difference no more often than its level, over all outcomes', () => {
  for (const n of [10, 40]) {
    for (const [one, other] of [
      [0.02, 0.02],
      [0.05, 0.03],
      [0.2, 0.2],
      [0.3, 0.05],
      [0.02, 0.3],
      [0.01, 0],
    ] as const) {
      const chance = exceeded(n, one, other, 0.95);
      assert.ok(chance <= 0.05, `${n} pairs, ${one} and ${other}: ${chance}`);
    }
  }
});

test('the more pairs without a difference, the closer the bound comes to 0', () => {
  const highs = [50, 200, 800].map((n) => pairedDifference(0, 0, n, 0.95).high);
  assert.ok(highs[0]! > highs[1]! && highs[1]! > highs[2]!);
  // 1 − 0.025^(1/n)
  assert.ok(Math.abs(highs[1]! - (1 - 0.025 ** (1 / 200))) < 1e-9);
  assert.deepEqual(pairedDifference(0, 0, 0, 0.95), { difference: 0, high: 1 });
});

test('errors of the other alone lower the bound', () => {
  const even = pairedDifference(3, 3, 200, 0.95);
  const better = pairedDifference(3, 40, 200, 0.95);
  assert.equal(even.difference, 0);
  assert.ok(better.high < 0 && even.high > 0);
});
