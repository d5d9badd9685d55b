/** Stages of a specialist whose texts a judge has proved: what its errors, and its absence, are allowed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Audit, Deployment, Stage } from '../core/deployment.ts';
import { seededRandom } from '../core/random.ts';
import type { Specialist } from '../core/specialist.ts';
import { rateOf } from '../stats/statistics.ts';
import { boundOf, marginOf, policyFor, type StagePolicy, shownError } from './policy.ts';
import { step } from './stages.ts';
import { newWatch, watchAudit } from './watch.ts';

const serve = {
  stepAudits: 30,
  auditShare: 0.05,
  auditsADay: 0,
  shadowMargin: 3,
  canaryMargin: 2,
  canaryShare: 0.25,
};

/** @param differing Of 400 served calls, those whose texts differ and are as good. */
function policyWith(differing: number): StagePolicy {
  const evidence = {
    gate: { epsilon: 0.02, delta: 0.05, served: 400, errors: 1 },
    exam: { servedError: { n: 90, hits: 0 } },
    selfAgreement: null,
    judge: {
      judge: 'big',
      limits: { sensitivity: 0.9 },
      differing: rateOf(differing, 400),
    },
  };
  return policyFor({ evidence } as unknown as Specialist, { history: [] }, serve);
}

function life(
  policy: StagePolicy,
  n: number,
  audit: (random: () => number) => Pick<Audit, 'correct' | 'judged'>,
  begin: Stage = 'shadow',
): Deployment {
  const random = seededRandom(4);
  let watch = newWatch(policy);
  let deployment: Deployment = {
    id: 'dep_1',
    taskId: 'task_1',
    specialistId: 'sp_1',
    stage: begin,
    threshold: 0.9,
    history: [],
  };
  for (let at = 1; at <= n && deployment.stage !== 'retired'; at++) {
    const { stage } = deployment;
    const one = {
      callId: `${at}`,
      deploymentId: 'dep_1',
      at,
      stage,
      confidence: 1,
      used: stage !== 'shadow',
      ...audit(() => random.next()),
    };
    watch = watchAudit(watch, one, policy);
    deployment = step(deployment, watch, policy, at);
  }
  return deployment;
}

describe('stages with a judge', () => {
  it('ask for less to be seen than would be wrong, by what the judge overlooks', () => {
    const policy = policyWith(40);
    assert.equal(marginOf(policy, 'shadow', false).toFixed(4), (0.06 * 0.9).toFixed(4));
    assert.equal(shownError(policy, 'shadow', false).toFixed(4), '0.0600');
    // What breaks the bound is what the gate had shown not to be so.
    assert.equal(boundOf(policy, false).toFixed(4), '0.0180');
  });

  it('lead a good specialist to live, and a bad one out of service', () => {
    const policy = policyWith(40);
    assert.equal(life(policy, 800, (next) => ({ correct: next() >= 0.004, judged: true })).stage, 'live');
    const bad = life(policy, 2000, (next) => ({ correct: next() >= 0.15, judged: true }), 'live');
    assert.equal(bad.stage, 'retired');
  });

  it('neither promote nor retire by equality alone where texts differ as often as at the proof', () => {
    const policy = policyWith(40);
    const byEquality = (share: number) => (next: () => number) => ({
      correct: next() >= share,
      judged: false,
    });
    assert.equal(life(policy, 1500, byEquality(0)).stage, 'shadow');
    assert.equal(life(policy, 1500, byEquality(0.1), 'live').stage, 'live');
    assert.equal(life(policy, 1500, byEquality(0.5), 'live').stage, 'retired');
  });

  it('learn nothing by equality where most texts differ anyway', () => {
    assert.equal(policyWith(300).judge?.byEquality, null);
    assert.ok((policyWith(40).judge?.byEquality ?? 0) > 0.12);
  });
});
