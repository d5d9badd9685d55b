/**
 * A job, worked on by this process: it is claimed, its signs of life and progress are written down each second, and so is its
 * end. Used by the process that a running gateway starts (job-process.ts), and by `understudy learn`.
 * Does not: decide what is due (due.ts), or watch over processes (service.ts).
 */
import { join } from 'node:path';
import type { Config } from '../../core/config.ts';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import {
  addCost,
  dayOf,
  type Job,
  type JobChange,
  type JobResult,
  jobAbout,
  NO_COST,
} from '../../core/job.ts';
import type { LearnOptions, LearnReport } from '../../core/learning.ts';
import type { OnProgress, Progress } from '../../core/progress.ts';
import type { Store } from '../../core/store.ts';
import { cpuMeter } from './cpu-time.ts';
import { bytesBelow } from './disk.ts';
import { dollarsPaid } from './estimate.ts';

export interface WorkOptions {
  readonly config: Pick<Config, 'dataDir' | 'train' | 'learn'>;
  readonly store: Pick<Store, 'job' | 'changeJob' | 'tasks' | 'countCalls' | 'countFeedback' | 'addEvent'>;
  readonly learn: (options: LearnOptions, onProgress: OnProgress) => Promise<LearnReport>;
  /** Aborted where it is to stop half-way: the job stays as it is, for whoever asked. */
  readonly signal?: AbortSignal;
  /** Hears of the progress as well. */
  readonly onProgress?: OnProgress;
  readonly now?: () => number;
}

const BEAT_MS = 1000;

/**
 * Claims a queued job and works on it; the report, or null where somebody else has it or another one runs.
 * @throws as `learn`; the job is then failed, except where it was to stop.
 */
export async function workOn(jobId: string, options: WorkOptions): Promise<LearnReport | null> {
  const { store, learn, signal, now = Date.now } = options;
  const { pid } = process;
  const before = await store.job(jobId);
  if (before === null) return null;
  const at = now();
  const seen = before.seen ?? {
    calls: await store.countCalls({ byLlm: true }),
    feedback: await store.countFeedback(),
    at,
  };
  const job = await store.changeJob(
    jobId,
    ['queued'],
    {
      state: 'running',
      pid,
      heartbeatAt: at,
      startedAt: before.startedAt ?? at,
      seen,
      note: null,
      starts: before.starts + 1,
    },
    { maxRunning: 1 },
  );
  if (job === null) return null;
  await store.addEvent({
    id: newId('event', at),
    at,
    kind: 'job-started',
    subject: jobId,
    detail: { ...jobAbout(job), starts: job.starts },
  });
  const beats = await startBeats(job, options);
  const change = (of: JobChange): Promise<Job | null> => store.changeJob(jobId, ['running'], of, { pid });
  try {
    const report = await learn(await optionsFor(job, store), (progress) => {
      beats.show(progress);
      options.onProgress?.(progress);
    });
    const result = resultOf(report);
    beats.pay(dollarsPaid(report, options.config));
    await beats.stop();
    const note = `${result.tasks.filter(({ deployed }) => deployed).length} of ${result.tasks.length} tasks passed and were deployed or proposed`;
    await change({ state: 'done', pid: null, endedAt: now(), result, progress: null, note });
    await tellEnd(options, job, 'done', note, result);
    return report;
  } catch (error) {
    await beats.stop();
    if (!signal?.aborted) {
      const note = error instanceof UnderstudyError ? `${error.message} ${error.hint}` : messageOf(error);
      await change({ state: 'failed', pid: null, endedAt: now(), progress: null, note });
      await tellEnd(options, job, 'failed', note, null);
    }
    throw error;
  } finally {
    await beats.stop();
  }
}

/** Known tasks that the job is not about stay as they are; new ones are always learnt. */
async function optionsFor({ tasks, mode }: Job, store: Pick<Store, 'tasks'>): Promise<LearnOptions> {
  const known = tasks === null ? [] : (await store.tasks()).map(({ id }) => id);
  return {
    ...(tasks === null ? {} : { except: known.filter((id) => !tasks.includes(id)) }),
    ...(mode === 'observe' ? { dryRun: true } : {}),
    ...(mode === 'propose' ? { propose: true } : {}),
  };
}

/** Writes each second that the job is alive, how far it is and what it has taken. */
async function startBeats(
  { id, spent }: Job,
  { store, config, now = Date.now }: WorkOptions,
): Promise<{ show: OnProgress; pay(dollars: number): void; stop(): Promise<void> }> {
  const { pid } = process;
  const training = join(config.dataDir, 'training');
  const bytesAtStart = await bytesBelow(training);
  const minutes = cpuMeter(config.train.threads);
  let progress: Progress | null = null;
  /** By day, as it was when this process last looked. */
  let days = spent;
  let counted = NO_COST;
  let paid = 0;
  const beat = async (): Promise<void> => {
    const at = now();
    const cpuMinutes = await minutes();
    const diskBytes = Math.max(0, (await bytesBelow(training)) - bytesAtStart);
    const dayCost = days[dayOf(at)] ?? NO_COST;
    const news = {
      cpuMinutes: cpuMinutes - counted.cpuMinutes,
      diskBytes: diskBytes - counted.diskBytes,
      dollars: paid - counted.dollars,
    };
    counted = { cpuMinutes, diskBytes, dollars: paid };
    days = { ...days, [dayOf(at)]: addCost(dayCost, news) };
    await store.changeJob(id, ['running'], { heartbeatAt: at, progress, spent: days }, { pid });
  };
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    // The store may be locked, or a beat take longer than its interval: the next one says the same.
    running = running.then(beat).catch(() => {});
  }, BEAT_MS);
  let isStopped = false;
  return {
    show: (next) => {
      progress = next;
    },
    pay: (dollars) => {
      paid += dollars;
    },
    stop: async () => {
      if (isStopped) return;
      isStopped = true;
      clearInterval(timer);
      await running;
      await beat().catch(() => {});
    },
  };
}

function resultOf({ usableCalls, seconds, tasks, notes }: LearnReport): JobResult {
  return {
    calls: usableCalls,
    seconds,
    notes,
    tasks: tasks.map(({ task, outcome, deployed, reason, moreCalls }) => ({
      id: task.id,
      name: task.name,
      calls: task.calls,
      outcome,
      deployed,
      reason,
      moreCalls,
    })),
  };
}

async function tellEnd(
  { store, now = Date.now }: WorkOptions,
  job: Job,
  state: 'done' | 'failed',
  reason: string,
  result: JobResult | null,
): Promise<void> {
  const at = now();
  await store.addEvent({
    id: newId('event', at),
    at,
    kind: 'job-ended',
    subject: job.id,
    detail: {
      job: job.id,
      state,
      reason,
      tasks: (result?.tasks ?? []).map((task) => ({ ...task })),
    },
  });
}
