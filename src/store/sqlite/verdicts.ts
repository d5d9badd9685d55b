/** Verdicts of a judge that were paid for, in SQLite, sealed. */
import type { VerdictStore } from '../../core/judge.ts';
import type { Database } from './database.ts';
import type { SealedRows } from './sealed.ts';

export function verdictTable(database: Database, rows: SealedRows): VerdictStore {
  const read = rows.reader<string>('paid_verdicts');
  return {
    paidVerdict: async (id) => {
      const row = database.get('SELECT id, sealed FROM paid_verdicts WHERE id = ?', id);
      return row ? read(row) : null;
    },
    keepVerdict: async (id, verdict, at) => {
      database.run(
        'INSERT OR IGNORE INTO paid_verdicts (id, at, sealed) VALUES (?, ?, ?)',
        id,
        at,
        rows.write('paid_verdicts', id, verdict),
      );
    },
  };
}
