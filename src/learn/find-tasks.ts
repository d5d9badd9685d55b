/**
 * From usable calls to tasks: those that are known already, and new ones. Joins cluster and what follows from changed tasks,
 * for pipeline.ts.
 * Does not: decide which calls are of one task (cluster/), or what a change is (changed.ts).
 */
import type { TimedRequest } from '../callsite/proved.ts';
import { findTasks } from '../cluster/tasks.ts';
import { type Call, UNTIMED } from '../core/call.ts';
import { type LearnReport, type LeftOut, leftOutOf } from '../core/learning.ts';
import type { Task } from '../core/task.ts';
import type { readUsable } from '../curate/usable.ts';
import { changedBy } from './changed.ts';
import { withContinued } from './continued.ts';
import type { LearnContext } from './trial.ts';

export interface FoundTasks {
  readonly tasks: readonly Task[];
  /** By task id. Calls of no task are left out. */
  readonly callsOf: Map<string | undefined, readonly Call[]>;
  /** Why the specialist in service was suspended, by task id. */
  readonly suspended: ReadonlyMap<string, string>;
  /** For the report: how many calls there were, and why some are of no use. */
  readonly counts: Pick<LearnReport, 'calls' | 'usableCalls' | 'dropped' | 'leftOut'>;
}

/**
 * Finds the tasks of usable calls, stores them, and suspends the specialists that were proved on what a task no longer is.
 */
export async function tasksIn(
  usable: Awaited<ReturnType<typeof readUsable>>,
  context: LearnContext,
): Promise<FoundTasks> {
  const { store } = context;
  // What people decide while tasks are found counts, too: then they are found again.
  const decided = (await store.taskDecisions()).length;
  const { tasks: found, assignment, unassigned } = findTasks(usable.calls, await store.tasks());
  const tasks = found.map((task) => withContinued(task, usable.continued));
  const callsOf = Map.groupBy(usable.calls, (call) => assignment.get(call.id));
  callsOf.delete(undefined);
  const latest = (id: string): TimedRequest[] => latestOf(callsOf.get(id) ?? []);
  let changed = await changedBy(tasks, latest, context);
  while (!(await store.putTasks(tasks, decided, changed.moves))) {
    // A person has decided something meanwhile: tasks are found again. Else a gateway, or a person, has moved a deployment.
    if ((await store.taskDecisions()).length !== decided) return tasksIn(usable, context);
    changed = await changedBy(tasks, latest, context);
  }
  const counts = {
    calls: usable.read,
    usableCalls: usable.calls.length,
    dropped: usable.dropped,
    leftOut: [
      ...leftOutOf(usable.dropped, usable.examples),
      ...withoutTask(unassigned),
      ...withoutTask(excludedIn(tasks, callsOf)),
    ],
  };
  return { tasks, callsOf, suspended: changed.reasons, counts };
}

/** Those of tasks that a person has excluded. */
const excludedIn = (
  tasks: readonly Task[],
  callsOf: ReadonlyMap<string | undefined, readonly Call[]>,
): readonly { readonly callId: string; readonly reason: string }[] =>
  tasks
    .filter(({ excluded }) => excluded)
    .flatMap(({ id }) => callsOf.get(id) ?? [])
    .map(({ id }) => ({ callId: id, reason: 'excluded' }));

/** Usable calls that nothing is learnt from because of the task that they belong to, or since they belong to none, by reason. */
function withoutTask(
  unassigned: readonly { readonly callId: string; readonly reason: string }[],
): readonly LeftOut[] {
  const byReason = Map.groupBy(unassigned, ({ reason }) => reason);
  return [...byReason].map(([reason, [first, ...others]]) => ({
    reason,
    calls: 1 + others.length,
    example: first?.callId ?? null,
  }));
}

/** Calls that tell what a task's tools are now. */
const LATEST = 20;

/** The latest of the calls, each with its time where that is known. */
function latestOf(calls: readonly Call[]): TimedRequest[] {
  return calls
    .toSorted((a, b) => a.at - b.at)
    .slice(-LATEST)
    .map(({ request, at, tags }) => ({ request, at: UNTIMED in tags ? null : at }));
}
