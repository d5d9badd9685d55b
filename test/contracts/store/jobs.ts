/** What every JobStore and SwitchStore must do; routing rests on what is stopped. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JobStore, SwitchStore } from '../../../src/core/job.ts';
import type { DeploymentStore, EventStore } from '../../../src/core/store.ts';
import { exampleJob } from '../../support/jobs.ts';
import type { Opener } from './store.ts';

export function jobStoreContract(
  name: string,
  withStore: Opener<JobStore & SwitchStore & Pick<DeploymentStore, 'planVersion'> & EventStore>,
): void {
  describe(`job store contract: ${name}`, () => {
    it('keeps jobs in order, whole, and gives them by state', () =>
      withStore(async (store) => {
        const all = [
          exampleJob('j1', { state: 'done', result: { calls: 3, seconds: 1, tasks: [], notes: [] } }),
          exampleJob('j2', { state: 'running', progress: { step: 'train', done: 1, total: 4, leftMs: 9 } }),
          exampleJob('j3'),
        ];
        for (const job of all) await store.addJob(job);
        await store.addJob(exampleJob('j1', { reason: 'another' }));
        assert.deepEqual(await store.jobs(), all);
        assert.deepEqual(await store.jobs({ states: ['queued', 'running'] }), all.slice(1));
        assert.deepEqual(await store.jobs({ states: ['queued', 'done'], limit: 1 }), [all[2]]);
        assert.deepEqual(await store.jobs({ states: [] }), []);
        assert.deepEqual(await store.jobs({ limit: 2 }), all.slice(1), 'a limit keeps the newest');
        assert.deepEqual(await store.job('j2'), all[1]);
        assert.equal(await store.job('none'), null);
      }));

    it('changes a job only from the states, and for the process, that are named', () =>
      withStore(async (store) => {
        const job = exampleJob('j1');
        await store.addJob(job);
        assert.equal(await store.changeJob('j1', ['running'], { note: 'x' }), null);
        assert.equal(await store.changeJob('none', ['queued'], { note: 'x' }), null);
        const running = { ...job, state: 'running' as const, pid: 7, starts: 1 };
        assert.deepEqual(
          await store.changeJob('j1', ['queued'], { state: 'running', pid: 7, starts: 1 }),
          running,
        );
        assert.equal(await store.changeJob('j1', ['running'], { heartbeatAt: 5 }, { pid: 8 }), null);
        // What one process writes of its progress does not undo what another asked for.
        await store.changeJob('j1', ['queued', 'running'], { isCancelRequested: true });
        await store.changeJob('j1', ['running'], { heartbeatAt: 5 }, { pid: 7 });
        assert.deepEqual(await store.job('j1'), { ...running, isCancelRequested: true, heartbeatAt: 5 });
      }));

    it('lets no more run at once than are allowed', () =>
      withStore(async (store) => {
        for (const id of ['j1', 'j2', 'j3']) await store.addJob(exampleJob(id));
        const start = (id: string) =>
          store.changeJob(id, ['queued'], { state: 'running' }, { maxRunning: 1 });
        const started = await Promise.all(['j1', 'j2', 'j3'].map(start));
        assert.equal(started.filter((job) => job !== null).length, 1);
        const [running] = await store.jobs({ states: ['running'] });
        await store.changeJob(running!.id, ['running'], { state: 'done' });
        const [next] = await store.jobs({ states: ['queued'] });
        assert.notEqual(await start(next!.id), null);
      }));

    it('stops a task once, resumes it once, and routing hears of it', () =>
      withStore(async (store) => {
        const stopped = { taskId: 't1', at: 3, by: 'ops', reason: 'odd answers' };
        const versions = [await store.planVersion()];
        const event = { id: 'e1', at: 3, kind: 'task-stopped', subject: 't1', detail: {} };
        assert.equal(await store.stopTask(stopped, event), true);
        versions.push(await store.planVersion());
        assert.equal(await store.stopTask({ ...stopped, by: 'another' }, { ...event, id: 'e2' }), false);
        assert.deepEqual(await store.stoppedTasks(), [stopped]);
        assert.equal(await store.resumeTask('t1'), true);
        versions.push(await store.planVersion());
        assert.equal(await store.resumeTask('t1', { ...event, id: 'e3' }), false);
        assert.deepEqual(await store.events(), [event], 'what was done is told');
        assert.deepEqual(await store.stoppedTasks(), []);
        assert.equal(new Set(versions).size, versions.length);
      }));
  });
}
