import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/calls.ts';
import { MASTER_KEY } from '../../test/support/data-folder.ts';
import { openKeys } from '../capture/vault.ts';
import type { Deployment, Stage } from '../core/deployment.ts';
import type { Specialist } from '../core/specialist.ts';
import type { Event } from '../core/store.ts';
import type { Task } from '../core/task.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import { changeDeployment } from './change.ts';
import { approve, reject, resume, stop } from './control.ts';
import { rollBack } from './roll-back.ts';
import { moveTo } from './stages.ts';

const word = { by: 'Ada', reason: 'looks right', now: 9 };
const deployment = (id: string, ...stages: Stage[]): Deployment => ({
  id,
  taskId: 't1',
  specialistId: `s-${id}`,
  stage: stages.at(-1)!,
  threshold: 0.9,
  history: stages.map((stage, at) => ({ stage, at, reason: 'for a test' })),
});

async function storeWith(...deployments: readonly Deployment[]) {
  const { cipher } = openKeys({ dataDir: temporaryFolder(), env: MASTER_KEY });
  const store = openSqliteStore(':memory:', cipher);
  await store.putTasks([{ id: 't1', name: 'triage' } as Task]);
  for (const each of deployments) await store.putDeployment(each, null);
  const stages = async () =>
    Object.fromEntries((await store.deployments()).map(({ id, stage }) => [id, stage]));
  return { store, stages };
}

test('an approved proposal begins in shadow in the place of what served, by whose word is on record', async () => {
  const { store, stages } = await storeWith(
    deployment('d1', 'shadow', 'canary', 'live'),
    deployment('d2', 'proposed'),
    deployment('d3', 'proposed'),
  );
  const done = await approve(store, 'triage', word);
  assert.deepEqual([done.deployment, done.changed, done.task.id], ['d3', true, 't1']);
  assert.deepEqual(await stages(), { d1: 'retired', d2: 'retired', d3: 'shadow' });
  const [event] = await store.events({ subject: 'd3' });
  assert.equal(event?.detail.reason, 'approved by Ada: looks right');
  await assert.rejects(approve(store, 'triage', word), { code: 'not-found' });
});

test('a rejected proposal is retired, and what serves stays', async () => {
  const { store, stages } = await storeWith(deployment('d1', 'live'), deployment('d2', 'proposed'));
  await reject(store, 't1', { ...word, reason: '' });
  assert.deepEqual(await stages(), { d1: 'live', d2: 'retired' });
  const last = (await store.deployments()).at(-1)?.history.at(-1);
  assert.equal(last?.reason, 'rejected by Ada');
});

test('a stop and a resume change nothing of the deployments, and are told once', async () => {
  const { store, stages } = await storeWith(deployment('d1', 'live'));
  for (const [act, changed] of [
    [stop, true],
    [stop, false],
    [resume, true],
    [resume, false],
  ] as const)
    assert.equal((await act(store, 'triage', word)).changed, changed);
  assert.deepEqual(await stages(), { d1: 'live' });
  assert.deepEqual(
    (await store.events()).map(({ kind, subject, detail }) => [kind, subject, detail.by]),
    [
      ['task-stopped', 't1', 'Ada'],
      ['task-resumed', 't1', 'Ada'],
    ],
  );
  await assert.rejects(stop(store, 'no such', word), { code: 'not-found', hint: "There are 'triage'." });
});

test('two that move a deployment at once both have their say, the later on what the first has made of it', async () => {
  const { store } = await storeWith(deployment('d1', 'shadow'));
  // The first time that it is asked, another process is quicker.
  let isRaced = false;
  const racing = {
    ...store,
    putDeployment: async (after: Deployment, before: Deployment | null, told: readonly Event[] = []) => {
      if (!isRaced) {
        isRaced = true;
        await store.putDeployment(moveTo(before!, 'canary', 5, 'enough comparisons'), before);
      }
      return store.putDeployment(after, before, told);
    },
  };
  const moved = await changeDeployment(racing, 'd1', (now) => moveTo(now, 'suspended', 6, 'refuted'));
  assert.deepEqual([moved?.before.stage, moved?.after.stage], ['canary', 'suspended']);
  assert.deepEqual(
    (await store.deployments())[0]?.history.map(({ stage }) => stage),
    ['shadow', 'canary', 'suspended'],
  );
  assert.equal((await store.events({ kind: 'deployment-moved' })).length, 1);
  assert.equal(await changeDeployment(store, 'd1', (now) => now), null);
  assert.equal(await changeDeployment(store, 'none', (now) => moveTo(now, 'live', 7, '')), null);
});

test('an approved proposal leaves the errors of what it replaces on record, and a rollback does not bring it back', async () => {
  for (const errors of [0, 6]) {
    const { store, stages } = await storeWith(
      deployment('d1', 'shadow', 'canary', 'live'),
      deployment('d2', 'proposed'),
    );
    const gate = { epsilon: 0.02, delta: 0.05, served: 250, errors: 1 };
    const exam = { servedError: { n: 60, hits: 0 } };
    const specialist = {
      id: 's-d1',
      taskId: 't1',
      version: 1,
      evidence: { gate, exam, selfAgreement: null },
    };
    await store.addSpecialist(specialist as unknown as Specialist);
    await store.addAudits(
      Array.from({ length: 60 }, (_, at) => ({
        callId: `c${at}`,
        deploymentId: 'd1',
        at,
        stage: 'live' as const,
        confidence: 1,
        correct: at >= errors,
      })).reverse(),
    );
    await approve(store, 'triage', word);
    const [old] = await store.deployments();
    assert.equal(old?.history.at(-1)?.numbers?.recent.errors, errors === 0 ? undefined : errors);
    await rollBack(store, { id: 't1', name: 'triage' }, word);
    assert.deepEqual(await stages(), { d1: errors === 0 ? 'live' : 'retired', d2: 'retired' });
  }
});
