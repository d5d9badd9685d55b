/**
 * The drain's process, seen from the gateway: started at a low priority, ended where it does not come back, started again
 * after a crash, and asked for a last round when the gateway closes. What it does is in drain-process.ts; what it died of, it
 * finds out itself when it runs again (capture/deaths.ts).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LossReason } from '../capture/losses.ts';
import type { Config } from '../core/config.ts';
import { withoutKeys } from '../core/environment.ts';

export interface Drainer {
  /** Asks for a last round, waits for it at most `graceMs`, then ends the process: what is left is drained next time. */
  close(graceMs: number): Promise<void>;
}

export interface DrainerSettings {
  readonly config: Pick<Config, 'dataDir' | 'redaction' | 'journal' | 'retention'>;
  readonly weightsDir: string;
}

/** What the process says: a line for the operator, what was lost, or that it is alive and how many steps it has done. */
export type DrainerSays =
  | { readonly type: 'log'; readonly line: string }
  | { readonly type: 'lost'; readonly reason: LossReason; readonly count: number }
  | { readonly type: 'alive'; readonly done: number };

/** How long the process may take, milliseconds. */
export interface DrainerPatience {
  /** Without a sign of life: something does not end. Default: 120,000. */
  readonly silentMs: number;
  /** Without a step done: something is waited for that does not come. Default: 1,800,000. */
  readonly idleMs: number;
  /** Before it is started again after a first crash; doubles up to a minute. Default: 500. */
  readonly restartMs: number;
}
const PATIENCE: DrainerPatience = { silentMs: 120_000, idleMs: 1_800_000, restartMs: 500 };

const LONGEST_WAIT_MS = 60_000;
/** Between SIGTERM, which a process that is well obeys, and SIGKILL. */
const KILL_AFTER_MS = 1000;

export function startDrainer(
  settings: DrainerSettings,
  options: {
    readonly env: NodeJS.ProcessEnv;
    readonly log: (line: string) => void;
    readonly onLost: (reason: LossReason, count: number) => void;
    readonly patience?: Partial<DrainerPatience>;
    /** The process's program. Default: drain-child. */
    readonly program?: string;
  },
): Drainer {
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const patience = { ...PATIENCE, ...options.patience };
  const program = options.program ?? fileURLToPath(new URL(`./drain-child${ending}`, import.meta.url));
  let child: ChildProcess | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closing = false;
  let waitMs = patience.restartMs;

  const start = (): void => {
    const started = fork(program, [], {
      execArgv: [],
      env: withoutKeys(options.env),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child = started;
    const since = performance.now();
    let stuck = '';
    const end = (why: string) => (): void => {
      stuck = why;
      started.kill('SIGKILL');
    };
    const silence = setTimeout(end('it gave no sign of life'), patience.silentMs).unref();
    const idleness = setTimeout(end('it got no further'), patience.idleMs).unref();
    let done = -1;
    started.on('message', (said: DrainerSays) => {
      silence.refresh();
      if (said.type === 'log') options.log(said.line);
      else if (said.type === 'lost') options.onLost(said.reason, said.count);
      else if (said.done !== done) {
        done = said.done;
        idleness.refresh();
      }
    });
    // Where it cannot even be started, there is no exit to hear of.
    started.on('error', (error) => {
      if (started.pid === undefined) ended(error.message);
    });
    started.once('exit', (code, by) => ended(stuck || (by ?? `exit code ${code}`)));
    const ended = (how: string): void => {
      clearTimeout(silence);
      clearTimeout(idleness);
      if (child === started) child = null;
      if (closing) return;
      options.log(
        `capture: the drain's process ended (${how}); calls wait in the journal until it runs again.`,
      );
      if (performance.now() - since > LONGEST_WAIT_MS) waitMs = patience.restartMs;
      timer = setTimeout(start, waitMs).unref();
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    };
    started.send(settings, () => {});
    // Neither it nor the channel to it keeps the program alive.
    started.unref();
    started.channel?.unref();
  };
  start();
  return {
    close: (graceMs) =>
      new Promise((resolve) => {
        closing = true;
        clearTimeout(timer);
        if (child === null) return resolve();
        const last = child;
        // Now it does keep the program alive: killed, nothing else would until it is gone.
        last.ref();
        last.channel?.ref();
        let killTimer = setTimeout(() => {
          last.kill('SIGTERM');
          killTimer = setTimeout(() => last.kill('SIGKILL'), KILL_AFTER_MS);
        }, graceMs);
        const exited = new Promise((done) => last.once('exit', done));
        // What it said last is heard before the channel closes.
        const heard = last.connected ? new Promise((done) => last.once('disconnect', done)) : null;
        void Promise.all([exited, heard]).then(() => {
          clearTimeout(killTimer);
          resolve();
        });
        last.send('finish', () => {});
      }),
  };
}
