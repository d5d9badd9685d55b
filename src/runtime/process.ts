/**
 * Starts the model process, watches it, and starts it again after a crash, waiting longer each time. While it is
 * down, requests fail at once, so that the caller can turn to the LLM.
 * Does not: know what is asked of it (llama.ts, encoder.ts).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { UnderstudyError } from '../core/errors.ts';
import { type Client, httpClient } from './client.ts';
import type { Settings } from './server/settings.ts';

export interface ModelProcess {
  /** Talks to whichever process is up; 'unavailable' at once where none is. */
  readonly client: Client;
  /** Null while it is down. */
  pid(): number | null;
  close(): Promise<void>;
}

const PROGRAM = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './server/main.ts' : './server/main.js', import.meta.url),
);

/** Restart waits: doubled with each crash in a row; a process that lived longer than the longest wait starts afresh. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;
const START_TIMEOUT_MS = 60_000;

/**
 * Resolves when the process listens.
 * @throws UnderstudyError 'unavailable' where it does not come up the first time.
 */
export async function startModelProcess(
  settings: Omit<Settings, 'token'>,
  options: { readonly timeoutMs: number },
): Promise<ModelProcess> {
  const token = randomBytes(24).toString('hex');
  let current: Up | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let waitMs = FIRST_WAIT_MS;

  const start = async (): Promise<void> => {
    const up = await startOnce({ ...settings, token }, options.timeoutMs);
    if (closed) return stop(up);
    current = up;
    const since = Date.now();
    up.child.once('exit', () => {
      current = null;
      void up.client.close();
      if (Date.now() - since > LONGEST_WAIT_MS) waitMs = FIRST_WAIT_MS;
      again();
    });
  };
  const again = (): void => {
    if (closed) return;
    timer = setTimeout(() => start().catch(again), waitMs);
    timer.unref();
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
    async close() {
      closed = true;
      clearTimeout(timer);
      if (current !== null) await stop(current);
    },
  };
}

interface Up {
  readonly child: ChildProcess;
  readonly client: Client;
}

async function startOnce(settings: Settings, timeoutMs: number): Promise<Up> {
  const child = fork(PROGRAM, [], {
    execArgv: [],
    // No keys of the parent's environment, and one thread of libuv's: see server/language.ts.
    env: { PATH: process.env.PATH, LD_LIBRARY_PATH: process.env.LD_LIBRARY_PATH, UV_THREADPOOL_SIZE: '1' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
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
    const late = setTimeout(() => give('it took too long.'), START_TIMEOUT_MS);
    const done = (): void => {
      clearTimeout(late);
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
  const client = httpClient({
    baseUrl: `http://127.0.0.1:${port}`,
    apiKey: settings.token,
    timeoutMs,
  });
  return { child, client };
}

async function stop({ child, client }: Up): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode === null && child.signalCode === null) {
    child.ref();
    child.kill('SIGKILL'); // It holds nothing that a kill could harm.
    await ended;
  }
  await client.close();
}
