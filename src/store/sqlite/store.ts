/**
 * The Store on SQLite: one file (WAL), many readers, one writer at a time. Its methods do their work at once, before they
 * give their promise: SQLite is called in this thread. Joins what each interface of core/store has in a file of its own.
 */
import type { Cipher } from '../../core/cipher.ts';
import type { Store } from '../../core/store.ts';
import { accessTables } from './access.ts';
import { callTables } from './calls.ts';
import { type CallsInClear, callsInClear } from './calls-in-clear.ts';
import { chargeTable } from './charges.ts';
import { openDatabase, type SqliteOptions } from './database.ts';
import { deploymentTables, eventTable } from './deployments.ts';
import { feedbackTable } from './feedback.ts';
import { figureTables } from './figures.ts';
import { jobTables } from './jobs.ts';
import { keyTable } from './keys.ts';
import { learningTables } from './learning.ts';
import { sealedRows } from './sealed.ts';
import { taskDecisionTable } from './task-decisions.ts';
import { trailTable } from './trail.ts';
import { verdictTable } from './verdicts.ts';
import { vocabularyTable } from './vocabulary.ts';

export interface SqliteStore extends Store {
  /** What an earlier version kept in the clear; see capture/upgrade. */
  readonly callsInClear: CallsInClear;
}

/**
 * Opens or creates the store at `path` (or ':memory:').
 * @param cipher Seals what is learnt; payloads come sealed already.
 * @throws UnderstudyError 'unsupported' for a schema newer than the program, 'corrupt', 'unavailable',
 *   'overloaded' where it is locked for longer than the timeout; its methods throw the same.
 */
export function openSqliteStore(path: string, cipher: Cipher, options: SqliteOptions = {}): SqliteStore {
  const database = openDatabase(path, cipher, { busyTimeoutMs: 5000, durable: true, ...options });
  const rows = sealedRows(cipher);
  return {
    ...callTables(database),
    ...vocabularyTable(database, rows),
    ...feedbackTable(database),
    ...keyTable(database),
    ...learningTables(database, rows),
    ...deploymentTables(database, rows),
    ...eventTable(database, rows),
    ...figureTables(database, rows),
    ...accessTables(database, rows),
    ...trailTable(database, rows),
    ...jobTables(database, rows),
    ...chargeTable(database),
    ...verdictTable(database, rows),
    ...taskDecisionTable(database, rows),
    callsInClear: callsInClear(database),
    close: async () => database.close(),
  };
}

export type { SqliteOptions };
