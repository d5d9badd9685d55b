/**
 * The model that finds people, for requests that a specialist is to be asked about: opened with the first of them, in a
 * thread of its own; until it is open those calls are the LLM's, and comparisons wait for it. Where it cannot be had or fails, it
 * tells that nothing was read: requests are read by the recognisers alone, and by the model when they come again later.
 * Does not: read what is recorded (the drain's process has its own).
 */
import type { FindIfItCan } from '../capture/live-redaction.ts';
import type { EntityFinder } from '../core/entity.ts';
import { UnderstudyError } from '../core/errors.ts';

/** How long after it could not be opened it is tried again. */
const AGAIN_MS = 60_000;

export interface LiveFinder {
  /** As EntityFinder.find; null where the texts could not be read. */
  readonly find: FindIfItCan;
  close(): Promise<void>;
}

/** @param open Null where its weights cannot be had; fetching them ends with the signal. */
export function liveFinder(open: (signal: AbortSignal) => Promise<EntityFinder | null>): LiveFinder {
  const closing = new AbortController();
  let finder: EntityFinder | null = null;
  let opening: Promise<void> | null = null;
  let triedAt = Number.NEGATIVE_INFINITY;
  let isFirst = true;
  const begin = async (): Promise<void> => {
    const opened = await open(closing.signal).catch(() => null);
    // A thread is open with its first answer.
    await opened?.find(['ready']).catch(() => null);
    finder = opened;
    triedAt = performance.now();
    isFirst = false;
    opening = null;
  };
  return {
    find: async (texts, isPatient = false) => {
      if (finder === null && performance.now() - triedAt > AGAIN_MS) opening ??= begin();
      if (isPatient && isFirst) await opening;
      // Tried again later, it is waited for no more: weights may not be had for days.
      if (opening !== null && isFirst)
        throw new UnderstudyError('overloaded', 'The model that finds people is being opened.', {
          hint: 'Ask again in some seconds.',
        });
      return finder === null ? null : finder.find(texts).catch(() => null);
    },
    close: async () => {
      closing.abort();
      await opening;
      await finder?.close();
    },
  };
}
