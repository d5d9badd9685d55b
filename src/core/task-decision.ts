/**
 * What a person has decided about tasks: another name, two that are one, one that is two, one that is to be left alone. Kept
 * in the order in which it was said, with the tasks before and after, so that it can be taken back.
 * Does not: reshape tasks (cluster/reshape), or act on a decision (learn/task-decisions).
 */
import type { StoppedTask } from './job.ts';
import type { Event } from './store.ts';
import type { Task } from './task.ts';

export const TASK_DECISIONS = ['rename', 'merge', 'split', 'exclude', 'include'] as const;
export type TaskDecisionKind = (typeof TASK_DECISIONS)[number];

export interface TaskDecision {
  readonly id: string;
  readonly kind: TaskDecisionKind;
  /** The task that was decided on; of a merge the one that stays. */
  readonly taskId: string;
  /** Of a merge the task that went into it, of a split the one that was made of the call sites taken out; else null. */
  readonly otherId: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
  /** As they name themselves; for the record. */
  readonly by: string;
  /** In their own words; '' for none. */
  readonly reason: string;
  /** The tasks concerned, as they were and as they are since. One that is only in `before` is no task any more. */
  readonly before: readonly Task[];
  readonly after: readonly Task[];
}

export interface DecisionStore {
  /** Oldest first. */
  taskDecisions(): Promise<TaskDecision[]>;
  /**
   * Keeps the decision and, in the same step, puts the tasks of `after` in the place of those of `before`. False, and nothing is
   * changed, where the tasks of `before` are not as they were any more: a learning run was quicker, or another person.
   */
  addTaskDecision(decision: TaskDecision, inherited?: Inherited): Promise<boolean>;
}

/** What the tasks after a decision have from those before it (delta that is spent stays spent), and what is told of it. */
export interface Inherited {
  /** Tries at the gate that each task has at least from then on. */
  readonly tries: ReadonlyMap<string, number>;
  /** Tasks that are stopped from then on, each with what is told of it; one that is stopped already is left as it is. */
  readonly stops: readonly { readonly stopped: StoppedTask; readonly event: Event }[];
  /** Of those tasks, and of the decision. */
  readonly events: readonly Event[];
}

/** The ids of all tasks whose calls the task may have had, by the decisions so far: its own, and those it was merged with or split from. */
export function lineageOf(taskId: string, decisions: readonly TaskDecision[]): ReadonlySet<string> {
  const ids = new Set([taskId]);
  for (const { kind, before, after } of decisions.toReversed()) {
    if ((kind !== 'merge' && kind !== 'split') || !after.some(({ id }) => ids.has(id))) continue;
    for (const { id } of before) ids.add(id);
  }
  return ids;
}

/** What a person may want of a task; tasks by id or name. */
export type TaskChange =
  | { readonly action: 'rename'; readonly task: string; readonly name: string }
  /** The other one goes into the task. */
  | { readonly action: 'merge'; readonly task: string; readonly from: string }
  /** These of its call sites become a task of their own. */
  | {
      readonly action: 'split';
      readonly task: string;
      readonly sites: readonly string[];
      readonly name?: string | undefined;
    }
  | { readonly action: 'exclude' | 'include'; readonly task: string };

/** What was done, for people and programs. */
export interface TaskDecided {
  readonly kind: 'task-decided';
  readonly action: TaskDecisionKind;
  readonly task: { readonly id: string; readonly name: string };
  /** The task that went into it, or that was made; null for others. */
  readonly other: { readonly id: string; readonly name: string } | null;
  /** False where it was so already. */
  readonly changed: boolean;
  /** Names of the tasks whose specialists have to be proved anew. */
  readonly suspended: readonly string[];
  /** Names of the tasks whose specialists begin again in shadow, as the tasks are again what they were proved on. */
  readonly resumed: readonly string[];
  /** What takes it back; null where there is nothing to take back. */
  readonly inverse: TaskChange | null;
}
