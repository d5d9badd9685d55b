/**
 * Tasks that learning has changed so that a proof does not hold for them any more: their specialist in service is suspended
 * until it, or another one, is proved anew. For pipeline.ts.
 * Does not: say what a change is (callsite/proved), or keep calls of new templates from an old specialist (route/ does).
 */
import { type TimedRequest, whyUnproved } from '../callsite/proved.ts';
import { isInService } from '../core/deployment.ts';
import type { Task } from '../core/task.ts';
import { moveEvent, moveTo } from '../deploy/stages.ts';
import type { LearnContext } from './trial.ts';

/**
 * Suspends what does not hold for the tasks as they are now. To be called before the tasks are stored, so that no gateway
 * meets a changed task with an old specialist. Why, by task id.
 * @param latestOf A task's latest calls.
 */
export async function suspendChanged(
  tasks: readonly Task[],
  latestOf: (taskId: string) => readonly TimedRequest[],
  { store }: Pick<LearnContext, 'store'>,
): Promise<ReadonlyMap<string, string>> {
  const reasons = new Map<string, string>();
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const specialists = new Map((await store.specialists()).map((each) => [each.id, each]));
  for (const deployment of await store.deployments()) {
    if (!isInService(deployment.stage)) continue;
    const task = byId.get(deployment.taskId);
    const proved = specialists.get(deployment.specialistId)?.proved;
    const why = task ? whyUnproved(task, proved, latestOf(task.id)) : null;
    if (why === null) continue;
    const reason = `the task has changed since it was proved: ${why}. It is suspended until it is proved anew`;
    const moved = moveTo(deployment, 'suspended', Date.now(), reason);
    await store.putDeployment(moved);
    await store.addEvent(moveEvent(deployment.stage, moved));
    reasons.set(deployment.taskId, reason);
  }
  return reasons;
}
