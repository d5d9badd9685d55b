/** What becomes of a job whose process is gone before the job was done: it waits again, or that is its end. Pure. */
import { dayOf, type Job, type JobChange } from '../../core/job.ts';

/** Why a job's process is ended. */
export type StopReason = 'cancelled' | 'closing' | 'budget' | 'silent';

/**
 * Why a job has no process any more. given-up: it was a command's, which is gone. lost: it was gone when a service looked.
 * not-claimed: another job had begun meanwhile.
 */
export type EndReason = StopReason | 'crashed' | 'given-up' | 'lost' | 'not-claimed';

const MAX_CRASHES = 5;
/** Before a job is begun again whose process ended by itself; doubles each time. */
const RESTART_MS = 2000;
const DAY_MS = 24 * 3_600_000;

/** @param how The process ended, for one that ended by itself. @param at Epoch milliseconds. */
export function endOf(
  job: Pick<Job, 'crashes' | 'pid'>,
  why: EndReason,
  how: string,
  at: number,
): JobChange & Required<Pick<JobChange, 'state' | 'note' | 'crashes'>> {
  const crashes = job.crashes + (why === 'crashed' || why === 'silent' ? 1 : 0);
  const common = { pid: null, crashes, note: noteOf(why, how) };
  if (why === 'cancelled') return { ...common, state: 'cancelled', endedAt: at, progress: null };
  if (crashes >= MAX_CRASHES || why === 'given-up')
    return { ...common, state: 'failed', endedAt: at, progress: null };
  const waits = {
    budget: nextDay(at),
    closing: at,
    lost: at,
    crashed: at + RESTART_MS * 2 ** crashes,
    silent: at + RESTART_MS * 2 ** crashes,
    'not-claimed': at + RESTART_MS,
  };
  return { ...common, state: 'queued', notBefore: waits[why] };
}

function noteOf(why: EndReason, how: string): string {
  switch (why) {
    case 'cancelled':
      return 'it was cancelled';
    case 'closing':
      return 'the program was stopped; it resumes where its trainings were';
    case 'budget':
      return "today's processor time (learn.budget.cpuMinutesADay) is used up; it resumes tomorrow";
    case 'silent':
      return 'it gave no sign of life';
    case 'given-up':
      return 'the command that worked on it is gone';
    case 'lost':
      return 'the process that worked on it is gone; it resumes where its trainings were';
    case 'not-claimed':
      return 'another job runs';
    case 'crashed':
      return `its process ended before it was done (${how})`;
  }
}

/** The beginning of the next day, by which budgets count (UTC). */
const nextDay = (at: number): number => Date.parse(dayOf(at)) + DAY_MS;
