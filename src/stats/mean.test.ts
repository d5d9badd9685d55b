import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meanOf } from './mean.ts';
import { rateOf } from './statistics.ts';

const near = (actual: number | null, wanted: number): void =>
  assert.ok(actual !== null && Math.abs(actual - wanted) < 1e-3, `${actual} is not ${wanted}`);

test('the t interval is the one in the tables', () => {
  // t(4; 97.5 %) = 2.776, t(29) = 2.045
  const five = meanOf([1, 2, 3, 4, 5]);
  near(five.mean, 3);
  near(five.high, 3 + 2.7764 * Math.sqrt(2.5 / 5));
  const thirty = Array.from({ length: 30 }, (_, i) => i % 3);
  const deviation = Math.sqrt(20 / 29 / 30);
  near(meanOf(thirty).low, 1 - 2.0452 * deviation);
});

test('of yes and no the interval is that of a share', () => {
  const { low, high } = rateOf(3, 10);
  assert.deepEqual(meanOf([1, 1, 1, 0, 0, 0, 0, 0, 0, 0]), { n: 10, mean: 0.3, low, high });
});

test('one value has no interval, and none has no mean', () => {
  assert.deepEqual(meanOf([4.5]), { n: 1, mean: 4.5, low: null, high: null });
  assert.equal(meanOf([]).n, 0);
});
