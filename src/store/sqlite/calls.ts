/** Calls and their sealed parts, in SQLite. */
import type { CallStore, SealedPart } from '../../core/store.ts';
import { conditions } from './call-filter.ts';
import { wholeCall } from './call-row.ts';
import { callSums } from './call-sums.ts';
import { callWrites } from './call-writes.ts';
import type { Database } from './database.ts';

type CallTables = Omit<CallStore, 'addVocabulary' | 'vocabulary'>;

/** Calls that are read in one transaction. */
const BATCH = 500;

export function callTables(database: Database): CallTables {
  return {
    ...callWrites(database),
    ...callSums(database),

    knownCalls: async (ids) =>
      new Set(
        ids.filter((id) => database.get('SELECT 1 AS known FROM calls WHERE id = ?', id) !== undefined),
      ),

    callTimes: async (ids) => {
      const times = new Map<string, number>();
      for (const id of new Set(ids)) {
        const row = database.get('SELECT at FROM calls WHERE id = ?', id);
        if (row) times.set(id, Number(row.at));
      }
      return times;
    },

    async *calls({ limit = Number.POSITIVE_INFINITY, ...filter } = {}) {
      let left = limit;
      let after = filter.after;
      while (left > 0) {
        const { where, values } = conditions({ ...filter, ...(after ? { after } : {}) });
        const wanted = Math.min(BATCH, left);
        const sql = `SELECT * FROM calls${where} ORDER BY at, id LIMIT ?`;
        const batch = database.transaction(
          () => database.all(sql, ...values, wanted).map((row) => wholeCall(database, row)),
          'read',
        );
        const last = batch.at(-1);
        if (last === undefined) return;
        yield batch;
        if (batch.length < wanted) return;
        left -= batch.length;
        after = last;
      }
    },

    async parts(ids) {
      const found = new Map<string, SealedPart>();
      for (const id of ids) {
        if (found.has(id)) continue;
        const row = database.get('SELECT day, sealed FROM parts WHERE id = ?', id);
        if (row && row.sealed instanceof Uint8Array)
          found.set(id, { id, day: String(row.day), sealed: row.sealed });
      }
      return found;
    },

    purge: async () => database.truncateLog(),
  };
}
