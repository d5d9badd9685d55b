/**
 * Shares work among several that can all do it: each piece goes to the one with least in hand, and to another where
 * that one is down or has no place.
 * Does not: know what the work is.
 */
import { UnderstudyError } from '../core/errors.ts';
import type { Runtime } from '../core/runtime.ts';

/** @param workers at least one. @throws what the last worker tried throws. */
export function sharing<T>(workers: readonly T[]): <R>(work: (worker: T) => Promise<R>) => Promise<R> {
  const hands = workers.map((worker) => ({ worker, busy: 0 }));
  return async (work) => {
    const order = [...hands].sort((a, b) => a.busy - b.busy);
    for (const [i, hand] of order.entries()) {
      hand.busy++;
      try {
        return await work(hand.worker);
      } catch (error) {
        const elsewhere =
          error instanceof UnderstudyError && (error.code === 'unavailable' || error.code === 'overloaded');
        if (!elsewhere || i === order.length - 1) throw error;
      } finally {
        hand.busy--;
      }
    }
    throw new UnderstudyError('internal', 'There is nobody to share the work.', { hint: 'Report this.' });
  };
}

/** One runtime out of several that run the same rungs. */
export function balanceLoad(runtimes: readonly Runtime[]): Runtime {
  const share = sharing(runtimes);
  return {
    rungs: runtimes[0]?.rungs ?? [],
    predict: (artefact, input, options) => share((runtime) => runtime.predict(artefact, input, options)),
    async close() {
      await Promise.all(runtimes.map((runtime) => runtime.close()));
    },
  };
}
