import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment, Stage, StageNumbers } from '../core/deployment.ts';
import type { Event } from '../core/store.ts';
import { rollBack } from './roll-back.ts';
import { REPLACED } from './stages.ts';

const TASK = { id: 't', name: 'the task' };
const WORD = { by: 'ann', reason: 'too many complaints', now: 100 };
const NUMBERS: StageNumbers = {
  comparisons: 90,
  errors: 9,
  margin: 0.02,
  evidence: 3,
  recent: { comparisons: 30, errors: 9 },
};

function deployment(
  id: string,
  stages: readonly Stage[],
  last: { reason?: string; numbers?: StageNumbers } = {},
): Deployment {
  const history = stages.map((stage, i) => ({
    stage,
    at: i,
    ...(i === stages.length - 1 ? { reason: 'x', ...last } : { reason: 'x' }),
  }));
  return { id, taskId: 't', specialistId: `s_${id}`, stage: stages.at(-1)!, threshold: 0.9, history };
}

function storeOf(deployments: Deployment[], earlier: readonly Event[] = []) {
  const added: Event[] = [];
  return {
    added,
    events: async () => [...earlier],
    deployments: async () => [...deployments],
    putDeployment: async (next: Deployment, _: Deployment | null, told: readonly Event[] = []) => {
      added.push(...told);
      deployments = deployments.map((each) => (each.id === next.id ? next : each));
      return true;
    },
  };
}

const stagesOf = async (store: ReturnType<typeof storeOf>) =>
  Object.fromEntries((await store.deployments()).map(({ id, stage }) => [id, stage]));

test('rollBack: what was replaced serves again in the stage that it was in', async () => {
  const store = storeOf([
    deployment('old', ['shadow', 'canary', 'live', 'retired'], { reason: `${REPLACED} version 2` }),
    deployment('new', ['shadow', 'canary']),
  ]);
  assert.deepEqual(await rollBack(store, TASK, WORD), { from: 'new', to: 'old' });
  assert.deepEqual(await stagesOf(store), { old: 'live', new: 'retired' });
  assert.match(String(store.added[0]?.detail.reason), /^rolled back by ann: too many complaints$/);
  assert.equal(store.added.length, 2);
});

test('rollBack: nothing is put back that errors spoke against, that was withdrawn, or that never served', async () => {
  for (const former of [
    deployment('old', ['shadow', 'live', 'retired'], { reason: `${REPLACED} version 2`, numbers: NUMBERS }),
    deployment('old', ['shadow', 'live', 'retired'], { reason: 'the bound of 2 % is broken' }),
    deployment('old', ['proposed', 'retired'], { reason: `${REPLACED} version 2` }),
    deployment('old', ['shadow', 'live', 'suspended', 'retired'], { reason: `${REPLACED} version 2` }),
  ]) {
    const store = storeOf([former, deployment('new', ['shadow', 'live'])]);
    assert.deepEqual(await rollBack(store, TASK, WORD), { from: 'new', to: null });
    assert.deepEqual(await stagesOf(store), { old: 'retired', new: 'retired' });
  }
});

test('rollBack: where nothing serves, it says so and changes nothing', async () => {
  const store = storeOf([deployment('old', ['shadow', 'suspended'])]);
  await assert.rejects(rollBack(store, TASK, WORD), /Nothing of 'the task' is in service/);
  assert.equal(store.added.length, 0);
});

test('rollBack: after a change of the task, what was proved before it is put back into shadow', async () => {
  const change = { id: 'e', at: 4, kind: 'task-changed', subject: 't', detail: { since: 3.5, reason: 'x' } };
  for (const [replacedAt, stage] of [
    [3, 'shadow'],
    [5, 'live'],
  ] as const) {
    const old = deployment('old', ['shadow', 'canary', 'live', 'retired'], {
      reason: `${REPLACED} version 2`,
    });
    const history = [...old.history.slice(0, -1), { ...old.history.at(-1)!, at: replacedAt }];
    const store = storeOf([{ ...old, history }, deployment('new', ['shadow', 'live'])], [change]);
    await rollBack(store, TASK, WORD);
    assert.deepEqual(await stagesOf(store), { old: stage, new: 'retired' });
  }
});
