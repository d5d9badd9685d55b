/**
 * What may be done with jobs from outside: queue one, cancel one, see whether a process still works on one. Plain functions,
 * for the service, the command line and the page.
 * Does not: run them (service.ts).
 */
import { readFileSync } from 'node:fs';
import { UnderstudyError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { isEnded, type Job, jobAbout } from '../../core/job.ts';
import type { Store } from '../../core/store.ts';

/** A job's process that has not written for as long is gone, whoever has its number now. */
export const SILENT_MS = 30 * 60_000;

/** Adds a job that waits for its turn, and the event that says so. */
export async function queueJob(
  store: Pick<Store, 'addJob' | 'addEvent'>,
  about: Pick<Job, 'trigger' | 'reason' | 'tasks' | 'mode' | 'estimate'>,
  now: number,
): Promise<Job> {
  const { trigger, reason, tasks, mode, estimate } = about;
  const job: Job = {
    id: newId('job', now),
    kind: 'learn',
    trigger,
    reason,
    tasks,
    mode,
    state: 'queued',
    createdAt: now,
    startedAt: null,
    endedAt: null,
    notBefore: now,
    starts: 0,
    crashes: 0,
    pid: null,
    heartbeatAt: null,
    isCancelRequested: false,
    progress: null,
    estimate,
    spent: {},
    result: null,
    note: null,
    seen: null,
  };
  await store.addJob(job);
  await store.addEvent({
    id: newId('event', now),
    at: now,
    kind: 'job-queued',
    subject: job.id,
    detail: jobAbout(job),
  });
  return job;
}

/**
 * Ends a job: at once where it waits, or where no process works on it; else its process is stopped within seconds by whoever
 * started it. The job as it is then. @throws UnderstudyError 'not-found'.
 */
export async function cancelJob(
  store: Pick<Store, 'job' | 'changeJob' | 'addEvent'>,
  id: string,
  { by, now }: { readonly by: string; readonly now: number },
): Promise<Job> {
  const job = await store.job(id);
  if (job === null)
    throw new UnderstudyError('not-found', `There is no job '${id}'.`, {
      hint: '`understudy jobs list` shows their ids.',
      data: { job: id },
      status: 404,
    });
  if (isEnded(job)) return job;
  const note = `cancelled by ${by}`;
  const ended = { state: 'cancelled', endedAt: now, pid: null, progress: null, note } as const;
  const cancelled =
    (await store.changeJob(id, ['queued'], ended)) ??
    (isWorkedOn(job, now) ? null : await store.changeJob(id, ['running'], ended, { pid: job.pid }));
  const changed =
    cancelled ?? (await store.changeJob(id, ['queued', 'running'], { isCancelRequested: true, note }));
  await store.addEvent({
    id: newId('event', now),
    at: now,
    subject: id,
    kind: cancelled ? 'job-ended' : 'job-cancel-requested',
    detail: { job: id, by, reason: note, state: changed?.state ?? job.state },
  });
  // It may have ended by itself meanwhile.
  return changed ?? (await store.job(id)) ?? job;
}

/** Whether the process that has claimed a running job is there. */
export function isWorkedOn({ pid, heartbeatAt }: Pick<Job, 'pid' | 'heartbeatAt'>, now: number): boolean {
  if (pid === null) return false;
  return pid === process.pid || (isAlive(pid) && now - (heartbeatAt ?? 0) <= SILENT_MS);
}

/** Whether there is a process of this number, whosever it is, that has not ended. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  try {
    // One that has ended keeps its number until its parent has asked (proc(5): state Z), which some parents never do.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(text.slice(text.lastIndexOf(')') + 2));
  } catch {
    return true;
  }
}
