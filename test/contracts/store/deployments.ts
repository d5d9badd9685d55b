/** What every DeploymentStore must do; its plan rests on what a LearningStore and a CallStore have. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Audit, Deployment, Stage } from '../../../src/core/deployment.ts';
import type { Store } from '../../../src/core/store.ts';
import type { Task } from '../../../src/core/task.ts';
import type { Opener } from './store.ts';

const audit = (callId: string, over: Partial<Audit> = {}): Audit => ({
  callId,
  deploymentId: 'd1',
  at: 1,
  stage: 'canary',
  confidence: 0.95,
  correct: true,
  ...over,
});

/** A deployment that has gone through these stages. */
const deploymentWith = (...stages: readonly Stage[]): Deployment => ({
  id: 'd1',
  taskId: 't1',
  specialistId: 's1',
  stage: stages.at(-1)!,
  threshold: 0.9,
  history: stages.map((stage, at) => ({ stage, at, reason: 'for a test' })),
});

export function deploymentStoreContract(name: string, withStore: Opener<Store>): void {
  describe(`deployment store contract: ${name}`, () => {
    it('tells that what routing rests on has changed, and audits and keys are no change', () =>
      withStore(async (store) => {
        const versions = [await store.planVersion()];
        await store.addAudits([audit('c1')]);
        await store.addKey({ day: '2026-01-02', wrapped: new Uint8Array([1]) });
        assert.equal(await store.planVersion(), versions[0]);
        await store.addVocabulary('site', [{ id: 'h', text: 'refund' }]);
        versions.push(await store.planVersion());
        await store.putTasks([{ id: 't1' } as Task]);
        versions.push(await store.planVersion());
        await store.putTasks([{ id: 't1' } as Task]);
        versions.push(await store.planVersion());
        await store.putDeployment({ id: 'd1' } as Deployment, null);
        versions.push(await store.planVersion());
        assert.equal(new Set(versions).size, versions.length);
      }));

    it('replaces deployments as they change', () =>
      withStore(async (store) => {
        const deployment: Deployment = {
          id: 'd1',
          taskId: 't1',
          specialistId: 's1',
          stage: 'shadow',
          threshold: 0.9,
          history: [{ stage: 'shadow', at: 1, reason: 'passed the gate' }],
        };
        const canary: Deployment = { ...deployment, stage: 'canary' };
        assert.equal(await store.putDeployment(deployment, null), true);
        assert.equal(await store.putDeployment(canary, deployment), true);
        assert.deepEqual(await store.deployments(), [canary]);
      }));

    it('keeps a deployment that another process has changed meanwhile, and says so', () =>
      withStore(async (store) => {
        const first = deploymentWith('shadow');
        const moved = deploymentWith('shadow', 'canary');
        assert.equal(await store.putDeployment(moved, first), false, 'there is none to replace');
        await store.putDeployment(first, null);
        assert.equal(await store.putDeployment(moved, null), false, 'there is one already');
        await store.putDeployment(moved, first);
        const version = await store.planVersion();
        for (const late of [
          deploymentWith('shadow', 'retired'),
          deploymentWith('shadow', 'canary', 'shadow', 'live'),
        ])
          assert.equal(await store.putDeployment(late, first), false);
        // The same stage after more changes is another version.
        const later = deploymentWith('shadow', 'canary', 'shadow', 'canary');
        assert.equal(await store.putDeployment(later, later), false);
        assert.deepEqual(await store.deployments(), [moved]);
        assert.equal(await store.planVersion(), version);
      }));

    it('keeps what is told of a deployment with it, and nothing of what was not kept', () =>
      withStore(async (store) => {
        const first = deploymentWith('shadow');
        const event = { id: 'e1', at: 1, kind: 'deployment-moved', subject: first.id, detail: {} };
        await store.putDeployment(first, null, [event]);
        assert.equal(
          await store.putDeployment(deploymentWith('shadow', 'live'), null, [{ ...event, id: 'e2' }]),
          false,
        );
        assert.deepEqual(await store.events(), [event]);
      }));

    it('lets one of many that move a deployment at once succeed', () =>
      withStore(async (store) => {
        const first = deploymentWith('shadow');
        await store.putDeployment(first, null);
        const done = await Promise.all(
          (['canary', 'retired', 'live'] as const).map((stage) =>
            store.putDeployment(deploymentWith('shadow', stage), first),
          ),
        );
        assert.equal(done.filter(Boolean).length, 1);
      }));

    it('gives audits in the order in which they were added, each once, from the cursor on', () =>
      withStore(async (store) => {
        const own = [audit('c2', { at: 2 }), audit('c1'), audit('c3', { at: 3, correct: false })];
        const other = audit('c2', { deploymentId: 'd2' });
        await store.addAudits([own[0]!, other, own[1]!]);
        await store.addAudits([audit('c1', { at: 9 }), own[2]!]);
        const first = await store.auditsSince('d1', 0, 2);
        assert.deepEqual(first.audits, own.slice(0, 2));
        const second = await store.auditsSince('d1', first.cursor, 2);
        assert.deepEqual(second.audits, own.slice(2));
        const none = await store.auditsSince('d1', second.cursor, 2);
        assert.deepEqual(none, { audits: [], cursor: second.cursor });
        const drawn = {
          probability: 0.05,
          session: 's',
          input: 'i',
          settled: true,
          judged: false,
          used: true,
        };
        const late = audit('c4', { at: 0, ...drawn });
        await store.addAudits([late]);
        assert.deepEqual((await store.auditsSince('d1', none.cursor, 2)).audits, [late]);
        assert.deepEqual(await store.auditsSince('none', 0, 2), { audits: [], cursor: 0 });
      }));

    it('counts audits and errors', () =>
      withStore(async (store) => {
        assert.deepEqual(await store.countAudits('d1'), { audits: 0, errors: 0 });
        await store.addAudits([audit('c1'), audit('c2', { correct: false }), audit('c3')]);
        await store.addAudits([audit('c1', { deploymentId: 'd2', correct: false })]);
        assert.deepEqual(await store.countAudits('d1'), { audits: 3, errors: 1 });
      }));
  });
}
