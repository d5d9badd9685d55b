/**
 * Whether something is to be learnt now, what, and why. Pure: takes what is known (facts.ts), gives a job or the reason why
 * there is none.
 *
 * Tries are not free: each takes its part of the chance of error (stats/spending), so a task that was refused needs the more
 * calls the oftener it was tried. So tries follow the growth of a task's calls, not the clock, and each within a week waits
 * twice as long as the one before: no state of affairs makes a machine learn the same thing again and again.
 */
import type { LearnSettings } from '../../core/config-learn.ts';
import type { JobCost, JobEstimate, JobTrigger } from '../../core/job.ts';

/** The task's last try, by a job or by hand. */
export interface LastTry {
  readonly at: number;
  /** Calls that were learnt from. */
  readonly calls: number;
  readonly outcome: 'passed' | 'refused';
  readonly moreCalls: number | null;
  /** Tries within the last week. */
  readonly recent: number;
}

export interface TaskFacts {
  readonly id: string;
  readonly name: string;
  /** Null where it was never tried. */
  readonly lastTry: LastTry | null;
  /** Calls that the LLM answered since then; of a task that was never tried, all. */
  readonly newCalls: number;
  readonly newFeedback: number;
  readonly isInService: boolean;
  /** A proposal of it waits for a person. */
  readonly isProposed: boolean;
  /** A person has stopped it. */
  readonly isStopped: boolean;
  /** Its newest deployment was taken out of service, and it was not tried since. */
  readonly rollback: (Since & { readonly reason: string; readonly times: number }) | null;
  /** The latest change of it that was found, and how many more calls it takes until anything can be proved since. */
  readonly change: (Since & { readonly reason: string; readonly missing: number }) | null;
}

/** When something happened, and the calls that the LLM has answered since. */
interface Since {
  readonly at: number;
  readonly calls: number;
}

export interface LearningFacts {
  readonly tasks: readonly TaskFacts[];
  /** Calls in the store that the LLM answered. */
  readonly calls: number;
  /** The last run that ended in any way but by a person's word; null where there was none. */
  readonly lastRun: {
    readonly at: number;
    /** Calls in the store when it began. */
    readonly calls: number;
    /** Failures in a row up to this one. */
    readonly failures: number;
  } | null;
  /** Calls since then that no task takes. */
  readonly unassigned: number;
  readonly spentToday: JobCost;
  /** What trainings have left in the data folder, and what is free on its disk. */
  readonly trainingBytes: number;
  readonly freeBytes: number;
  readonly estimate: JobEstimate;
}

export interface DueJob {
  readonly trigger: JobTrigger;
  readonly reason: string;
  /** Known tasks to learn; those that are found anew are learnt as well. */
  readonly tasks: readonly string[];
}

/** A job, or why there is none. */
export type Due =
  | { readonly job: DueJob; readonly reason: string }
  /** `held`: what speaks against a job that is due; null where none is. */
  | { readonly job: null; readonly reason: string; readonly held: string | null };

const WEEK_MS = 7 * 24 * 3_600_000;
const MIN_FREE_BYTES = 1e9;
/** In the night this part of the new calls is enough. */
const AT_NIGHT = 0.5;
/** Calls of no task come in all the time where there is nothing to find: this share of all of them has to be new. */
const UNASSIGNED_GROWTH = 0.1;

/** @param now Epoch milliseconds. */
export function whatIsDue(facts: LearningFacts, settings: LearnSettings, now: number): Due {
  if (settings.mode === 'off') return none('learning is switched off (learn.mode)');
  const held = whyHeld(facts, settings, now);
  const due = dueTasks(facts, settings, now);
  if (due.length === 0) return none('no task has enough that is new');
  const urgent = due.toSorted((a, b) => URGENCY.indexOf(a.trigger) - URGENCY.indexOf(b.trigger))[0]!;
  const reason = due.map((each) => each.reason).join('; ');
  // Said only where there would be something to do.
  if (held !== null) return none(`${held}. Due: ${reason}`, held);
  return {
    job: { trigger: urgent.trigger, reason, tasks: due.flatMap(({ id }) => (id === null ? [] : [id])) },
    reason,
  };
}

const none = (reason: string, held: string | null = null): Due => ({ job: null, reason, held });

const URGENCY: readonly JobTrigger[] = ['rollback', 'drift', 'feedback', 'new-calls', 'nightly'];

/** Why nothing is begun whatever is due; null where it may. */
function whyHeld(
  { lastRun, spentToday, trainingBytes, freeBytes, estimate }: LearningFacts,
  { budget, retryMinutes }: LearnSettings,
  now: number,
): string | null {
  if (lastRun !== null && lastRun.failures > 0 && now < lastRun.at + backOff(retryMinutes, lastRun.failures))
    return `the last ${count(lastRun.failures, 'run')} failed: it waits before it tries again`;
  const cpu = budget.cpuMinutesADay - spentToday.cpuMinutes;
  // What is expected to take more than a day's budget is begun on a fresh day, and resumed on the next.
  if (cpu <= 0 || (spentToday.cpuMinutes > 0 && estimate.cpuMinutes > cpu))
    return `of today's ${round(budget.cpuMinutesADay)} minutes of processor time ${round(Math.max(0, cpu))} are left, and a run takes about ${round(estimate.cpuMinutes)}`;
  const dollars = budget.dollarsADay - spentToday.dollars;
  if (estimate.dollars > dollars)
    return `a run is expected to cost $${estimate.dollars.toFixed(2)}, and $${Math.max(0, dollars).toFixed(2)} of today's budget are left`;
  if (trainingBytes + estimate.diskBytes > budget.diskGb * 1e9)
    return `trainings take ${gb(trainingBytes)} GB of the ${round(budget.diskGb)} GB that they may`;
  if (freeBytes - estimate.diskBytes < MIN_FREE_BYTES) return `only ${gb(freeBytes)} GB are free on the disk`;
  return null;
}

interface DueTask {
  /** Null: calls of no task. */
  readonly id: string | null;
  readonly trigger: JobTrigger;
  readonly reason: string;
}

function dueTasks(facts: LearningFacts, settings: LearnSettings, now: number): DueTask[] {
  const isNight = isWithin(settings.window, now);
  const due = facts.tasks.flatMap((task): DueTask[] => {
    const why = task.isStopped ? null : whyDue(task, settings, now, isNight);
    return why === null ? [] : [{ id: task.id, ...why }];
  });
  const needed = Math.max(settings.newCalls, UNASSIGNED_GROWTH * (facts.lastRun?.calls ?? 0));
  const unassigned = whenEnough(facts.unassigned, needed, isNight);
  if (unassigned !== null) {
    const known = facts.lastRun === null ? 'nothing has been learnt yet' : 'no task takes them';
    due.push({
      id: null,
      trigger: unassigned,
      reason: `${count(facts.unassigned, 'new call')}, and ${known}`,
    });
  }
  return due;
}

function whyDue(
  task: TaskFacts,
  settings: LearnSettings,
  now: number,
  isNight: boolean,
): Omit<DueTask, 'id'> | null {
  const { lastTry, rollback, change, name } = task;
  if (lastTry !== null && now < lastTry.at + backOff(settings.retryMinutes, lastTry.recent)) return null;
  // Calls before a change prove nothing about what comes after it.
  if (change !== null && change.missing > 0) return null;
  if (rollback !== null) {
    // Where its change is on record, the calls that a proof takes grow with each try as it is.
    const times = change === null ? rollback.times : 1;
    const isEnough = rollback.calls >= settings.rollbackCalls * 2 ** (times - 1);
    if (!isEnough || now < rollback.at + backOff(settings.retryMinutes, rollback.times)) return null;
    const reason = `'${name}' was taken out of service (${rollback.reason}), and ${count(rollback.calls, 'call')} have come since`;
    return { trigger: 'rollback', reason };
  }
  // What calls for a try again after a try within the week was not settled by it: it has to say so the louder.
  const louder = 2 ** Math.max(0, (lastTry?.recent ?? 1) - 1);
  const isNewChange = change !== null && change.at > (lastTry?.at ?? 0);
  if (isNewChange && change.calls >= settings.alarmCalls * louder)
    return {
      trigger: 'drift',
      reason: `'${name}': ${change.reason}; ${count(change.calls, 'call')} have come since`,
    };
  if (task.newFeedback >= settings.newFeedback * louder)
    return {
      trigger: 'feedback',
      reason: `'${name}' has feedback ${count(task.newFeedback, 'time')} since it was learnt`,
    };
  const trigger = whenEnough(task.newCalls, callsToWaitFor(task, settings), isNight);
  if (trigger === null) return null;
  const before = lastTry === null ? 'it was never tried' : `it learnt from ${lastTry.calls}`;
  return { trigger, reason: `'${name}' has ${count(task.newCalls, 'new call')}, and ${before}` };
}

/** New calls of a task that make another try worth its part of delta. */
function callsToWaitFor({ lastTry, isInService, isProposed }: TaskFacts, settings: LearnSettings): number {
  const { newCalls, growth } = settings;
  if (lastTry === null) return newCalls;
  // The gate has said how many it would take. Where the traffic has changed since, old calls count in that, and it is too many.
  const said = lastTry.outcome === 'refused' ? lastTry.moreCalls : null;
  if (said !== null) return Math.max(newCalls, Math.min(said, growth * lastTry.calls));
  // Who replaces a specialist begins in shadow: while one serves well, that has to be worth it.
  const serves = isInService || isProposed ? 2 : 1;
  return Math.max(newCalls, serves * growth * lastTry.calls);
}

function whenEnough(calls: number, needed: number, isNight: boolean): 'new-calls' | 'nightly' | null {
  if (calls >= needed) return 'new-calls';
  return isNight && calls >= needed * AT_NIGHT ? 'nightly' : null;
}

/** How long something waits that has gone wrong `times` in a row, milliseconds. */
export function backOff(minutes: number, times: number): number {
  return Math.min(WEEK_MS, minutes * 60_000 * 2 ** Math.max(0, times - 1));
}

/** @param window 'HH:MM-HH:MM' in local time, over midnight too; or 'off'. */
function isWithin(window: string, now: number): boolean {
  const [from, to] = window.split('-').map((text) => {
    const [hours, minutes] = text.split(':').map(Number);
    return hours! * 60 + (minutes ?? 0);
  });
  if (from === undefined || to === undefined || Number.isNaN(from)) return false;
  const at = new Date(now);
  const minute = at.getHours() * 60 + at.getMinutes();
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
const round = (value: number): number => Math.round(value);
const gb = (bytes: number): string => (bytes / 1e9).toFixed(1);
