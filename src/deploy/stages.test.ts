import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Audit, Deployment } from '../core/deployment.ts';
import { seededRandom } from '../core/random.ts';
import { step } from './stages.ts';

const policy = { bound: 0.02, delta: 0.05, stepAudits: 20 };

/** Plays audits one by one, a right answer with chance 1 − error, until `n` or retirement. */
function life(error: number, n: number, seed: number): Deployment {
  const random = seededRandom(seed);
  let deployment: Deployment = {
    id: 'dep_1',
    taskId: 'task_1',
    specialistId: 'sp_1',
    stage: 'shadow',
    threshold: 0.9,
    history: [{ stage: 'shadow', at: 0, reason: 'passed' }],
  };
  const audits: Audit[] = [];
  for (let at = 1; at <= n && deployment.stage !== 'retired'; at++) {
    const right = random.next() >= error;
    audits.push({
      callId: `call_${at}`,
      deploymentId: 'dep_1',
      at,
      stage: deployment.stage,
      confidence: 1,
      right,
    });
    deployment = step(deployment, audits, policy, at);
  }
  return deployment;
}

test('a good specialist goes from shadow over canary to live, each step on the record', () => {
  const deployment = life(0, 100, 1);
  assert.deepEqual(
    deployment.history.map(({ stage, at }) => [stage, at]),
    [
      ['shadow', 0],
      ['canary', 20],
      ['live', 40],
    ],
  );
});

test('one with a broken bound is retired, with the counts as the reason', () => {
  const deployment = life(0.3, 500, 2);
  assert.equal(deployment.stage, 'retired');
  assert.match(
    deployment.history.at(-1)!.reason,
    /^\d+ of \d+ comparisons with the LLM differ: the bound of 2 % is broken$/,
  );
});

test('a specialist at its bound is retired in at most a delta of its lives, however often it is looked at', () => {
  const lives = 200;
  let retired = 0;
  for (let seed = 0; seed < lives; seed++) if (life(0.02, 400, seed).stage === 'retired') retired++;
  // delta = 5 % of 200 is 10; 19 is three standard deviations above.
  assert.ok(retired <= 19, `${retired} of ${lives} retired`);
});

test('nothing to change gives back the same object, and a retired one stays retired', () => {
  const live = life(0, 100, 3);
  assert.equal(step(live, [], policy, 101), live);
  const retired = life(0.5, 100, 4);
  assert.equal(step(retired, [], policy, 101), retired);
});
