/**
 * Work that the program does by itself, as rows in the store: what for, how far it is, and how it ended. Plain data, no
 * payloads. Does not: decide what is due, or run anything (learn/jobs).
 */
import type { JsonObject } from './json.ts';
import type { Progress } from './progress.ts';
import type { Event } from './store.ts';

/**
 * queued: waits for its turn, also where it was stopped half-way and will resume. running: a process works on it. The others
 * are ends.
 */
export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';

/** What set a job off. */
export type JobTrigger =
  | 'new-calls'
  | 'nightly'
  /** A deployment was retired or suspended by what was seen of it. */
  | 'rollback'
  /** Less is served than was promised, or inputs are unlike those that were learnt from. */
  | 'drift'
  | 'feedback'
  /** A person asked a running service for it. */
  | 'by-hand'
  /** `understudy learn`, which works on it itself. */
  | 'command';

/** What a job takes: expected before it begins, or counted afterwards. */
export interface JobCost {
  readonly cpuMinutes: number;
  /** What it leaves in the data folder. */
  readonly diskBytes: number;
  /** Paid to others: asking the LLM again, a judge, hosted training. */
  readonly dollars: number;
}

/** What is known of a job before it runs. */
export interface JobEstimate extends JobCost {
  /** Dollars that what it may bring into service is expected to save a day; null where nothing is known of prices. */
  readonly savedADay: number | null;
  /** In a few words, what the figures rest on: 'the last 3 runs', 'the time budget; no run has ended yet'. */
  readonly basis: string;
}

/** What may come of a job's proofs. observe: nothing. propose: a person decides. auto: they come into service by themselves. */
export type DeployMode = 'observe' | 'propose' | 'auto';

/** What became of one task in a job. */
export interface JobTask {
  readonly id: string;
  readonly name: string;
  /** Calls of the task that were learnt from. */
  readonly calls: number;
  readonly outcome: 'passed' | 'refused';
  /** Came into service, or waits for a person. */
  readonly deployed: boolean;
  readonly reason: string;
  readonly moreCalls: number | null;
}

export interface JobResult {
  readonly calls: number;
  readonly seconds: number;
  readonly tasks: readonly JobTask[];
  readonly notes: readonly string[];
}

export interface Job {
  readonly id: string;
  readonly kind: 'learn';
  readonly trigger: JobTrigger;
  /** Why, in plain words and with numbers. */
  readonly reason: string;
  /** Ids of the known tasks that are learnt; those that are found anew are learnt as well. Null: all. */
  readonly tasks: readonly string[] | null;
  readonly mode: DeployMode;
  readonly state: JobState;
  /** Epoch milliseconds, like all times here. */
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Not before. */
  readonly notBefore: number;
  /** How often a process has begun it, and how often one of them ended by itself. */
  readonly starts: number;
  readonly crashes: number;
  /** The process that works on it; null where none does. */
  readonly pid: number | null;
  readonly heartbeatAt: number | null;
  /** A person asked for its end. */
  readonly isCancelRequested: boolean;
  readonly progress: Progress | null;
  readonly estimate: JobEstimate | null;
  /** So far, over all starts, by day (YYYY-MM-DD in UTC). */
  readonly spent: Readonly<Record<string, JobCost>>;
  readonly result: JobResult | null;
  /** Why it failed, or was cancelled, or waits again; null where there is nothing to say. */
  readonly note: string | null;
  /** Calls and feedback in the store when it began: what came since is new. Null before. */
  readonly seen: { readonly calls: number; readonly feedback: number; readonly at: number } | null;
}

/** What a job may change of itself. */
export type JobChange = Partial<Omit<Job, 'id' | 'kind' | 'trigger' | 'createdAt'>>;

export const isEnded = ({ state }: Pick<Job, 'state'>): boolean => state !== 'queued' && state !== 'running';

export interface JobStore {
  /** A job whose id is there already stays as it is. */
  addJob(job: Job): Promise<void>;
  job(id: string): Promise<Job | null>;
  /** Oldest first; with a limit, the newest of them. */
  jobs(filter?: { readonly states?: readonly JobState[]; readonly limit?: number }): Promise<Job[]>;
  /**
   * Changes a job that is in one of the states `from`, in one step that no other process comes between; the job as it is
   * then, or null, and nothing is changed, where it is in none of them.
   * @param condition Further ones: the job's process; fewer jobs than `maxRunning` run beside it.
   */
  changeJob(
    id: string,
    from: readonly JobState[],
    change: JobChange,
    condition?: { readonly pid?: number | null; readonly maxRunning?: number },
  ): Promise<Job | null>;
}

/** The day of a time, for what is counted by day. */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

export const NO_COST: JobCost = { cpuMinutes: 0, diskBytes: 0, dollars: 0 };

export const addCost = (a: JobCost, b: JobCost): JobCost => ({
  cpuMinutes: a.cpuMinutes + b.cpuMinutes,
  diskBytes: a.diskBytes + b.diskBytes,
  dollars: a.dollars + b.dollars,
});

/** What a job has taken in all. */
export const spentBy = ({ spent }: Pick<Job, 'spent'>): JobCost =>
  Object.values(spent).reduce(addCost, NO_COST);

/** A job's row as JSON, for events and programs. */
export function jobAbout({ id, trigger, reason, tasks, mode, estimate }: Job): JsonObject {
  return {
    job: id,
    trigger,
    reason,
    mode,
    tasks: tasks === null ? null : [...tasks],
    estimate: estimate === null ? null : { ...estimate },
  };
}

/** A task that a person has taken out of service, until it is resumed. Learning and proofs stay as they are. */
export interface StoppedTask {
  readonly taskId: string;
  readonly at: number;
  /** Who did it, as they named themselves. */
  readonly by: string;
  readonly reason: string;
}

export interface SwitchStore {
  /** Those that are stopped. Their calls go to the LLM. */
  stoppedTasks(): Promise<StoppedTask[]>;
  /** Stops it; false where it was stopped already. @param event What is told of it: kept with it. Default: nothing. */
  stopTask(stopped: StoppedTask, event?: Event): Promise<boolean>;
  /** Lets it go on; false where it was not stopped. @param event As of stopTask. */
  resumeTask(taskId: string, event?: Event): Promise<boolean>;
}
