/**
 * Several threads that find entities, for whoever waits for many texts: an import, learning. A run of the model blocks its
 * thread, so one thread uses one core. Does not: find anything itself (classifier.ts).
 */
import { Worker } from 'node:worker_threads';
import type { Entity, EntityFinder } from '../../core/entity.ts';
import { UnderstudyError } from '../../core/errors.ts';
import { workerQueue } from '../../core/worker-queue.ts';

type Found = readonly (readonly Entity[])[];

export interface FindRequest {
  readonly texts: readonly string[];
}

export interface FindReply {
  readonly found?: Found;
  /** The kind of what went wrong: a message might quote a text. */
  readonly error?: string;
}

/** Characters of texts that a thread is given at a time. */
const SHARE = 4096;

/**
 * @param path As in openTokenClassifier.
 * @throws its `find`: UnderstudyError 'internal' where a thread failed.
 */
export function openFinderPool(path: string, threads: number): EntityFinder {
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const url = new URL(`./worker${ending}`, import.meta.url);
  const seats = Array.from({ length: threads }, () =>
    workerQueue<FindRequest, FindReply>({
      start: () => new Worker(url, { workerData: path }),
      failure: failed,
    }),
  );
  const ask = async (seat: (typeof seats)[number], texts: readonly string[]): Promise<Found> => {
    const { found, error } = await seat.ask({ texts });
    if (found) return found;
    throw failed(error ?? 'no reply');
  };

  return {
    async find(texts) {
      const shares = sharesOf(texts);
      const found = new Array<Found>(shares.length);
      let next = 0;
      await Promise.all(
        seats.map(async (seat) => {
          for (let i = next++; i < shares.length; i = next++) found[i] = await ask(seat, shares[i]!);
        }),
      );
      return found.flat();
    },
    close: async () => {
      await Promise.all(seats.map((seat) => seat.close(0)));
    },
  };
}

/** The texts in order, some together, so that threads are given about as much at a time. */
function sharesOf(texts: readonly string[]): (readonly string[])[] {
  const shares: string[][] = [];
  let size = SHARE;
  for (const text of texts) {
    if (size >= SHARE) {
      shares.push([]);
      size = 0;
    }
    shares.at(-1)?.push(text);
    size += text.length;
  }
  return shares;
}

function failed(why: string): UnderstudyError {
  return new UnderstudyError('internal', `The model that finds people failed (${why}).`, {
    hint: 'Try again; `understudy doctor` checks its weights. redaction.finder: off works without it.',
  });
}
