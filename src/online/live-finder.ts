/**
 * The model that finds people, for requests that a specialist is to be asked about: opened with the first of them, in a
 * thread of its own. Where it cannot be had or fails, requests are read by the recognisers alone.
 * Does not: read what is recorded (the drain's process has its own).
 */
import type { Entity, EntityFinder } from '../core/entity.ts';

/** How long after it could not be opened it is tried again. */
const AGAIN_MS = 60_000;

export interface LiveFinder {
  readonly find: EntityFinder['find'];
  close(): Promise<void>;
}

/** @param open Null where its weights cannot be had. */
export function liveFinder(open: () => Promise<EntityFinder | null>): LiveFinder {
  let opened: Promise<EntityFinder | null> | null = null;
  let triedAt = Number.NEGATIVE_INFINITY;
  const finder = (): Promise<EntityFinder | null> => {
    if (opened === null && performance.now() - triedAt > AGAIN_MS) {
      triedAt = performance.now();
      opened = open().catch(() => null);
      void opened.then((found) => {
        if (found === null) opened = null;
      });
    }
    return opened ?? Promise.resolve(null);
  };
  const nothing = (texts: readonly string[]): Entity[][] => texts.map(() => []);
  return {
    find: async (texts) => {
      const found = await finder();
      if (found === null) return nothing(texts);
      return found.find(texts).catch(() => nothing(texts));
    },
    close: async () => (await opened)?.close(),
  };
}
