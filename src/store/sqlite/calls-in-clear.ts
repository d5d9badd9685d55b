/**
 * What the first version of the schema kept in the clear about calls (session, model, tags), until it is sealed. No other
 * store has ever had this.
 */
import type { Call } from '../../core/call.ts';
import type { SealedPart } from '../../core/store.ts';
import { ABOUT } from './call-row.ts';
import { HOLD_PART } from './call-writes.ts';
import type { Database } from './database.ts';

export interface CallInClear extends Pick<Call, 'at' | 'sessionId' | 'tags'> {
  /** What it is sealed by. */
  readonly row: number;
  readonly call: number;
  readonly model: string;
}

export interface CallsInClear {
  /** The first of them, at most `limit`; none once all are sealed. */
  list(limit: number): Promise<readonly CallInClear[]>;
  /** Puts the session's pseudonym and the part with model and tags in the place of what was in the clear. */
  seal(
    calls: readonly (Pick<CallInClear, 'row' | 'call' | 'sessionId'> & { readonly about: SealedPart })[],
  ): Promise<void>;
}

export function callsInClear(database: Database): CallsInClear {
  return {
    list: async (limit) =>
      database.all('SELECT rowid AS row, * FROM calls_in_clear LIMIT ?', limit).map((row) => ({
        row: Number(row.row),
        call: Number(row.call_no),
        at: Number(row.at),
        sessionId: String(row.session_id),
        model: String(row.model),
        tags: JSON.parse(String(row.tags)) as Record<string, string>,
      })),
    seal: async (calls) => {
      database.transaction(() => {
        for (const { row, call, sessionId, about } of calls) {
          // Another process may have been quicker.
          if (database.run('DELETE FROM calls_in_clear WHERE rowid = ? AND call_no = ?', row, call) === 0)
            continue;
          database.run(
            'INSERT OR IGNORE INTO parts (id, day, sealed) VALUES (?, ?, ?)',
            about.id,
            about.day,
            about.sealed,
          );
          const part = database.get('SELECT no FROM parts WHERE id = ?', about.id);
          database.run(HOLD_PART, call, ABOUT, part?.no ?? null);
          database.run('UPDATE calls SET session_id = ? WHERE no = ?', sessionId, call);
        }
      });
    },
  };
}
