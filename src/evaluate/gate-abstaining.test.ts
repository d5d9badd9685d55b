/** The gate on a specialist that gives no answer to most calls of a session, as in an agent's task of several kinds. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../core/random.ts';
import { runGate, testThresholds } from './gate.ts';
import { answeredOf, NOT_SERVABLE, type ScoredAnswer } from './gate-order.ts';

/** Sessions of ten calls, of which two are answered; in a session that goes wrong both are. */
function sessions(count: number, wrongShare: number, seed: number): ScoredAnswer[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, s) => {
    const isWrong = random.next() < wrongShare;
    return Array.from({ length: 10 }, (_, i): ScoredAnswer => {
      const isGiven = i % 5 === 0;
      const confidence = isGiven ? 0.9 + 0.09 * random.next() : NOT_SERVABLE;
      return { confidence, correct: isGiven && !isWrong, session: `${seed} ${s}` };
    });
  }).flat();
}

const gate = { epsilon: 0.02, delta: 0.05 };

describe('the gate on a specialist that abstains on most calls', () => {
  it('asks for as many sessions as if those calls were not there', () => {
    const [validation, calibration] = [sessions(120, 0.002, 1), sessions(240, 0, 2)];
    const answered = answeredOf(validation);
    assert.equal(answered.share, 0.2);
    assert.ok(answered.sizes.every((size) => size === 2));
    const result = runGate(validation, calibration, { ...gate, answered });
    assert.equal(result.passed, true, result.reason);
    assert.ok((result.sessions?.cap ?? 0) <= 2);
    const only = (answers: readonly ScoredAnswer[]): ScoredAnswer[] =>
      answers.filter(({ confidence }) => confidence !== NOT_SERVABLE);
    const without = runGate(only(validation), only(calibration), gate);
    assert.deepEqual([result.served, result.pValue], [without.served, without.pValue]);
  });

  it('lets through no more than it says of those that err too often', () => {
    const runs = 400;
    let passed = 0;
    for (let seed = 0; seed < runs; seed++) {
      const validation = sessions(60, 0.021, 2 * seed + 1);
      const calibration = sessions(260, 0.021, 2 * seed + 2);
      const run = { ...gate, answered: answeredOf(validation) };
      if (testThresholds(validation, calibration, run).chosen) passed++;
    }
    // 5 %, and three standard deviations of chance.
    assert.ok(passed <= 0.05 * runs + 3 * Math.sqrt(runs * 0.05 * 0.95), `${passed} of ${runs}`);
  });
});
