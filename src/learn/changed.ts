/**
 * Tasks that learning has changed so that a proof does not hold for them any more: their specialist in service is suspended
 * until it, or another one, is proved anew. For pipeline.ts.
 * Does not: store anything, say what a change is (callsite/proved), or keep calls of new templates from an old specialist (route/ does).
 */
import { type TimedRequest, whyUnproved } from '../callsite/proved.ts';
import { type Deployment, isInService } from '../core/deployment.ts';
import type { DeploymentMove } from '../core/store.ts';
import type { Task } from '../core/task.ts';
import { moveEvent, moveTo } from '../deploy/stages.ts';
import type { LearnContext } from './trial.ts';

export interface Changed {
  /** What takes them out of service; to be kept with the tasks, so that no gateway meets a changed task with an old specialist. */
  readonly moves: readonly DeploymentMove[];
  /** Why, by task id, where one was in service. */
  readonly reasons: ReadonlyMap<string, string>;
}

/**
 * The specialists whose proof does not hold for the tasks as they are to be.
 * @param latestOf A task's latest calls.
 */
export async function changedBy(
  tasks: readonly Task[],
  latestOf: (taskId: string) => readonly TimedRequest[],
  { store }: Pick<LearnContext, 'store'>,
): Promise<Changed> {
  const reasons = new Map<string, string>();
  const moves: DeploymentMove[] = [];
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const specialists = new Map((await store.specialists()).map((each) => [each.id, each]));
  for (const before of await store.deployments()) {
    if (!isInService(before.stage) && before.stage !== 'proposed') continue;
    const task = byId.get(before.taskId);
    const proved = specialists.get(before.specialistId)?.proved;
    // A run that began before a merge may have deployed it after.
    const why = task ? whyUnproved(task, proved, latestOf(task.id)) : 'a person has merged it with another';
    if (why === null) continue;
    const changed = `the task has changed since it was proved: ${why}`;
    const reason = `${changed}. It is suspended until it is proved anew`;
    const after = outOfService(before, { suspended: reason, retired: changed }, Date.now());
    moves.push({ before, after, events: [moveEvent(before.stage, after)] });
    if (after.stage === 'suspended') reasons.set(before.taskId, reason);
  }
  return { moves, reasons };
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
