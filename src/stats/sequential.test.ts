import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../core/random.ts';
import { checkBound, confidenceSequence, logErrorEvidence } from './sequential.ts';

const [EPSILON, DELTA] = [0.02, 0.05];

test('the e-value is a fair bet at the bound and a losing one below it', () => {
  // One step: E[e(n+1) | n] = p e(errors+1) + (1-p) e(errors).
  for (const [errors, n] of [
    [0, 0],
    [0, 50],
    [3, 40],
    [5, 400],
  ] as const) {
    const now = Math.exp(logErrorEvidence(errors, n, EPSILON));
    const next = (p: number): number =>
      p * Math.exp(logErrorEvidence(errors + 1, n + 1, EPSILON)) +
      (1 - p) * Math.exp(logErrorEvidence(errors, n + 1, EPSILON));
    assert.ok(Math.abs(next(EPSILON) / now - 1) < 1e-9);
    assert.ok(next(EPSILON / 2) < now);
  }
});

test('peeking after every audit alarms on a bound that just holds in at most delta of the runs', () => {
  const random = seededRandom(7);
  const runs = 400;
  let alarms = 0;
  for (let run = 0; run < runs; run++) {
    const outcomes: boolean[] = [];
    for (let i = 0; i < 600; i++) {
      outcomes.push(random.next() >= EPSILON);
      // Evidence only grows on an error, so looking then is looking always.
      if (!outcomes[i] && checkBound(outcomes, EPSILON, DELTA).broken) {
        alarms++;
        break;
      }
    }
  }
  assert.ok(alarms / runs <= DELTA + 2 * Math.sqrt((DELTA * (1 - DELTA)) / runs), `${alarms} of ${runs}`);
});

test('a break is found, also late in a good life', () => {
  const random = seededRandom(11);
  const audits = (n: number, error: number): boolean[] =>
    Array.from({ length: n }, () => random.next() >= error);
  for (let run = 0; run < 10; run++) {
    assert.ok(checkBound(audits(150, 0.15), EPSILON, DELTA).broken);
    assert.ok(checkBound([...audits(1500, 0.002), ...audits(250, 0.15)], EPSILON, DELTA).broken);
  }
});

test('the confidence sequence covers the true rate at all looks at once', () => {
  const random = seededRandom(3);
  let missed = 0;
  const runs = 400;
  for (let run = 0; run < runs; run++) {
    let errors = 0;
    for (let n = 1; n <= 500; n++) {
      if (random.next() < 0.05) errors++;
      const { low, high } = confidenceSequence(errors, n, DELTA);
      if (low > 0.05 || high < 0.05) {
        missed++;
        break;
      }
    }
  }
  assert.ok(missed / runs <= DELTA + 0.02, `${missed} of ${runs}`);
});

test('no audits say nothing', () => {
  const check = checkBound([], EPSILON, DELTA);
  assert.deepEqual([check.low, check.high, check.broken], [0, 1, false]);
  assert.ok(Math.abs(check.eValue - 1) < 1e-12);
});
