import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deltaOfTry } from './spending.ts';

test('all tries together spend delta and no more', () => {
  let sum = 0;
  for (let number = 1; number <= 100_000; number++) {
    assert.ok(number === 1 || deltaOfTry(0.05, number) < deltaOfTry(0.05, number - 1));
    sum += deltaOfTry(0.05, number);
  }
  assert.ok(sum < 0.05 && sum > 0.04999, `${sum}`);
});

test('the first try is tested at three fifths of delta', () => {
  assert.ok(Math.abs(deltaOfTry(0.05, 1) - 0.0304) < 1e-4);
});
