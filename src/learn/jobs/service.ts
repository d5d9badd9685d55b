/**
 * Learning as a service, beside a running gateway: looks now and then whether something is due, and has one process at a time
 * work on it. What was interrupted is resumed; what is cancelled, over its budget or without a sign of life is ended.
 * Does not: decide what is due (due.ts), run the process (job-process.ts), or learn (child.ts).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../core/config.ts';
import { messageOf } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { dayOf, isEnded, type Job, NO_COST } from '../../core/job.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Store } from '../../core/store.ts';
import { isWorkedOn, queueJob, SILENT_MS } from './control.ts';
import { whatIsDue } from './due.ts';
import { type EndReason, endOf } from './ends.ts';
import { type FactsStore, readFacts } from './facts.ts';
import { type JobProcessOptions, jobProcess } from './job-process.ts';

export interface LearningService {
  /** Stops the process that works on a job, which the next service resumes. */
  close(): Promise<void>;
}

/** What is read and written, and its end. */
export interface LearningStorage {
  /** Dollars that the LLM took for its calls since then; null where no price is known. Default: not known. */
  readonly llmDollars?: (since: number) => Promise<number | null>;
  readonly store: FactsStore & Pick<Store, 'job' | 'addJob' | 'changeJob' | 'addEvent'>;
  close(): Promise<void>;
}

export interface LearningParts {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly weightsDir: string;
  /** Opens a store that never waits for a lock: calls are under way in this process. Tried again where it fails. */
  readonly open: () => Promise<LearningStorage>;
  readonly log: (line: string) => void;
  readonly now?: () => number;
  /** The process's program. Default: child. */
  readonly program?: string;
  /** How often jobs are looked after. Default: 500 ms. */
  readonly tickMs?: number;
}

const TICK_MS = 500;
/** How long after the data folder could not be opened it is tried again. */
const REOPEN_MS = 30_000;
const DAY_MS = 24 * 3_600_000;
/** What a run may save a day is told by what the LLM took in the last days, of which it may take over about half. */
const PAYBACK_DAYS = 7;
const EXPECTED_COVERAGE = 0.5;
/** Jobs of which some may have been worked on today. */
const JOBS_A_DAY = 50;
export function startLearning(parts: LearningParts): LearningService {
  const { config, log, now = Date.now } = parts;
  const { learn } = config;
  let storage: LearningStorage | null = null;
  let triedAt = Number.NEGATIVE_INFINITY;
  let isClosing = false;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let complaint = '';
  let held = '';

  const tell = (
    { store }: LearningStorage,
    kind: string,
    subject: string,
    detail: JsonObject,
  ): Promise<void> => {
    const at = now();
    return store.addEvent({ id: newId('event', at), at, kind, subject, detail });
  };

  /** Jobs that no process works on any more wait again. */
  const resumeLost = async (opened: LearningStorage, running: readonly Job[]): Promise<void> => {
    for (const job of running) {
      if (worker.jobId() === job.id || isWorkedOn(job, now())) continue;
      const why = job.isCancelRequested ? 'cancelled' : job.trigger === 'command' ? 'given-up' : 'lost';
      await endProcess(opened, job, why);
    }
  };

  /** Puts a job, whose process is gone, where it belongs. */
  const endProcess = async (opened: LearningStorage, job: Job, why: EndReason, how = ''): Promise<void> => {
    const end = endOf(job, why, how, now());
    // One whose process did not even come to claim it is queued.
    const from =
      why === 'crashed' || why === 'not-claimed' ? (['running', 'queued'] as const) : (['running'] as const);
    if ((await opened.store.changeJob(job.id, from, end, { pid: job.pid })) === null) return;
    const { state, note, crashes } = end;
    const kind = state === 'queued' ? 'job-interrupted' : 'job-ended';
    await tell(opened, kind, job.id, { job: job.id, state, reason: note, crashes });
    log(`job ${job.id}: ${state === 'queued' ? 'waits again' : state}: ${note}`);
  };

  /** The process has ended: where the job has not, it is put where it belongs; tried again while the store is locked. */
  const afterwards: JobProcessOptions['onEnd'] = async (jobId, how, why) => {
    for (let wait = 20; ; wait = Math.min(1000, wait * 2)) {
      try {
        const job = (await storage?.store.job(jobId)) ?? null;
        if (storage !== null && job !== null) {
          if (isEnded(job)) log(`job ${jobId}: ${job.state}: ${job.note ?? ''}`);
          else {
            const reason =
              why ?? (job.state === 'queued' && how === 'exit code 0' ? 'not-claimed' : 'crashed');
            await endProcess(storage, job, reason, how);
          }
        }
        return;
      } catch (error) {
        complain(`jobs wait for the store: ${messageOf(error)}`);
        // What is left as running is found by the next service.
        if (isClosing && wait >= 1000) return;
        await sleep(wait, undefined, { ref: false });
      }
    }
  };

  const worker = jobProcess({
    config,
    env: parts.env,
    weightsDir: parts.weightsDir,
    ...(parts.program === undefined ? {} : { program: parts.program }),
    onEnd: afterwards,
  });

  const start = (job: Job): void => {
    log(`job ${job.id} ${job.starts === 0 ? 'begins' : 'resumes'}: ${job.reason}`);
    worker.start(job);
  };

  /** Ends the process of a job that must not go on. */
  const watchOver = async ({ store }: LearningStorage, jobId: string): Promise<void> => {
    const job = await store.job(jobId);
    if (job === null) return;
    if (job.isCancelRequested) return worker.stop('cancelled');
    const today = dayOf(now());
    const spent = (await store.jobs({ limit: JOBS_A_DAY })).reduce(
      (sum, each) => sum + (each.spent[today] ?? NO_COST).cpuMinutes,
      0,
    );
    // What a person asked for is theirs to cancel.
    if (job.trigger !== 'by-hand' && spent >= learn.budget.cpuMinutesADay) worker.stop('budget');
    else if (job.heartbeatAt !== null && now() - job.heartbeatAt > SILENT_MS) worker.stop('silent');
  };

  /** Adds a job where one is due. */
  const look = async (opened: LearningStorage): Promise<void> => {
    const { store } = opened;
    const at = now();
    if (learn.mode === 'off' || at - lookedAt < learn.everySeconds * 1000) return;
    const facts = await readFacts(store, config, at);
    lookedAt = at;
    const due = whatIsDue(facts, learn, at);
    if (due.job === null) {
      // Told once for each cause: the numbers change all the time.
      const cause = due.held === null ? '' : due.held.replace(/[\d.]+/g, '');
      if (due.held !== null && cause !== held) {
        log(`learning waits: ${due.reason}`);
        await tell(opened, 'learning-held', 'learn', { reason: due.reason });
      }
      held = cause;
      return;
    }
    held = '';
    const spent = (await opened.llmDollars?.(at - PAYBACK_DAYS * DAY_MS)) ?? null;
    const savedADay = spent === null ? null : (spent / PAYBACK_DAYS) * EXPECTED_COVERAGE;
    await queueJob(store, { ...due.job, mode: learn.mode, estimate: { ...facts.estimate, savedADay } }, at);
  };

  const tick = async (): Promise<void> => {
    if (isClosing) return;
    try {
      if (storage === null) {
        if (now() - triedAt < REOPEN_MS) return;
        triedAt = now();
        storage = await parts.open();
      }
      const open = await storage.store.jobs({ states: ['queued', 'running'] });
      await resumeLost(
        storage,
        open.filter(({ state }) => state === 'running'),
      );
      const workedOn = worker.jobId();
      if (workedOn !== null) await watchOver(storage, workedOn);
      else {
        const waiting = open.filter(({ state, trigger }) => state === 'queued' && trigger !== 'command');
        const next = waiting.find(({ notBefore }) => notBefore <= now());
        const isFree = !open.some(({ state }) => state === 'running');
        if (next && isFree && !isClosing) start(next);
        else if (waiting.length === 0 && isFree) await look(storage);
      }
      complaint = '';
    } catch (error) {
      complain(`jobs wait for the store: ${messageOf(error)}`);
    }
  };
  /** Once for each trouble, which may last. */
  const complain = (line: string): void => {
    if (line !== complaint) log(line);
    complaint = line;
  };

  let ticking: Promise<void> | null = null;
  const timer = setInterval(() => {
    ticking ??= tick().finally(() => {
      ticking = null;
    });
  }, parts.tickMs ?? TICK_MS).unref();

  return {
    close: async () => {
      isClosing = true;
      clearInterval(timer);
      await ticking;
      await worker.close();
      await storage?.close();
    },
  };
}
