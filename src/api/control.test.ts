/** What a person does in the admin API: controls, decisions on tasks, jobs. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { adminApi, NOW } from '../../test/support/admin-api.ts';
import { queueJob } from '../learn/jobs/control.ts';
import { controlledSchema, jobListSchema, jobSchema } from './schemas/control.ts';
import { decidedSchema } from './schemas/decisions.ts';
import { overviewSchema } from './schemas/overview.ts';
import { taskListSchema, taskSchema } from './schemas/tasks.ts';

const api = adminApi();
const { ask, post, read, asRole, range } = api;

describe('controls', () => {
  it('stop a task and let it go on, on record, and the gateway hears of it', async () => {
    const before = api.applied;
    const stopped = await asRole('operator', () =>
      post('/tasks/task_triage/stop', { reason: 'a complaint' }),
    );
    const body = controlledSchema.strict().parse(await stopped.json());
    assert.deepEqual([body.changed, body.applied, api.applied - before], [true, true, 1]);
    const found = await read(taskSchema, '/tasks/task_triage');
    assert.deepEqual([found.stopped?.by, found.stopped?.reason], ['a operator', 'a complaint']);
    assert.match(found.task.why, /^Stopped by a operator: a complaint\./);
    const { attention } = await read(overviewSchema, `/overview${range()}`);
    assert.ok(attention.some(({ title }) => title.endsWith('is stopped')));
    const again = (await (await post('/tasks/task_triage/stop')).json()) as { changed: boolean };
    assert.equal(again.changed, false);
    await post('/tasks/task_triage/resume');
    assert.equal((await read(taskSchema, '/tasks/task_triage')).stopped, null);
    const trail = await api.storage.store.trail(0, 100);
    const actions = trail
      .filter(({ action }) => action === 'deployment-changed')
      .map(({ detail }) => detail.action);
    assert.deepEqual(actions, ['stop', 'resume'], 'and nothing where nothing changed');
  });

  it('take a specialist out of service for good', async () => {
    await post('/tasks/task_details/roll-back', { reason: 'just so' });
    const { task } = await read(taskSchema, '/tasks/task_details');
    assert.equal(task.stage, 'retired');
    assert.match(task.why, /^Withdrawn: rolled back by local: just so\.$/);
    assert.equal((await post('/tasks/task_details/roll-back')).status, 404);
  });

  it('are for who may deploy alone', async () => {
    for (const role of ['viewer', 'reviewer'] as const)
      for (const action of ['stop', 'resume', 'approve', 'reject', 'roll-back'])
        assert.equal(
          await asRole(role, async () => (await post(`/tasks/task_triage/${action}`)).status),
          403,
        );
    assert.equal((await read(taskSchema, '/tasks/task_triage')).stopped, null);
  });

  it('say so where there is nothing to approve, and no such task', async () => {
    assert.equal((await post('/tasks/task_triage/approve')).status, 404);
    assert.equal((await post('/tasks/nothing/stop')).status, 404);
  });
});

describe('decisions on tasks', () => {
  const decide = async (id: string, change: object) =>
    decidedSchema.strict().parse(await (await post(`/tasks/${id}/decisions`, change)).json());

  it('rename a task, on record, and are taken back by what the answer names', async () => {
    const before = api.applied;
    const done = await asRole('operator', () =>
      decide('task_triage', { action: 'rename', name: 'triage', reason: 'shorter' }),
    );
    assert.deepEqual([done.changed, done.applied, api.applied - before], [true, true, 1]);
    const found = await read(taskSchema, '/tasks/task_triage');
    assert.equal(found.task.name, 'triage');
    assert.deepEqual(
      found.decisions.map(({ action, by, reason }) => [action, by, reason]),
      [['rename', 'a operator', 'shorter']],
    );
    const entry = (await api.storage.store.trail(0, 1000)).find(({ action }) => action === 'task-decided');
    assert.deepEqual([entry?.subject, entry?.actor.name], ['task_triage', 'a operator']);
    await decide(done.inverse!.taskId, done.inverse!.change);
    assert.equal(
      (await read(taskSchema, '/tasks/task_triage')).task.name,
      'Sort the message into a category',
    );
  });

  it('merge two tasks into one and take it back', async () => {
    const done = await decide('task_triage', { action: 'merge', from: 'task_details' });
    assert.match(done.text, /is part of 'Sort the message into a category' now/);
    assert.equal((await ask('/tasks/task_details')).status, 404);
    const { callSites, task } = await read(taskSchema, '/tasks/task_triage');
    assert.deepEqual([callSites.length, task.stage], [2, 'suspended']);
    const { change, taskId } = done.inverse!;
    assert.equal(change.action, 'split');
    const back = await decide(taskId, change);
    assert.deepEqual(back.resumed, ['Sort the message into a category']);
    assert.equal((await read(taskSchema, '/tasks/task_triage')).task.stage, 'shadow');
    assert.equal((await ask('/tasks/task_details')).status, 200);
  });

  it('exclude a task, which is told in the list and asks for nobody', async () => {
    const done = await decide('task_triage', { action: 'exclude', reason: 'a person answers these' });
    const { tasks } = await read(taskListSchema, `/tasks${range()}`);
    assert.deepEqual(
      tasks.filter(({ isExcluded }) => isExcluded).map(({ id, why }) => [id, why.split('.')[0]]),
      [['task_triage', 'Excluded by local: a person answers these']],
    );
    const { attention } = await read(overviewSchema, `/overview${range()}`);
    assert.ok(attention.every(({ taskId, id }) => taskId !== 'task_triage' || id.startsWith('alarm')));
    await decide(done.inverse!.taskId, done.inverse!.change);
    assert.equal((await read(taskSchema, '/tasks/task_triage')).excluded, null);
  });

  it('show the words of a prompt to who may read them alone', async () => {
    const begins = async () => (await read(taskSchema, '/tasks/task_triage')).callSites[0]?.begins;
    assert.match((await begins()) ?? '', /^You sort the mail/);
    assert.equal(await asRole('operator', begins), null);
  });

  it('are for who may deploy alone, and say what cannot be', async () => {
    for (const role of ['viewer', 'reviewer'] as const)
      assert.equal(
        await asRole(
          role,
          async () => (await post('/tasks/task_triage/decisions', { action: 'exclude' })).status,
        ),
        403,
      );
    for (const [id, change, status] of [
      ['nothing', { action: 'exclude' }, 404],
      ['task_triage', { action: 'merge', from: 'nothing' }, 404],
      ['task_triage', { action: 'split', sites: ['site_task_triage'] }, 400],
      ['task_triage', { action: 'split', sites: [] }, 400],
      ['task_triage', { action: 'rename', name: '' }, 400],
      ['task_triage', { action: 'forget' }, 400],
    ] as const)
      assert.equal((await post(`/tasks/${id}/decisions`, change)).status, status, JSON.stringify(change));
  });
});

describe('jobs', () => {
  it('are listed with their cost and what came of them, and cancelled', async () => {
    const about = {
      trigger: 'new-calls',
      reason: '412 new calls',
      tasks: null,
      mode: 'propose',
      estimate: null,
    } as const;
    const job = await queueJob(api.storage.store, about, NOW);
    const { mode, jobs } = await read(jobListSchema, '/jobs');
    assert.equal(mode, 'propose');
    assert.equal(jobs.find(({ id }) => id === job.id)?.state, 'queued');
    const done = jobs.find(({ state }) => state === 'done')!;
    assert.deepEqual([done.spent.cpuMinutes, done.tasks.length], [21, 5]);
    assert.equal(await asRole('viewer', async () => (await post(`/jobs/${job.id}/cancel`)).status), 403);
    const cancelled = jobSchema.strict().parse(await (await post(`/jobs/${job.id}/cancel`)).json());
    assert.equal(cancelled.state, 'cancelled');
  });
});
