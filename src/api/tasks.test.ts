/** Tasks and deployments, as the admin API shows them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { adminApi } from '../../test/support/admin-api.ts';
import { auditListSchema, deploymentListSchema } from './schemas/deployments.ts';
import { taskListSchema, taskSchema } from './schemas/tasks.ts';

const { ask, read, asRole, range } = adminApi();

describe('tasks', () => {
  it('lists each with why it stands where it does', async () => {
    const { tasks } = await read(taskListSchema, `/tasks${range()}`);
    assert.equal(tasks.length, 5);
    const why = Object.fromEntries(tasks.map((task) => [task.id, task.why]));
    assert.match(why.task_triage ?? '', /^Live: \d+ % of the last \d+ calls served, \d+ % promised\.$/);
    assert.match(why.task_action ?? '', /^In shadow: \d+ of \d+ comparisons differ\./);
    assert.match(why.task_priority ?? '', /^Withdrawn: .*bound of 2 % is broken\.$/);
    assert.match(why.task_reply ?? '', /^Not deployed: no threshold/);
  });

  it('gives one with evidence, and its labels to reviewers alone', async () => {
    const found = await read(taskSchema, `/tasks/task_triage${range()}`);
    assert.ok(found.specialist!.evidence.calibration.curve.length > 10);
    assert.equal(found.labels?.length, 6);
    assert.equal(found.candidates[0]?.chosen, true);
    const asViewer = await asRole('viewer', () => read(taskSchema, '/tasks/task_triage'));
    assert.equal(asViewer.labels, null);
    assert.equal(asViewer.specialist!.evidence.calibration.confusions, null);
    assert.ok(found.specialist!.evidence.calibration.confusions!.length > 0);
  });

  it('says that a task is not there', async () => {
    const response = await ask('/tasks/nothing');
    assert.equal(response.status, 404);
    const { error } = (await response.json()) as { error: { code: string; hint: string } };
    assert.equal(error.code, 'not-found');
    assert.notEqual(error.hint, '');
  });
});

describe('deployments', () => {
  it('lists them with the test that ended each stage', async () => {
    const { deployments } = await read(deploymentListSchema, '/deployments');
    const triage = deployments.find(({ taskId }) => taskId === 'task_triage')!;
    assert.deepEqual(
      triage.history.map(({ stage }) => stage),
      ['shadow', 'canary', 'live'],
    );
    assert.ok((triage.history[1]?.numbers?.comparisons ?? 0) > 0);
    assert.equal(triage.outlook?.margin, 0.02);
  });

  it('gives audits as a sequence in which every error is there', async () => {
    const { deployments } = await read(deploymentListSchema, '/deployments');
    const withdrawn = deployments.find(({ taskId }) => taskId === 'task_priority')!;
    const found = await read(auditListSchema, `/deployments/${withdrawn.id}/audits`);
    assert.ok(found.errors > 0);
    assert.equal(found.points.at(-1)?.n, found.audits);
    assert.equal(found.points.at(-1)?.errors, found.errors);
    assert.equal(new Set(found.points.map(({ errors }) => errors)).size >= found.errors, true);
  });
});
