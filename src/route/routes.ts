/**
 * From what is deployed to what the router works with: each task's way to its specialist.
 * Does not: decide on calls (router.ts), or say what is deployed (deploy/).
 */
import { whyUnproved } from '../callsite/proved.ts';
import { type Deployment, isInService } from '../core/deployment.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Specialist } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { decisionFor, type TaskDecision } from './decision.ts';

/** What the router knows: swapped as a whole when something is deployed or retired. */
export interface RoutingPlan {
  readonly tasks: readonly Task[];
  readonly deployments: readonly Deployment[];
  readonly specialists: readonly Specialist[];
  /** Ids of the tasks that a person has stopped. Default: none. */
  readonly stopped?: ReadonlySet<string>;
}

/** A task's way to its specialist. */
export interface Route {
  readonly task: Task;
  readonly deployment: Deployment;
  readonly specialist: Specialist;
  readonly runtime: Runtime;
  readonly decision: TaskDecision;
  /** Most calls of a session that it serves. */
  readonly perSession: number;
}

/** A plan made ready for decisions. */
export interface RoutingTable {
  readonly tasks: readonly Task[];
  readonly stopped: ReadonlySet<string>;
  /** By task id; of what is in service and can be run. */
  readonly routes: ReadonlyMap<string, Route>;
}

export function routingTable(plan: RoutingPlan, runtimes: readonly Runtime[]): RoutingTable {
  const { tasks, stopped = new Set<string>() } = plan;
  const routes = new Map<string, Route>();
  for (const deployment of plan.deployments) {
    if (!isInService(deployment.stage) || stopped.has(deployment.taskId)) continue;
    const task = tasks.find(({ id }) => id === deployment.taskId);
    const specialist = plan.specialists.find(({ id }) => id === deployment.specialistId);
    const runtime = runtimes.find(({ rungs }) => specialist && rungs.includes(specialist.artefact.rung));
    if (!task || !specialist || !runtime || whyUnproved(task, specialist.proved) !== null) continue;
    const decision = decisionFor(task, specialist.proved);
    const perSession = specialist.evidence.gate.sessions?.cap ?? Number.POSITIVE_INFINITY;
    routes.set(task.id, { task, deployment, specialist, runtime, decision, perSession });
  }
  return { tasks, stopped, routes };
}
