/**
 * The process that trains, seen from outside: it is started, watched and cancelled here.
 * Does not: know what is trained; the program is passed in, and built on worker.ts.
 */

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, UnderstudyError } from '../../core/errors.ts';
import type { OnProgress } from '../../core/progress.ts';
import { trainingCancelled } from '../cancelled.ts';
import type { StepReport } from './loop.ts';

/** What the process says. */
export type Said<Result> =
  | { readonly type: 'step'; readonly report: StepReport }
  | { readonly type: 'done'; readonly result: Result }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint: string };

/**
 * @param options.program URL of the program without its ending: it has another one once built.
 * @param options.subject id of the task, for the progress.
 * @throws UnderstudyError what the job throws; 'cancelled'; 'internal' where the process ends by itself.
 */
export function runJob<Job extends object, Result>(
  job: Job,
  options: {
    readonly program: URL;
    readonly subject: string;
    readonly on?: OnProgress | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Result> {
  const { subject, on, signal } = options;
  if (signal?.aborted) return Promise.reject(trainingCancelled());
  return new Promise((resolve, reject) => {
    const { PATH, HOME, TMPDIR } = process.env;
    const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    const child = fork(`${fileURLToPath(options.program)}${ending}`, [], {
      execArgv: [],
      // The child needs no key of ours.
      env: { PATH, HOME, TMPDIR },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    let settled = false;
    const settle = (act: () => void): void => {
      if (settled) return;
      settled = true;
      signal?.removeEventListener('abort', abort);
      process.removeListener('exit', kill);
      act();
    };
    const kill = (): void => {
      child.kill('SIGKILL');
    };
    const abort = (): void => {
      kill();
      settle(() => reject(trainingCancelled()));
    };
    signal?.addEventListener('abort', abort);
    process.on('exit', kill);
    child.on('message', (said: Said<Result>) => {
      // What was on its way when the job was cancelled is not passed on.
      if (settled) return;
      switch (said.type) {
        case 'step': {
          const { step, steps, loss, tokensPerSecond, leftMs } = said.report;
          const note = `loss ${loss.toFixed(3)}, ${Math.round(tokensPerSecond)} tokens/s`;
          on?.({ step: 'train', subject, done: step, total: steps, leftMs, note });
          return;
        }
        case 'done':
          return settle(() => resolve(said.result));
        case 'failed':
          return settle(() => reject(new UnderstudyError(said.code, said.message, { hint: said.hint })));
      }
    });
    child.on('error', (cause) => settle(() => reject(gone(cause.message, cause))));
    child.on('exit', (code, by) => settle(() => reject(gone(by ?? `exit code ${code}`))));
    child.send(job, (error) => {
      if (error) settle(() => reject(gone(error.message, error)));
    });
  });
}

function gone(how: string, cause?: unknown): UnderstudyError {
  return new UnderstudyError('internal', `The training process ended before it was done (${how}).`, {
    hint: 'Start it again to resume from the last checkpoint; too little memory is the usual cause.',
    cause,
  });
}
