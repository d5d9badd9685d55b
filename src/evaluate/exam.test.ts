import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GateResult } from '../core/specialist.ts';
import { binomialTail } from '../stats/statistics.ts';
import { type ExamAnswer, examine, vetoOf } from './exam.ts';

const gate: GateResult = {
  passed: true,
  threshold: 0.5,
  epsilon: 0.02,
  delta: 0.05,
  served: 400,
  errors: 2,
  n: 500,
  pValue: 0.01,
  reason: '',
  moreCalls: 0,
};

/** `served` sure answers of which the first `errors` are wrong, two calls a session unless `alone`. */
const answers = (served: number, errors: number, of: Partial<ExamAnswer> = {}): ExamAnswer[] =>
  Array.from({ length: served }, (_, i) => ({
    confidence: 0.9,
    correct: i >= errors,
    seen: false,
    fieldScore: null,
    ...of,
  }));

const ones = (served: number) => Array.from({ length: served }, () => ({ served: 1, errors: 0 }));

test('three errors in 40 served calls are enough for the veto, two are not', () => {
  assert.equal(examine(answers(40, 2), gate, 1).gate.passed, true);
  const refused = examine(answers(40, 3), gate, 1).gate;
  assert.deepEqual([refused.passed, refused.threshold, refused.moreCalls], [false, null, null]);
  assert.match(refused.reason, /contradicts/);
});

test('using an exam again widens its intervals and leaves its veto as strict', () => {
  for (const served of [5, 20, 40, 100, 300]) {
    const bites = (uses: number): number =>
      Array.from({ length: served + 1 }, (_, errors) => errors).find(
        (errors) => !examine(answers(served, errors), gate, uses).gate.passed,
      ) ?? Number.POSITIVE_INFINITY;
    assert.equal(bites(9), bites(1), `${served}`);
  }
  const high = (uses: number): number => examine(answers(100, 1), gate, uses).rates.servedError.high;
  assert.ok(high(9) > high(1));
});

test('the veto states its power: the chance to notice twice epsilon', () => {
  const { errors, power } = vetoOf(ones(300), 0.02);
  assert.equal(errors, 10);
  assert.ok(Math.abs(power - (1 - binomialTail(9, 300, 0.04))) < 1e-12);
  assert.ok(vetoOf(ones(1000), 0.02).power > 0.95);
  // The same calls in sessions of ten may be worth a tenth.
  const together = vetoOf(
    Array.from({ length: 30 }, () => ({ served: 10, errors: 0 })),
    0.02,
  );
  assert.equal(together.errors, 10);
  assert.ok(together.power < power);
  assert.deepEqual(vetoOf([], 0.02), { errors: null, power: 0 });
});

test('two rates: over all that is served, and over inputs that training has not seen', () => {
  const both = [...answers(60, 0, { seen: true }), ...answers(40, 2)];
  const { servedError, unseenError } = examine(both, gate, 1).rates;
  assert.deepEqual([servedError.hits, servedError.n], [2, 100]);
  assert.deepEqual([unseenError?.hits, unseenError?.n], [2, 40]);
});

test('calls of a session count for less in the intervals', () => {
  const bySession = answers(100, 10).map((answer, i) => ({ ...answer, session: `s${Math.floor(i / 10)}` }));
  const [apart, together] = [answers(100, 10), bySession].map((each) => examine(each, gate, 1).rates);
  assert.ok(together!.servedError.high > apart!.servedError.high);
  assert.equal(together!.servedError.n, 100);
  assert.ok(together!.servedError.effectiveN! < 20);
});
