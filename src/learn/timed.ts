/**
 * A candidate's trainer, with a clock: it says how long the training is expected to take before its first step can tell,
 * breaks it off where the machine is so busy that it would take several times as long, and puts on record how long it took.
 * Does not: change what is trained.
 */
import { UnderstudyError } from '../core/errors.ts';
import type { Progress } from '../core/progress.ts';
import type { Trainer } from '../core/runtime.ts';
import type { Artefact } from '../core/specialist.ts';
import type { Contender } from '../select/candidates.ts';

/** A training that would take this many times as long as planned is stopped … */
const MAX_OVERRUN = 2;
/** … once it has run for this share of the planned time: the first steps are slow. */
const PATIENCE = 0.15;

/** @param record Called after each training that was done here and now; not for one that was found finished. */
export function timedTrainer(
  { trainer, minutes }: Pick<Contender, 'trainer' | 'minutes'>,
  record: (artefact: Artefact) => void | Promise<void>,
  now: () => number = () => performance.now(),
): Trainer {
  const plannedMs = minutes === null ? null : minutes * 60_000;
  const expected = plannedMs === null ? {} : { leftMs: plannedMs };
  return {
    name: trainer.name,
    propose: (...about) => trainer.propose(...about),
    train: async (job, on, signal) => {
      // A trainer that finds its job finished reports no progress (test/contracts/trainer.ts).
      let beganAt: number | null = null;
      const overrun = new AbortController();
      let tooLong: UnderstudyError | null = null;
      const watch = ({ leftMs, total }: Progress): void => {
        beganAt ??= now();
        const elapsed = now() - beganAt;
        if (plannedMs === null || leftMs === undefined || total === 0 || tooLong !== null) return;
        if (elapsed < PATIENCE * plannedMs || elapsed + leftMs < MAX_OVERRUN * plannedMs) return;
        tooLong = takesTooLong(leftMs, plannedMs);
        overrun.abort();
      };
      const artefact = await trainer
        .train(
          job,
          (progress) => {
            watch(progress);
            on?.(progress.total === 0 ? { ...expected, ...progress } : progress);
          },
          AbortSignal.any([overrun.signal, ...(signal ? [signal] : [])]),
        )
        .catch((error: unknown) => {
          throw signal?.aborted ? error : (tooLong ?? error);
        });
      if (beganAt !== null) await record(artefact);
      return artefact;
    },
  };
}

function takesTooLong(leftMs: number, plannedMs: number): UnderstudyError {
  const minutes = (ms: number): string => `${Math.max(1, Math.round(ms / 60_000))} min`;
  return new UnderstudyError(
    'timed-out',
    `It would take ${minutes(leftMs)} more where ${minutes(plannedMs)} in all were planned: the machine is busy. The next run resumes it.`,
    { hint: 'Learn at a quieter time, or give it more minutes (--minutes).' },
  );
}
