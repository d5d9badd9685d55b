/**
 * Stays in shadow, numbered over a task: each is a test whether a specialist may serve, and delta is spent over them as it is over
 * tries at the gate (stats/spending), whoever stays. Pure.
 * Does not: test (stages.ts).
 */
import { type Deployment, provingSince } from '../core/deployment.ts';
import type { Specialist } from '../core/specialist.ts';
import { lineageOf, type TaskDecision } from '../core/task-decision.ts';
import { policyFor, type ServeSettings, type StagePolicy } from './policy.ts';

/**
 * The number, from 1, of the deployment's latest stay in shadow among all of its task, in the order in which they began. No two
 * stays have the same.
 * @param all Deployments of the store; those of other tasks count where delta is spent over all tasks together.
 * @param lineage The tasks whose stays count with its own (lineageOf). Default: its own alone.
 */
export function stayOf(
  deployment: Deployment,
  all: readonly Deployment[],
  family: 'task' | 'all-tasks' = 'task',
  lineage: ReadonlySet<string> = new Set([deployment.taskId]),
): number {
  const own = { at: provingSince(deployment), id: deployment.id };
  let earlier = 0;
  for (const { id, taskId, history } of all) {
    if (family === 'task' && !lineage.has(taskId)) continue;
    for (const { stage, at } of history)
      if (stage === 'shadow' && (at < own.at || (at === own.at && id < own.id))) earlier++;
  }
  return earlier + 1;
}

/**
 * What the specialist is held to in the deployment's latest stay, numbered among those of its task and of the tasks that its
 * calls belonged to earlier.
 * @param known What the store holds.
 * @param family Over whose stays delta is spent.
 */
export function policyOfStay(
  specialist: Specialist,
  deployment: Deployment,
  known: { readonly deployments: readonly Deployment[]; readonly decisions: readonly TaskDecision[] },
  serve: ServeSettings,
  family: 'task' | 'all-tasks',
): StagePolicy {
  const lineage = lineageOf(deployment.taskId, known.decisions);
  return policyFor(specialist, deployment, serve, stayOf(deployment, known.deployments, family, lineage));
}
