/**
 * Keeps a gateway's access keys as the store has them, and the store's record of what they used as the gateway has it.
 * Does not: check a key (access/).
 */
import type { KeyedAccess } from '../access/access.ts';
import { periodStart } from '../access/limits.ts';
import type { AccessStore, Budget } from '../core/access.ts';
import { messageOf } from '../core/errors.ts';
import { oneAtATime } from './one-at-a-time.ts';

export interface AccessUpdates {
  /** Reads the keys where they have changed. Never rejects: those in memory stay where they cannot be read. */
  refresh(): Promise<void>;
  /** Keeps what was used. Never rejects: it is tried again the next time. */
  flush(): Promise<void>;
  /** Since when the keys could not be read, and why; null where they can. */
  trouble(): string | null;
}

/** @param store Null while it is not open. */
export function accessUpdates(options: {
  readonly access: KeyedAccess;
  readonly store: () => AccessStore | null;
  readonly log: (line: string) => void;
  readonly now: () => number;
}): AccessUpdates {
  const { access, log, now } = options;
  let version: number | null = null;
  let trouble: string | null = 'they have not been read yet';
  const isFailed = (error: unknown): void => {
    const reason = messageOf(error);
    // Once for each trouble, which may last.
    if (reason !== trouble) log(`access keys cannot be brought up to date: ${reason}`);
    trouble = reason;
  };
  /** Periods of budgets: only for them what was used in the store is read. */
  let periods: readonly Budget['period'][] = [];
  const readUse = async (store: AccessStore): Promise<void> => {
    const [since] = periods.map((period) => periodStart(period, now())).sort();
    if (since !== undefined) access.known(await store.keyUse(since));
  };
  return {
    trouble: () => trouble,
    refresh: oneAtATime(async () => {
      const store = options.store();
      if (store === null) return;
      try {
        const current = await store.accessVersion();
        if (current !== version) {
          const keys = await store.accessKeys();
          access.update(keys);
          periods = [...new Set(keys.flatMap(({ budget }) => budget?.period ?? []))];
          await readUse(store);
        }
        version = current;
        trouble = null;
      } catch (error) {
        isFailed(error);
      }
    }),
    flush: oneAtATime(async () => {
      const store = options.store();
      if (store === null) return;
      const uses = access.taken();
      if (uses.length === 0) return;
      try {
        await store.addKeyUse(uses);
      } catch (error) {
        access.putBack(uses);
        isFailed(error);
        return;
      }
      await readUse(store).catch(isFailed);
    }),
  };
}
