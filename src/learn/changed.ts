/**
 * Tasks that learning has changed so that a proof does not hold for them any more: their specialist in service is suspended
 * until it, or another one, is proved anew. For pipeline.ts.
 * Does not: say what a change is (callsite/proved), or keep calls of new templates from an old specialist (route/ does).
 */
import { type TimedRequest, whyUnproved } from '../callsite/proved.ts';
import { type Deployment, isInService } from '../core/deployment.ts';
import type { Task } from '../core/task.ts';
import { changeDeployment } from '../deploy/change.ts';
import { moveTo } from '../deploy/stages.ts';
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
    if (!isInService(deployment.stage) && deployment.stage !== 'proposed') continue;
    const task = byId.get(deployment.taskId);
    const proved = specialists.get(deployment.specialistId)?.proved;
    // A run that began before a merge may have deployed it after.
    const why = task ? whyUnproved(task, proved, latestOf(task.id)) : 'a person has merged it with another';
    if (why === null) continue;
    const changed = `the task has changed since it was proved: ${why}`;
    const reason = `${changed}. It is suspended until it is proved anew`;
    const moved = await changeDeployment(store, deployment.id, (now) =>
      outOfService(now, { suspended: reason, retired: changed }, Date.now()),
    );
    if (moved?.after.stage === 'suspended') reasons.set(deployment.taskId, reason);
  }
  return reasons;
}

/** Suspended where it serves; a proposal that does not hold any more has nothing to wait for. */
export function outOfService(
  deployment: Deployment,
  reasons: { readonly suspended: string; readonly retired: string },
  now: number,
): Deployment {
  if (isInService(deployment.stage)) return moveTo(deployment, 'suspended', now, reasons.suspended);
  return deployment.stage === 'proposed' ? moveTo(deployment, 'retired', now, reasons.retired) : deployment;
}
