/**
 * What the store has learnt, for the router, and what the router has measured, for the store: audits are written down,
 * deployments move by them, and the present plan is read where it has changed. Beside the calls: none waits for the store.
 * Does not: decide when a deployment moves (watching.ts).
 */

import type { EscalationReason } from '../core/call.ts';
import type { Audit } from '../core/deployment.ts';
import { messageOf } from '../core/errors.ts';
import type { UnusedAnswers } from '../core/figures.ts';
import type { Store } from '../core/store.ts';
import type { RoutingPlan } from '../route/routes.ts';
import type { ChangeAlarms } from './change-alarms.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { Vocabulary } from './recording-folder.ts';
import type { Watching } from './watching.ts';

export interface PlanUpdatesOptions {
  /** Null while there is none. */
  readonly store: () => Store | null;
  readonly watching: Watching;
  readonly alarms: Pick<ChangeAlarms, 'write'>;
  /** The store has another plan than before. */
  readonly onPlan: (plan: RoutingPlan, vocabulary: Vocabulary) => void;
  readonly log: (line: string) => void;
  readonly now: () => number;
}

export interface PlanUpdates {
  /** Takes an audit, to be written down soon. */
  add(audit: Audit): void;
  /** Counts an answer in shadow that would not have been used. */
  addUnused(deploymentId: string, reason: EscalationReason): void;
  /** Writes and reads now. Never rejects: what fails is logged once, and tried again the next time. */
  run(): Promise<void>;
}

/** Audits that wait for the store; more are forgotten. */
const MAX_AUDITS = 10_000;
/** How long audits are collected before they are written down. */
const AUDIT_MS = 100;

export function planUpdates(options: PlanUpdatesOptions): PlanUpdates {
  const { watching, log, now } = options;
  let audits: Audit[] = [];
  let unused = new Map<string, UnusedAnswers>();
  let soon: NodeJS.Timeout | undefined;
  let planVersion = Number.NaN;
  let complaint = '';

  /** Once for each trouble, which may last. */
  const complain = (line: string): void => {
    if (line !== complaint) log(line);
    complaint = line;
  };
  const countUnused = ({ deploymentId, reason, answers }: UnusedAnswers): void => {
    const key = `${deploymentId} ${reason}`;
    unused.set(key, { deploymentId, reason, answers: (unused.get(key)?.answers ?? 0) + answers });
  };
  const writeUnused = async (store: Store): Promise<void> => {
    if (unused.size === 0) return;
    const pending = [...unused.values()];
    unused = new Map();
    try {
      await store.addUnused(pending);
    } catch (error) {
      pending.forEach(countUnused);
      throw error;
    }
  };
  const write = async (store: Store): Promise<boolean> => {
    const pending = audits;
    audits = [];
    try {
      // Nothing to write takes no lock: this is asked several times a second.
      if (pending.length > 0) await store.addAudits(pending);
      for (const id of new Set(pending.map((audit) => audit.deploymentId)))
        await watching.advance(store, id, now());
      await options.alarms.write(store);
      await writeUnused(store);
      return true;
    } catch (error) {
      // What was written already is recognised by its call id when it is written again.
      audits = [...pending, ...audits];
      complain(`audits wait for the store: ${messageOf(error)}`);
      return false;
    }
  };
  const read = async (store: Store, written: boolean): Promise<void> => {
    try {
      const version = await store.planVersion();
      if (written) complaint = '';
      if (version === planVersion) return;
      const plan = await readPlan(store);
      await watching.update(store, plan);
      options.onPlan(plan, await store.vocabulary());
      planVersion = version;
    } catch (error) {
      complain(`deployments cannot be read, the present ones stay: ${messageOf(error)}`);
    }
  };
  const run = oneAtATime(async () => {
    clearTimeout(soon);
    soon = undefined;
    const store = options.store();
    if (store === null) return;
    // Read whether or not audits could be written: a person who stops a task is heard while another process writes.
    const written = await write(store);
    await read(store, written);
  });
  return {
    add: (audit) => {
      if (audits.length < MAX_AUDITS) audits.push(audit);
      soon ??= setTimeout(run, AUDIT_MS).unref();
    },
    addUnused: (deploymentId, reason) => countUnused({ deploymentId, reason, answers: 1 }),
    run,
  };
}

async function readPlan(store: Store): Promise<RoutingPlan> {
  const tasks = await store.tasks();
  const stopped = (await store.stoppedTasks()).map(({ taskId }) => taskId);
  const excluded = tasks.filter((task) => task.excluded).map(({ id }) => id);
  return {
    tasks,
    deployments: await store.deployments(),
    specialists: await store.specialists(),
    stopped: new Set([...stopped, ...excluded]),
  };
}
