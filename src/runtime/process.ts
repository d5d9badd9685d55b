/**
 * Starts the model process, watches its pulse, kills it where it hangs, and starts it again, waiting longer each time.
 * While it is down, requests fail at once, so that the caller can turn to the LLM.
 * Does not: know what is asked of it (llama.ts, encoder.ts).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { UnderstudyError } from '../core/errors.ts';
import { type Client, httpClient } from './client.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Heartbeat, startHeartbeat } from './heartbeat.ts';
import { PULSE_FD, type Settings } from './server/settings.ts';

export interface ModelProcess {
  /** Talks to whichever process is up; 'unavailable' at once where none is. */
  readonly client: Client;
  /** Null while it is down. */
  pid(): number | null;
  /** Whether it answers within a moment. */
  alive(): Promise<boolean>;
  /** Calls back whenever the process stops answering or is gone (false), and when it answers again (true). */
  watch(listener: (responds: boolean) => void): void;
  /** How often it has been started again. */
  restarts(): number;
  close(): Promise<void>;
}

const PROGRAM = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './server/main.ts' : './server/main.js', import.meta.url),
);

/** Restart waits: doubled with each crash in a row; a process that lived longer than the longest wait starts afresh. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;
const START_TIMEOUT_MS = 60_000;

export interface ProcessOptions {
  /** Longest wait for one answer. */
  readonly timeoutMs: number;
  readonly clock?: Clock;
  /** Path of the program. Default: ours. */
  readonly program?: string;
}

/**
 * Resolves when the process listens.
 * @throws UnderstudyError 'unavailable' where it does not come up the first time.
 */
export async function startModelProcess(
  settings: Omit<Settings, 'token'>,
  options: ProcessOptions,
): Promise<ModelProcess> {
  const { timeoutMs, clock = systemClock, program = PROGRAM } = options;
  const token = randomBytes(24).toString('hex');
  const listeners: ((responds: boolean) => void)[] = [];
  let current: Up | null = null;
  let callOff = (): void => {};
  let closed = false;
  let responds = false;
  let starts = 0;
  let waitMs = FIRST_WAIT_MS;

  const tell = (now: boolean): void => {
    if (now === responds) return;
    responds = now;
    for (const listener of listeners) listener(now);
  };
  const start = async (): Promise<void> => {
    starts++;
    const up = await startOnce(program, { ...settings, token }, timeoutMs, clock);
    if (closed) return stop(up);
    current = up;
    const since = clock.now();
    up.child.once('exit', () => {
      current = null;
      up.heartbeat.stop();
      void up.client.close();
      tell(false);
      if (clock.now() - since > LONGEST_WAIT_MS) waitMs = FIRST_WAIT_MS;
      again();
    });
    up.heartbeat.onVerdict((verdict) => {
      tell(verdict === 'well');
      if (verdict === 'hung') up.child.kill('SIGKILL');
    });
    tell(true);
  };
  const again = (): void => {
    if (closed) return;
    callOff = clock.after(waitMs, () => void start().catch(again));
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
  };

  await start();
  return {
    client: {
      async post(path, body, signal) {
        if (current === null)
          throw new UnderstudyError('unavailable', 'The model process is not running.', {
            hint: 'It is started again by itself; try again shortly.',
            status: 503,
          });
        return current.client.post(path, body, signal);
      },
      close: () => Promise.resolve(),
    },
    pid: () => current?.child.pid ?? null,
    alive: async () => current?.heartbeat.alive() ?? false,
    watch: (listener) => void listeners.push(listener),
    restarts: () => starts - 1,
    async close() {
      closed = true;
      callOff();
      if (current !== null) await stop(current);
    },
  };
}

interface Up {
  readonly child: ChildProcess;
  readonly client: Client;
  readonly heartbeat: Heartbeat;
}

async function startOnce(program: string, settings: Settings, timeoutMs: number, clock: Clock): Promise<Up> {
  const child = fork(program, [], {
    execArgv: [],
    // No keys of the parent's environment, and one thread of libuv's: see server/language.ts.
    env: { PATH: process.env.PATH, LD_LIBRARY_PATH: process.env.LD_LIBRARY_PATH, UV_THREADPOOL_SIZE: '1' },
    // The last one is for pings: server/pulse.ts.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
  });
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2000);
  });
  const port = await new Promise<number>((resolve, reject) => {
    const give = (reason: string): void => {
      child.kill('SIGKILL');
      reject(
        new UnderstudyError('unavailable', `The model process did not start: ${reason}`, {
          hint: 'Run `understudy doctor`.',
          status: 503,
        }),
      );
    };
    const callOff = clock.after(START_TIMEOUT_MS, () => give('it took too long.'));
    const done = (): void => {
      callOff();
      child.removeAllListeners();
    };
    child.once('error', (error) => {
      done();
      give(error.message);
    });
    child.once('exit', (code, signal) => {
      done();
      give(`it ended with ${signal ?? code}. ${complaint.trim().split('\n').at(-1) ?? ''}`);
    });
    child.once('message', (message: { readonly port: number }) => {
      done();
      resolve(message.port);
    });
    child.send(settings);
  });
  // Forgetting to close must not keep the parent alive; when it ends, the channel closes and the child follows.
  child.unref();
  child.channel?.unref();
  (child.stderr as unknown as { unref?: () => void } | null)?.unref?.();
  child.on('error', () => undefined);
  const client = httpClient({
    baseUrl: `http://127.0.0.1:${port}`,
    apiKey: settings.token,
    timeoutMs,
  });
  return { child, client, heartbeat: startHeartbeat(child.stdio[PULSE_FD] as Socket, clock) };
}

async function stop({ child, client, heartbeat }: Up): Promise<void> {
  heartbeat.stop();
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode === null && child.signalCode === null) {
    child.ref();
    child.kill('SIGKILL'); // It holds nothing that a kill could harm.
    await ended;
  }
  await client.close();
}
