/** The audit trail in SQLite: sealed rows that nothing may change or delete, and the sealed head. */
import { UnderstudyError } from '../../core/errors.ts';
import {
  type ChainedEntry,
  chainCheck,
  chained,
  EMPTY_HEAD,
  headOf,
  type TrailEntry,
  type TrailHead,
  type TrailStore,
} from '../../core/trail.ts';
import type { Database, Row } from './database.ts';
import type { SealedRows } from './sealed.ts';

const BATCH = 1000;

export function trailTable(database: Database, rows: SealedRows): TrailStore {
  const entryOf = (row: Row): ChainedEntry => rows.read<ChainedEntry>('trail', String(row.no), row.sealed);
  const readHead = (): TrailHead | null => {
    const row = database.get('SELECT sealed FROM trail_head');
    return row ? rows.read<TrailHead>('trail_head', '1', row.sealed) : null;
  };
  const rowsAfter = (no: number, limit: number): Row[] =>
    database.all('SELECT no, sealed FROM trail WHERE no > ? ORDER BY no LIMIT ?', no, limit);
  return {
    appendTrail: async (entry) =>
      database.transaction(() => {
        const whole = chained(entry, readHead() ?? EMPTY_HEAD);
        const sealed = rows.write('trail', String(whole.no), whole);
        database.run('INSERT INTO trail (no, sealed) VALUES (?, ?)', whole.no, sealed);
        database.run(
          'INSERT INTO trail_head (id, sealed) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed',
          rows.write('trail_head', '1', headOf({ no: whole.no, sealed })),
        );
        return withoutPrevious(whole);
      }),
    trail: async (after, limit) => rowsAfter(after, limit).map((row) => withoutPrevious(entryOf(row))),
    checkTrail: async (noted) => {
      const check = chainCheck(noted);
      let after = Number.MIN_SAFE_INTEGER;
      while (true) {
        const batch = rowsAfter(after, BATCH);
        for (const row of batch) {
          const sealed = row.sealed instanceof Uint8Array ? row.sealed : new Uint8Array();
          after = Number(row.no);
          check.next(
            { no: after, sealed },
            unlessChanged(() => entryOf(row)),
          );
        }
        if (batch.length < BATCH) break;
      }
      return check.end(unlessChanged(readHead));
    },
  };
}

function withoutPrevious({ previous: _, ...entry }: ChainedEntry): TrailEntry {
  return entry;
}

/** Null for what does not open. */
function unlessChanged<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnderstudyError && (error.code === 'bad-config' || error.code === 'corrupt'))
      return null;
    throw error;
  }
}
