/**
 * The process that works on a job, one at a time: started with the settings that it needs and no keys that it does not, and
 * stopped with SIGTERM, or SIGKILL where it does not obey.
 * Does not: choose the job, or put it where it belongs when the process is gone (service.ts).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../core/config.ts';
import { withoutKeys } from '../../core/environment.ts';
import type { Job } from '../../core/job.ts';
import type { StopReason } from './ends.ts';

/** What the process is sent. */
export interface JobSettings {
  readonly config: Config;
  /** Weights live in `weights/` below it. */
  readonly weightsDir: string;
  readonly jobId: string;
}

export interface JobProcess {
  /** The job that is worked on; null where no process is there. */
  jobId(): string | null;
  start(job: Pick<Job, 'id'>): void;
  /** Tells the process to end; a second reason changes nothing. */
  stop(why: StopReason): void;
  /** Ends it with this program, which waits for it. */
  close(): Promise<void>;
}

export interface JobProcessOptions {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly weightsDir: string;
  /** Its program. Default: child. */
  readonly program?: string;
  /**
   * The process has ended. The job counts as worked on until this resolves. Never rejects.
   * @param how 'exit code 0', a signal, or why it could not be started.
   * @param why It was stopped; null where it ended by itself.
   */
  readonly onEnd: (jobId: string, how: string, why: StopReason | null) => Promise<void>;
}

/** Between SIGTERM, which a process that is well obeys, and SIGKILL. */
const KILL_AFTER_MS = 5000;

export function jobProcess({
  config,
  env,
  weightsDir,
  program = CHILD,
  onEnd,
}: JobProcessOptions): JobProcess {
  const { learn, judge } = config;
  const isJudgedByLlm = judge?.from === 'upstream' && judge.agreed;
  let child: {
    readonly process: ChildProcess;
    readonly jobId: string;
    readonly ended: Promise<void>;
  } | null = null;
  let stopping: StopReason | null = null;

  const stop = (why: StopReason): void => {
    if (child === null || stopping !== null) return;
    stopping = why;
    const { process: stopped } = child;
    stopped.kill('SIGTERM');
    const killTimer = setTimeout(() => stopped.kill('SIGKILL'), KILL_AFTER_MS).unref();
    stopped.once('exit', () => clearTimeout(killTimer));
  };

  return {
    jobId: () => child?.jobId ?? null,
    start: ({ id }) => {
      stopping = null;
      const started = fork(program, [], {
        execArgv: [],
        // Agents' keys stay here; the LLM's goes where it is asked again, or judges.
        env: withoutKeys(env, learn.askAgain || isJudgedByLlm ? ['OPENAI_API_KEY'] : []),
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      const ended = exitOf(started).then(async (how) => {
        await onEnd(id, how, stopping);
        child = null;
      });
      child = { process: started, jobId: id, ended };
      const settings: JobSettings = { config, weightsDir, jobId: id };
      started.send(settings, () => {});
      // Neither it nor the channel to it keeps the program alive.
      started.unref();
      started.channel?.unref();
    },
    stop,
    close: async () => {
      // While it ends nothing else keeps the program alive.
      child?.process.ref();
      stop('closing');
      await child?.ended;
    },
  };
}

/** How the process ended, or why it could not be started. */
function exitOf(started: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    started.once('exit', (code, by) => resolve(by ?? `exit code ${code}`));
    // Where it cannot even be started, there is no exit to hear of.
    started.on('error', (error) => {
      if (started.pid === undefined) resolve(error.message);
    });
  });
}

const CHILD = fileURLToPath(
  new URL(`./child${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url),
);
