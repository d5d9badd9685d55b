import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExpectedCoverage } from '../../core/assessment.ts';
import type { Dataset, Example } from '../../core/dataset.ts';
import { costOf } from './cost.ts';

const examples = (n: number): Example[] =>
  Array.from({ length: n }, (_, i) => ({
    id: `${i}`,
    callId: `${i}`,
    sessionId: `${i}`,
    at: i,
    input: '',
    answer: 'a',
    weight: 1,
  }));
const dataset: Pick<Dataset, 'splits'> = {
  splits: {
    train: examples(500),
    validation: examples(100),
    calibration: examples(400),
    exam: examples(100),
  },
};
const expected: ExpectedCoverage = {
  epsilon: 0.02,
  mean: 0.5,
  low: 0.4,
  high: 0.6,
  passes: 1,
  withMoreCalls: 0.5,
  moreCalls: 0,
};
const input = {
  usage: { promptTokens: 1, completionTokens: 1, dollars: 1, callsPerDay: 300 },
  callDollars: 0.008,
  dataset,
  textShare: 0,
  expected,
  minutes: 10,
  dollarsPerMinute: 0.001,
  auditShare: 0,
};

test('asking again that takes days of the saving is said, with the cheaper way', () => {
  const cost = costOf(input);
  assert.ok(Math.abs(cost.savingPerDay! - 1.2) < 1e-9);
  assert.ok(Math.abs(cost.askAgainDollars! - 5.28) < 1e-9);
  assert.ok(Math.abs(cost.paybackDaysAskingAgain! - 5.29 / 1.2) < 1e-6);
  assert.match(cost.advice, /recorded answers.*\$5\.28, what 4 days of serving save/);
});

test('where it is paid for within a day, nothing is said', () => {
  assert.equal(costOf({ ...input, usage: { ...input.usage, callsPerDay: 30_000 } }).advice, '');
});

test('where calls are missing, waiting for them is the way', () => {
  const few = { ...expected, mean: 0, low: 0, high: 0, passes: 0, moreCalls: 600 };
  assert.match(costOf({ ...input, expected: few }).advice, /Wait for about 600 more calls, about 2 days/);
});

test('without a price or times there is no saving, and no advice on money', () => {
  const cost = costOf({ ...input, callDollars: null });
  assert.deepEqual(
    [cost.savingPerDay, cost.askAgainDollars, cost.paybackDays, cost.advice],
    [null, null, null, ''],
  );
});
