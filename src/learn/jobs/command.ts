/**
 * A learning run that a person started, on record as a job: a running service sees it, waits for its end and counts it as the
 * tasks' last try.
 */
import { UnderstudyError } from '../../core/errors.ts';
import type { LearnReport } from '../../core/learning.ts';
import type { Store } from '../../core/store.ts';
import { cancelJob, isWorkedOn, queueJob } from './control.ts';
import { type WorkOptions, workOn } from './work.ts';

/** @throws UnderstudyError 'in-use' where another job runs; and as `learn`. */
export async function learnAsJob(
  options: Omit<WorkOptions, 'store'> & {
    readonly store: WorkOptions['store'] & Pick<Store, 'addJob' | 'jobs'>;
  },
): Promise<LearnReport> {
  const { store, signal } = options;
  // What a killed process left behind holds up nobody.
  for (const job of await store.jobs({ states: ['running'] }))
    if (job.trigger === 'command' && !isWorkedOn(job, Date.now())) {
      const note = 'the command that worked on it is gone';
      await store.changeJob(job.id, ['running'], { state: 'failed', endedAt: Date.now(), pid: null, note });
    }
  const about = { trigger: 'command', reason: '`understudy learn`', mode: 'auto' } as const;
  const job = await queueJob(store, { ...about, tasks: null, estimate: null }, Date.now());
  try {
    const report = await workOn(job.id, options);
    if (report !== null) return report;
  } catch (error) {
    if (signal?.aborted)
      await store.changeJob(job.id, ['running'], {
        state: 'cancelled',
        endedAt: Date.now(),
        pid: null,
        progress: null,
        note: 'interrupted',
      });
    throw error;
  }
  await cancelJob(store, job.id, { by: 'its own command', now: Date.now() });
  const [running] = await store.jobs({ states: ['running'] });
  throw new UnderstudyError('in-use', `Another learning run is under way: ${running?.id ?? 'a job'}.`, {
    hint: '`understudy jobs show` says how far it is, `understudy jobs cancel` ends it.',
    data: { job: running?.id ?? null },
  });
}
