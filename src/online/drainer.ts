/**
 * The drain's process, seen from the gateway: started at a low priority, started again after a crash, and asked for a last
 * round when the gateway closes. What it does is in drain-child.ts.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Config } from '../core/config.ts';

export interface Drainer {
  /** Asks for a last round, waits for it at most `graceMs`, then ends the process: what is left is drained next time. */
  close(graceMs: number): Promise<void>;
}

export interface DrainerSettings {
  readonly config: Pick<Config, 'dataDir' | 'redaction'>;
  readonly weightsDir: string;
}

/** What the process says: a line for the operator, or how many entries of the journal were found damaged. */
export type DrainerSays =
  | { readonly type: 'log'; readonly line: string }
  | { readonly type: 'damaged'; readonly count: number };

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;

export function startDrainer(
  settings: DrainerSettings,
  options: {
    readonly env: NodeJS.ProcessEnv;
    readonly log: (line: string) => void;
    readonly onDamaged: (count: number) => void;
  },
): Drainer {
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const program = fileURLToPath(new URL(`./drain-child${ending}`, import.meta.url));
  let child: ChildProcess | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closing = false;
  let waitMs = FIRST_WAIT_MS;

  const start = (): void => {
    const started = fork(program, [], {
      execArgv: [],
      env: withoutKeys(options.env),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child = started;
    const since = Date.now();
    started.on('message', (said: DrainerSays) => {
      if (said.type === 'log') options.log(said.line);
      else options.onDamaged(said.count);
    });
    // Where it cannot even be started, there is no exit to hear of.
    started.on('error', (error) => {
      if (started.pid === undefined) ended(error.message);
    });
    started.once('exit', (code, by) => ended(by ?? `exit code ${code}`));
    const ended = (how: string): void => {
      if (child === started) child = null;
      if (closing) return;
      options.log(
        `capture: the drain's process ended (${how}); calls wait in the journal until it runs again.`,
      );
      if (Date.now() - since > LONGEST_WAIT_MS) waitMs = FIRST_WAIT_MS;
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
        const impatience = setTimeout(() => last.kill('SIGKILL'), graceMs);
        const exited = new Promise((done) => last.once('exit', done));
        // What it said last is heard before the channel closes.
        const heard = last.connected ? new Promise((done) => last.once('disconnect', done)) : null;
        void Promise.all([exited, heard]).then(() => {
          clearTimeout(impatience);
          resolve();
        });
        last.send('finish', () => {});
      }),
  };
}

/** The environment without the keys of providers: only the one that it needs. */
function withoutKeys(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => name === 'UNDERSTUDY_MASTER_KEY' || !/KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i.test(name),
    ),
  );
}
