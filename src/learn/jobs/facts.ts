/**
 * What is known that may make learning due: read from the store and the disk, for due.ts.
 * Does not: decide.
 */
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { dollarsOf } from '../../core/charge.ts';
import type { Config } from '../../core/config.ts';
import { type Deployment, isInService } from '../../core/deployment.ts';
import { addCost, dayOf, isEnded, type Job, NO_COST } from '../../core/job.ts';
import type { Store } from '../../core/store.ts';
import type { Task } from '../../core/task.ts';
import { callsToHoldBack } from '../../curate/splits.ts';
import { epochsOf } from '../../deploy/epochs.ts';
import { isRolledBack } from '../../deploy/stages.ts';
import { deltaOfTry } from '../../stats/spending.ts';
import { callsNeeded } from '../../stats/statistics.ts';
import { nextTry } from '../trial.ts';
import { bytesBelow } from './disk.ts';
import type { LastTry, LearningFacts, TaskFacts } from './due.ts';
import { estimateOf } from './estimate.ts';

/** What is read of a store. */
export type FactsStore = Pick<
  Store,
  | 'tasks'
  | 'deployments'
  | 'events'
  | 'gateTries'
  | 'jobs'
  | 'stoppedTasks'
  | 'countCalls'
  | 'countFeedback'
  | 'charges'
>;

/** Ended jobs that are looked back on. */
const JOBS = 200;
/** Tries that count together. */
const RECENT_MS = 7 * 24 * 3_600_000;
/** Rollbacks that count together. */
const ROLLBACK_MS = 30 * 24 * 3_600_000;

export async function readFacts(
  store: FactsStore,
  config: Config,
  now: number,
  disk: (dataDir: string) => Promise<DiskFacts> = readDisk,
): Promise<LearningFacts> {
  const [jobs, tasks, deployments, stopped, calls] = await Promise.all([
    store.jobs({ limit: JOBS }),
    store.tasks(),
    store.deployments(),
    store.stoppedTasks(),
    store.countCalls({ byLlm: true }),
  ]);
  const paid = await store.charges(dayOf(now));
  const ended = jobs.filter((job) => isEnded(job) && job.state !== 'cancelled');
  const stoppedIds = new Set(stopped.map(({ taskId }) => taskId));
  const last = ended.at(-1);
  const lastDone = ended.findLast(({ state, seen }) => state === 'done' && seen !== null);

  const facts: TaskFacts[] = [];
  let assigned = 0;
  for (const task of tasks) {
    facts.push(
      await factsOf(task, {
        store,
        config,
        ended,
        deployments,
        isStopped: stoppedIds.has(task.id) || task.excluded !== undefined,
        now,
      }),
    );
    if (lastDone?.seen)
      assigned += await store.countCalls({ taskId: task.id, since: lastDone.seen.at, byLlm: true });
  }
  return {
    tasks: facts,
    calls,
    lastRun:
      last === undefined
        ? null
        : {
            at: last.endedAt ?? last.createdAt,
            calls: lastDone?.seen?.calls ?? 0,
            failures: streak(ended, ({ state }) => state === 'failed'),
          },
    // What is imported comes with times of long ago, so it is counted by how many there are.
    unassigned: Math.max(0, calls - (lastDone?.seen?.calls ?? 0) - assigned),
    spentToday: jobs.reduce((sum, { spent }) => addCost(sum, spent[dayOf(now)] ?? NO_COST), {
      ...NO_COST,
      dollars: dollarsOf(paid.filter((charge) => charge.for === 'learning')),
    }),
    ...(await disk(config.dataDir)),
    estimate: estimateOf(ended, config, calls),
  };
}

async function factsOf(
  { id, name, calls }: Task,
  {
    store,
    config,
    ended,
    deployments,
    isStopped,
    now,
  }: {
    readonly store: FactsStore;
    readonly config: Config;
    readonly ended: readonly Job[];
    readonly deployments: readonly Deployment[];
    readonly isStopped: boolean;
    readonly now: number;
  },
): Promise<TaskFacts> {
  const epoch = (await epochsOf(store, id)).at(-1) ?? null;
  const wholeTry = lastTryOf(id, ended, now);
  // What was before the task changed is not what a growth is of.
  const own = async ({ at }: LastTry): Promise<number> =>
    store.countCalls({ taskId: id, since: epoch?.since ?? 0, until: at, byLlm: true });
  const lastTry =
    wholeTry === null || epoch === null
      ? wholeTry
      : { ...wholeTry, calls: Math.min(wholeTry.calls, await own(wholeTry)) };
  const deployed = deployments.filter(({ taskId }) => taskId === id);
  const since = (at: number): Promise<number> => store.countCalls({ taskId: id, since: at, byLlm: true });
  const newest = deployed.findLast(({ stage }) => stage !== 'proposed');
  const outAt = newest && isRolledBack(newest) ? (newest.history.at(-1)?.at ?? 0) : null;
  // A run may itself suspend what it then finds nothing in place of.
  const isNewRollback = outAt !== null && (lastTry === null || lastTry.at <= outAt);
  // The fewest that can prove anything, at the level that the next try will have.
  const heldBack = async (): Promise<number> =>
    callsNeeded(0, config.gate.epsilon, deltaOfTry(config.gate.delta, await nextTry(id, { store, config })));
  const fresh = lastTry === null ? 0 : await since(lastTry.at);
  return {
    id,
    name,
    lastTry,
    isStopped,
    newCalls: lastTry === null ? Math.max(calls, await since(0)) : fresh,
    newFeedback: await store.countFeedback({ taskId: id, ...(lastTry ? { since: lastTry.at } : {}) }),
    isInService: deployed.some(({ stage }) => isInService(stage)),
    isProposed: deployed.some(({ stage }) => stage === 'proposed'),
    rollback:
      isNewRollback && newest
        ? {
            at: outAt,
            calls: await since(outAt),
            reason: newest.history.at(-1)?.reason ?? '',
            times: deployed.filter(
              (each) => isRolledBack(each) && (each.history.at(-1)?.at ?? 0) > now - ROLLBACK_MS,
            ).length,
          }
        : null,
    change: epoch && {
      at: epoch.found,
      calls: await since(epoch.found),
      reason: epoch.reason,
      missing: callsToHoldBack(await heldBack(), await since(epoch.since), await since(epoch.found)),
    },
  };
}

/** When the task was last in a run, and how it ended for it. */
function lastTryOf(taskId: string, ended: readonly Job[], now: number): LastTry | null {
  const tries = ended.flatMap(({ result, seen, endedAt, createdAt }) =>
    (result?.tasks ?? [])
      .filter(({ id }) => id === taskId)
      // What came while it ran was not learnt from.
      .map((task) => ({ ...task, at: seen?.at ?? endedAt ?? createdAt })),
  );
  const last = tries.at(-1);
  if (last === undefined) return null;
  const { at, calls, outcome, moreCalls } = last;
  return { at, calls, outcome, moreCalls, recent: tries.filter((each) => each.at > now - RECENT_MS).length };
}

/** How many at the end of the list are so. */
function streak<T>(list: readonly T[], is: (item: T) => boolean): number {
  const other = list.findLastIndex((item) => !is(item));
  return list.length - 1 - other;
}

export type DiskFacts = Pick<LearningFacts, 'trainingBytes' | 'freeBytes'>;

async function readDisk(dataDir: string): Promise<DiskFacts> {
  const { bavail, bsize } = await statfs(dataDir);
  return { trainingBytes: await bytesBelow(join(dataDir, 'training')), freeBytes: bavail * bsize };
}
