/** Data keys, wrapped by the master key, in SQLite. */
import { UnderstudyError } from '../../core/errors.ts';
import type { KeyStore, WrappedKey } from '../../core/store.ts';
import type { Database } from './database.ts';

export function keyTable(database: Database): KeyStore {
  return {
    async keys(days) {
      const found: WrappedKey[] = [];
      for (const day of new Set(days)) {
        const row = database.get('SELECT wrapped FROM keys WHERE day = ?', day);
        if (row?.wrapped instanceof Uint8Array) found.push({ day, wrapped: row.wrapped });
      }
      return found;
    },
    keyDays: async () => database.all('SELECT day FROM keys ORDER BY day').map(({ day }) => String(day)),
    addKey: async ({ day, wrapped }) => {
      // What is sealed from now on is worth nothing without it.
      database.runDurably('INSERT OR IGNORE INTO keys (day, wrapped) VALUES (?, ?)', day, wrapped);
    },
    deleteKey: async (day) => {
      database.runDurably('DELETE FROM keys WHERE day = ?', day);
    },
  };
}

/** @throws UnderstudyError 'not-found' where one of the keys is not there any more. */
export function refuseErased(database: Database, keys: readonly WrappedKey[]): void {
  for (const { day, wrapped } of keys) {
    if (database.get('SELECT 1 AS held FROM keys WHERE day = ? AND wrapped = ?', day, wrapped)) continue;
    throw new UnderstudyError('not-found', `The data key of ${day} was erased meanwhile.`, {
      hint: 'Nothing needs to be done: what it sealed is erased with it.',
    });
  }
}
