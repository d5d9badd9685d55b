/**
 * A candidate's trainer, with a clock: it says how long the training is expected to take before its first step can tell,
 * and puts on record how long it took. Does not: change what is trained.
 */
import type { Trainer } from '../core/runtime.ts';
import type { Artefact } from '../core/specialist.ts';
import type { Contender } from '../select/candidates.ts';

/** @param record Called after each training that was done here and now; not for one that was found finished. */
export function timedTrainer(
  { trainer, minutes }: Pick<Contender, 'trainer' | 'minutes'>,
  record: (artefact: Artefact) => void | Promise<void>,
): Trainer {
  const expected = minutes === null ? {} : { leftMs: minutes * 60_000 };
  return {
    name: trainer.name,
    propose: (...about) => trainer.propose(...about),
    train: async (job, on, signal) => {
      // A trainer that finds its job finished reports no progress (test/contracts/trainer.ts).
      let isWorking = false;
      const artefact = await trainer.train(
        job,
        (progress) => {
          isWorking = true;
          on?.(progress.total === 0 ? { ...expected, ...progress } : progress);
        },
        signal,
      );
      if (isWorking) await record(artefact);
      return artefact;
    },
  };
}
