/**
 * Several threads that find entities, for whoever waits for many texts: an import, learning. A run of the model blocks its
 * thread, so one thread uses one core. Does not: find anything itself (classifier.ts).
 */
import { Worker } from 'node:worker_threads';
import type { Entity, EntityFinder } from '../../core/entity.ts';
import { UnderstudyError } from '../../core/errors.ts';

export interface FindRequest {
  readonly no: number;
  readonly texts: readonly string[];
}

export interface FindReply {
  readonly no: number;
  readonly found?: readonly (readonly Entity[])[];
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
  let no = 0;
  let closed = false;

  /** A thread with what waits for it; a new one once it has ended. */
  const seat = (): {
    ask(texts: readonly string[]): Promise<readonly (readonly Entity[])[]>;
    end(): Promise<unknown>;
  } => {
    let worker: Worker | null = null;
    const waiting = new Map<number, { resolve(reply: FindReply): void; reject(error: unknown): void }>();
    const started = (): Worker => {
      if (worker) return worker;
      const thread = new Worker(url, { workerData: path });
      thread.unref();
      thread.on('message', (reply: FindReply) => {
        waiting.get(reply.no)?.resolve(reply);
        waiting.delete(reply.no);
      });
      const ended = (why: string) => (): void => {
        if (worker !== thread) return;
        worker = null;
        for (const { reject } of waiting.values()) reject(failed(why));
        waiting.clear();
      };
      thread.on('error', ended('its thread failed'));
      thread.on('exit', ended('its thread ended'));
      worker = thread;
      return thread;
    };
    return {
      ask: async (texts) => {
        if (closed) throw failed('closed');
        const thread = started();
        thread.ref();
        const { found, error } = await new Promise<FindReply>((resolve, reject) => {
          waiting.set(++no, { resolve, reject });
          thread.postMessage({ no, texts } satisfies FindRequest);
        }).finally(() => thread.unref());
        if (found) return found;
        throw failed(error ?? 'no reply');
      },
      end: async () => worker?.terminate(),
    };
  };
  const seats = Array.from({ length: threads }, seat);

  return {
    async find(texts) {
      const shares = sharesOf(texts);
      const found = new Array<readonly (readonly Entity[])[]>(shares.length);
      let next = 0;
      await Promise.all(
        seats.map(async ({ ask }) => {
          for (let i = next++; i < shares.length; i = next++) found[i] = await ask(shares[i]!);
        }),
      );
      return found.flat();
    },
    close: async () => {
      closed = true;
      await Promise.all(seats.map(({ end }) => end()));
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
    hint: 'Try again; `understudy doctor` checks its weights. redaction.finder: off goes on without it.',
  });
}
