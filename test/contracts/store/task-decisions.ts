/** What every DecisionStore must do. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SwitchStore } from '../../../src/core/job.ts';
import type { DeploymentStore, EventStore, LearningStore } from '../../../src/core/store.ts';
import type { Task } from '../../../src/core/task.ts';
import type { DecisionStore, TaskDecision } from '../../../src/core/task-decision.ts';
import type { Opener } from './store.ts';

const task = (id: string, more: Partial<Task> = {}): Task => ({
  id,
  name: id,
  sites: [],
  kind: 'label',
  labels: ['a'],
  tools: [],
  responseFormat: null,
  calls: 3,
  ...more,
});

const decision = (
  id: string,
  before: readonly Task[],
  after: readonly Task[],
  more: Partial<TaskDecision> = {},
): TaskDecision => ({
  id,
  kind: 'merge',
  taskId: before[0]!.id,
  otherId: before[1]?.id ?? null,
  at: 5,
  by: 'Ada',
  reason: 'the same job',
  before,
  after,
  ...more,
});

export function decisionStoreContract(
  name: string,
  withStore: Opener<DecisionStore & LearningStore & DeploymentStore & EventStore & SwitchStore>,
): void {
  describe(`decision store contract: ${name}`, () => {
    it('puts the tasks after in the place of those before, and keeps the decision', () =>
      withStore(async (store) => {
        const [a, b, c] = [task('a'), task('b'), task('c')];
        await store.putTasks([a, b, c]);
        const merged = decision('d1', [a, b], [task('a', { shapedBy: 'd1', calls: 6 })]);
        assert.equal(await store.addTaskDecision(merged), true);
        assert.deepEqual(await store.tasks(), [...merged.after, c]);
        const back = decision('d2', merged.after, [a, b], { kind: 'split' });
        assert.equal(await store.addTaskDecision(back), true);
        assert.deepEqual(await store.tasks(), [a, b, c]);
        assert.deepEqual(await store.taskDecisions(), [merged, back]);
      }));

    it('changes nothing where a task has changed meanwhile, or is gone', () =>
      withStore(async (store) => {
        await store.putTasks([task('a'), task('b')]);
        const seen = [task('a'), task('b')];
        await store.putTasks([task('a', { calls: 9 })]);
        assert.equal(await store.addTaskDecision(decision('d', seen, [task('a')])), false);
        assert.equal(await store.addTaskDecision(decision('d', [task('gone')], [task('gone')])), false);
        assert.deepEqual(await store.tasks(), [task('a', { calls: 9 }), task('b')]);
        assert.deepEqual(await store.taskDecisions(), []);
      }));

    it('stops tasks and tells of it in the same step, each once', () =>
      withStore(async (store) => {
        const [a, b] = [task('a'), task('b')];
        await store.putTasks([a, b]);
        const stopOf = (taskId: string, id: string) => ({
          stopped: { taskId, at: 5, by: 'Ada', reason: '' },
          event: { id, at: 5, kind: 'task-stopped', subject: taskId, detail: {} },
        });
        const none = { tries: new Map<string, number>(), events: [] };
        const stale = decision('d0', [task('a', { calls: 9 })], [a], { kind: 'rename' });
        await store.addTaskDecision(stale, { ...none, stops: [stopOf('a', 'e0')] });
        assert.deepEqual([await store.stoppedTasks(), await store.events()], [[], []]);
        const split = decision('d1', [a], [a, task('c')], { kind: 'split' });
        const [first, second] = [stopOf('a', 'e1'), stopOf('c', 'e2')];
        await store.addTaskDecision(split, { ...none, stops: [first, stopOf('a', 'again'), second] });
        assert.deepEqual(await store.stoppedTasks(), [first.stopped, second.stopped]);
        assert.deepEqual(await store.events(), [first.event, second.event]);
      }));

    it('refuses the tasks of a learning run that has not heard of the newest decision', () =>
      withStore(async (store) => {
        const a = task('a');
        assert.equal(await store.putTasks([a], 0), true);
        await store.addTaskDecision(decision('d', [a], [task('a', { name: 'b' })], { kind: 'rename' }));
        assert.equal(await store.putTasks([a, task('new')], 0), false);
        assert.deepEqual(await store.tasks(), [task('a', { name: 'b' })]);
        assert.equal(await store.putTasks([task('a', { name: 'b', calls: 8 })], 1), true);
        assert.equal((await store.tasks())[0]?.calls, 8);
      }));

    it('moves the deployments of a learning run with its tasks, all or nothing', () =>
      withStore(async (store) => {
        const seen = {
          id: 'd1',
          taskId: 'a',
          specialistId: 's',
          threshold: 0.5,
          stage: 'live',
          history: [],
        } as const;
        const after = {
          ...seen,
          stage: 'suspended',
          history: [{ stage: 'suspended', at: 1, reason: '' }],
        } as const;
        const event = { id: 'e1', at: 1, kind: 'deployment-moved', subject: 'd1', detail: {} };
        const moves = [{ before: seen, after, events: [event] }];
        await store.putDeployment({ ...seen, stage: 'canary' }, null);
        assert.equal(await store.putTasks([task('a')], 0, moves), false, 'it is not as it was seen');
        await store.putDeployment(seen, { ...seen, stage: 'canary' });
        assert.equal(await store.putTasks([task('a')], 1, moves), false, 'nobody has decided anything');
        assert.deepEqual([await store.tasks(), await store.events()], [[], []]);
        assert.equal((await store.deployments())[0]?.stage, 'live');
        assert.equal(await store.putTasks([task('a')], 0, moves), true);
        assert.deepEqual([await store.deployments(), await store.events()], [[after], [event]]);
        assert.equal((await store.tasks()).length, 1);
      }));

    it('is another plan after each decision, one that only takes a task away too', () =>
      withStore(async (store) => {
        const [a, b] = [task('a'), task('b')];
        await store.putTasks([a, b]);
        const before = await store.planVersion();
        await store.addTaskDecision(decision('d', [a, b], []));
        assert.notEqual(await store.planVersion(), before);
        assert.deepEqual(await store.tasks(), []);
      }));
  });
}
