/**
 * READ FIRST: the offline loop, the whole story. S1 capture → S2 curate → S3 cluster → S4 select → S5 train →
 * (proof) evaluate → S6 deploy. Stages do not know each other: what one makes is handed to the next here.
 * The online half (route, escalate, audit, roll back) is online/serving.ts; understudy.ts chooses the implementations;
 * what happens to one task is spelled out in rounds.ts (its candidates compete), trial.ts (one of them is tried) and
 * proof.ts (the winner is examined).
 */
import type { TimedRequest } from '../callsite/proved.ts';
import { findTasks } from '../cluster/tasks.ts';
import { type Call, UNTIMED } from '../core/call.ts';
import {
  type LearnOptions,
  type LearnReport,
  type LeftOut,
  leftOutOf,
  type TaskReport,
} from '../core/learning.ts';
import type { Task } from '../core/task.ts';
import { readUsable } from '../curate/usable.ts';
import { probeHardware } from '../select/hardware.ts';
import { withPrediction } from './assess/kept.ts';
import { changedBy } from './changed.ts';
import { withContinued } from './continued.ts';
import { replacedPrompts, withFindings } from './findings.ts';
import { proveAndDeploy } from './proof.ts';
import { firstRound, leftToGain, secondRound } from './rounds.ts';
import type { LearnContext, TaskRun } from './trial.ts';
import { refuseUnknown, wantedBy } from './wanted.ts';

/**
 * The six steps over the captured calls, oldest first, which are read once: what cannot be learnt from is let go at once, the calls of a
 * task as soon as its dataset is made. @throws UnderstudyError 'cancelled' when told to stop, 'not-found'. */
export async function learn(
  calls: AsyncIterable<Call> | Iterable<Call>,
  context: LearnContext,
  options: LearnOptions,
): Promise<LearnReport> {
  const { config } = context;
  const startedAt = Date.now();

  // S2 curate: what can be learnt from. S3 cluster: which of it is one job.
  const { tasks: found, callsOf, changed, ...counts } = await jobsIn(await readUsable(calls), context);
  refuseUnknown(options, found);
  const replaced = replacedPrompts(found, callsOf);

  // S4 select, S5 train: first every task's candidates that take seconds …
  const runs: TaskRun[] = [];
  for (const task of found.filter(wantedBy(options))) {
    const run = await firstRound(task, callsOf.get(task.id) ?? [], context, options);
    const finding = replaced.get(task.id);
    runs.push(finding ? { ...run, findings: [...run.findings, finding] } : run);
    callsOf.delete(task.id);
  }
  // … then those that take minutes, which go where most calls are left to gain.
  const deadline = Date.now() + config.train.minutes * 60_000;
  const finals: TaskRun[] = [];
  for (const run of runs.toSorted((a, b) => leftToGain(b) - leftToGain(a)))
    finals.push(await secondRound(run, Math.max(0, deadline - Date.now()) / 60_000, context));

  // The proof on calls that nobody has looked at, and S6 deploy.
  const tasks: TaskReport[] = [];
  for (const run of finals.toSorted((a, b) => b.task.calls - a.task.calls)) {
    const how = { ...options, changed: changed.get(run.task.id) ?? null };
    const proved = await withFindings(await proveAndDeploy(run, context, how), run, context);
    tasks.push(await withPrediction(proved, context));
  }

  const { freeMemoryBytes: _, freeDiskBytes: __, ...hardware } = probeHardware(config.dataDir);
  return {
    kind: 'learn',
    startedAt,
    seconds: (Date.now() - startedAt) / 1000,
    seed: config.train.seed,
    dryRun: options.dryRun ?? false,
    epsilon: config.gate.epsilon,
    delta: config.gate.delta,
    hardware,
    ...counts,
    tasks,
    notes: context.notes,
  };
}

/**
 * The tasks behind the calls, each with its own, and how many calls there were. Specialists whose task has changed are out of
 * service from here on.
 */
async function jobsIn(
  usable: Awaited<ReturnType<typeof readUsable>>,
  context: LearnContext,
): Promise<
  Pick<LearnReport, 'calls' | 'usableCalls' | 'dropped' | 'leftOut'> & {
    readonly tasks: readonly Task[];
    readonly callsOf: Map<string | undefined, readonly Call[]>;
    /** Why the specialist in service was suspended, by task id. */
    readonly changed: ReadonlyMap<string, string>;
  }
> {
  const { store } = context;
  // What people have decided about tasks counts from here on; what they decide while tasks are found, too.
  const decided = (await store.taskDecisions()).length;
  const { tasks: found, assignment, unassigned } = findTasks(usable.calls, await store.tasks());
  const tasks = found.map((task) => withContinued(task, usable.continued));
  const callsOf = Map.groupBy(usable.calls, (call) => assignment.get(call.id));
  callsOf.delete(undefined);
  const latest = (id: string): TimedRequest[] => latestOf(callsOf.get(id) ?? []);
  let changed = await changedBy(tasks, latest, context);
  while (!(await store.putTasks(tasks, decided, changed.moves))) {
    // By tasks as they were nobody is suspended. Else a gateway, or a person, has moved one of them.
    if ((await store.taskDecisions()).length !== decided) return jobsIn(usable, context);
    changed = await changedBy(tasks, latest, context);
  }
  return {
    calls: usable.read,
    usableCalls: usable.calls.length,
    dropped: usable.dropped,
    leftOut: [
      ...leftOutOf(usable.dropped, usable.examples),
      ...withoutTask(unassigned),
      ...withoutTask(excludedIn(tasks, callsOf)),
    ],
    tasks,
    callsOf,
    changed: changed.reasons,
  };
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
