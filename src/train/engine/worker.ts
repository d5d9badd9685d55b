/**
 * The process that trains, seen from inside: it may use much memory and block its thread, and takes both with it when
 * it ends. It gets one job over the channel to its parent (process.ts), and examples are never written to disk.
 */
import { setPriority } from 'node:os';
import { UnderstudyError } from '../../core/errors.ts';
import type { StepReport } from './loop.ts';
import type { Said } from './process.ts';

/** Below every other process's priority, so that training takes only what nobody else wants. */
const LOW_PRIORITY = 10;

/** Waits for a job, does it, tells the parent how it went, and ends. */
export function serveJob<Job, Result>(
  work: (job: Job, onStep: (report: StepReport) => void) => Promise<Result>,
): void {
  const send = (message: Said<Result>): Promise<void> =>
    new Promise((sent) => {
      process.send?.(message, () => sent());
    });
  // Ctrl-C reaches the whole process group; what it means is for the parent to decide.
  process.on('SIGINT', () => {});
  process.on('disconnect', () => process.exit(0));
  process.once('message', (job: Job) => {
    try {
      setPriority(LOW_PRIORITY);
    } catch {
      // Some containers forbid it; training works all the same.
    }
    work(job, (report) => void send({ type: 'step', report }))
      .then((result) => send({ type: 'done', result }))
      .catch((error: unknown) => {
        const known = error instanceof UnderstudyError;
        return send({
          type: 'failed',
          code: known ? error.code : 'internal',
          message: error instanceof Error ? error.message : String(error),
          hint: known ? error.hint : 'Please report this with the message.',
        });
      })
      .finally(() => process.exit(0));
  });
}
