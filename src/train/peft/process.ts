/**
 * Starts the Python worker, hands it its job, and listens until it is done.
 * Does not: know what a job is made of (trainer.ts) or how it is trained (worker.py).
 */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { UnderstudyError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import { trainingCancelled } from '../cancelled.ts';
import { type FromWorker, fromWorkerSchema, type ToWorker, type WorkerResult } from './messages.ts';

const WORKER = join(import.meta.dirname, 'worker.py');

/** What to run where Python or a package is missing. */
export const INSTALL_HINT = `Run: python3 -m venv .understudy/peft && .understudy/peft/bin/pip install -r ${join(import.meta.dirname, 'requirements.txt')} — then set train.peft.python to .understudy/peft/bin/python (absolute, or as seen from where Understudy is started).`;

/**
 * @param python the Python to run, with the packages of requirements.txt.
 * @throws UnderstudyError 'unavailable' (no Python, a package missing, no GPU memory), 'unsupported', 'diverged',
 *   'cancelled' once the process is gone, 'internal' where it ended without a word.
 */
export function runWorker(
  python: string,
  job: ToWorker,
  onMessage: (message: FromWorker) => void,
  signal?: AbortSignal,
): Promise<WorkerResult> {
  return new Promise((resolve, reject) => {
    const { PATH, HOME, TMPDIR, LD_LIBRARY_PATH, CUDA_VISIBLE_DEVICES } = process.env;
    const child = spawn(python, ['-u', WORKER], {
      // The worker needs no key of ours.
      env: { PATH, HOME, TMPDIR, LD_LIBRARY_PATH, CUDA_VISIBLE_DEVICES },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let outcome: WorkerResult | UnderstudyError | null = null;
    let complaint = '';
    const kill = (): void => {
      child.kill('SIGKILL');
    };
    process.on('exit', kill);
    signal?.addEventListener('abort', kill, { once: true });
    if (signal?.aborted) kill();
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-2000);
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const read = fromWorkerSchema.safeParse(parseJson(line));
      if (!read.success) return;
      const said = read.data;
      if (said.type === 'done') outcome = said;
      else if (said.type === 'failed')
        outcome = new UnderstudyError(said.code, said.message, { hint: said.hint || INSTALL_HINT });
      else if (!signal?.aborted) onMessage(said);
    });
    child.once('error', (cause) => {
      outcome ??= new UnderstudyError('unavailable', `${python} cannot be started: ${cause.message}`, {
        hint: INSTALL_HINT,
        cause,
      });
    });
    child.once('close', (code, by) => {
      process.removeListener('exit', kill);
      signal?.removeEventListener('abort', kill);
      if (signal?.aborted) reject(trainingCancelled());
      else if (outcome === null) reject(gone(by ?? `exit code ${code}`, complaint));
      else if (outcome instanceof UnderstudyError) reject(outcome);
      else resolve(outcome);
    });
    // 'close' reports a worker that is gone already.
    child.stdin.on('error', () => {});
    // Left open: its end tells the worker that nobody waits any more.
    child.stdin.write(`${JSON.stringify(job)}\n`);
  });
}

function gone(how: string, complaint: string): UnderstudyError {
  const last = complaint.trim().split('\n').at(-1) ?? '';
  return new UnderstudyError(
    'internal',
    `The Python worker ended before it was done (${how}). ${last}`.trim(),
    {
      hint: 'Start it again to resume from the last checkpoint; too little memory is the usual cause.',
    },
  );
}
