/**
 * The transactions of a SQLite connection, one within another being part of it. However one ends, a ROLLBACK that fails included, the
 * connection is as it was before its next use: in no transaction, with foreign keys enforced.
 */
import type { DatabaseSync } from 'node:sqlite';

export interface Transactions {
  /** Whether one is under way. */
  readonly isInside: () => boolean;
  /** To be called before whatever else is done. @throws as SQLite, where the connection cannot be put in order. */
  readonly settle: () => void;
  /** @param kind As Database.transaction. @throws what `work` throws, and as SQLite. */
  readonly run: <T>(work: () => T, kind?: 'read' | 'own-rows') => T;
}

export function transactionsOf(sqlite: Pick<DatabaseSync, 'exec' | 'isTransaction'>): Transactions {
  let depth = 0;
  let isEnforcing = true;
  const settle = (): void => {
    if (depth > 0) return;
    if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
    if (isEnforcing) return;
    // Inside a transaction the setting cannot change, and SQLite does not say so.
    sqlite.exec('PRAGMA foreign_keys = ON');
    isEnforcing = true;
  };
  return {
    isInside: () => depth > 0,
    settle,
    run: (work, kind) => {
      if (depth > 0) return work();
      if (kind === 'own-rows') {
        isEnforcing = false;
        sqlite.exec('PRAGMA foreign_keys = OFF');
      }
      depth++;
      try {
        sqlite.exec(kind === 'read' ? 'BEGIN' : 'BEGIN IMMEDIATE');
        const result = work();
        sqlite.exec('COMMIT');
        return result;
      } finally {
        depth--;
        try {
          settle();
        } catch {
          // What became of the work is what counts; the next use tries again.
        }
      }
    },
  };
}
