/**
 * The Store on SQLite: one file (WAL), many readers, one writer at a time. Joins the tables of calls
 * (calls.ts) and of what is learnt from them (learning.ts).
 */
import type { Cipher } from '../../core/cipher.ts';
import type { Store } from '../../core/store.ts';
import { callTables } from './calls.ts';
import { openDatabase, type SqliteOptions } from './database.ts';
import { learningTables } from './learning.ts';
import { sealedRows } from './sealed.ts';
import { vocabularyTable } from './vocabulary.ts';

/**
 * Opens or creates the store at `path` (or ':memory:').
 * @param cipher Seals what is learnt; payloads come sealed already.
 * @throws UnderstudyError 'unsupported' for a schema newer than the program, 'corrupt', 'unavailable',
 *   'overloaded' where it is locked for longer than the timeout; its methods throw the same.
 */
export function openSqliteStore(path: string, cipher: Cipher, options: SqliteOptions = {}): Store {
  const database = openDatabase(path, cipher, { busyTimeoutMs: 5000, durable: true, ...options });
  const rows = sealedRows(cipher);
  return {
    ...callTables(database),
    ...vocabularyTable(database, rows),
    ...learningTables(database, rows),
    close: () => database.close(),
  };
}

export type { SqliteOptions };
