/** One event of the record as a row, for whatever else is written in the same step. In SQLite. */
import type { Event } from '../../core/store.ts';
import type { Database } from './database.ts';
import type { SealedRows } from './sealed.ts';

/** Within a transaction of the caller, or alone. */
export function addEventRow(database: Database, rows: SealedRows, event: Event): void {
  database.run(
    'INSERT OR IGNORE INTO events (id, at, kind, subject, sealed) VALUES (?, ?, ?, ?, ?)',
    event.id,
    event.at,
    event.kind,
    event.subject,
    rows.write('events', event.id, event.detail),
  );
}
