/** Calls, their sealed parts and the data keys, in SQLite. */
import type { SQLOutputValue } from 'node:sqlite';
import type { Served } from '../../core/call.ts';
import { UnderstudyError } from '../../core/errors.ts';
import type { SealedPart, Store, StoredCall } from '../../core/store.ts';
import type { Database } from './database.ts';

export type CallTables = Pick<
  Store,
  | 'addCalls'
  | 'knownCalls'
  | 'calls'
  | 'countCalls'
  | 'parts'
  | 'deleteCalls'
  | 'key'
  | 'addKey'
  | 'deleteKey'
  | 'sealCallsInClear'
>;

/** Where in call_parts the response stands, and what is said about the call (model, tags). */
const RESPONSE = -1;
const ABOUT = -2;

const INSERT_CALL = `INSERT OR IGNORE INTO calls
  (id, at, session_id, origin, stream, status, latency_ms, prompt_tokens, completion_tokens,
   cached_tokens, served_by, served_reason, task_id, confidence)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING no`;

const INSERT_PART = 'INSERT OR IGNORE INTO parts (id, day, sealed) VALUES (?, ?, ?) RETURNING no';
const HOLD_PART = 'INSERT INTO call_parts (call_no, position, part_no) VALUES (?, ?, ?)';

export function callTables(database: Database): CallTables {
  const partNo = (id: string): number => {
    const row = database.get('SELECT no FROM parts WHERE id = ?', id);
    if (row) return Number(row.no);
    throw new UnderstudyError('bad-input', `A call names part ${id}, which is neither given nor stored.`, {
      hint: 'Give every part of a call together with the call.',
    });
  };

  /** Whether the call was new. */
  const addCall = (call: StoredCall): boolean => {
    const { served } = call;
    const row = database.get(
      INSERT_CALL,
      call.id,
      call.at,
      call.sessionId,
      call.origin,
      call.stream ? 1 : 0,
      call.status,
      call.latencyMs,
      call.promptTokens,
      call.completionTokens,
      call.cachedTokens,
      served.by,
      served.reason,
      served.taskId ?? null,
      served.confidence ?? null,
    );
    if (!row) return false;
    const hold = (position: number, id: string): void => {
      database.run(HOLD_PART, Number(row.no), position, partNo(id));
    };
    hold(ABOUT, call.aboutPart);
    call.requestParts.forEach((id, position) => {
      hold(position, id);
    });
    if (call.responsePart !== null) hold(RESPONSE, call.responsePart);
    return true;
  };

  /** Parts that came with calls that were already there would otherwise stay behind unheld. */
  const dropUnheld = (nos: Iterable<number>): void => {
    for (const no of nos) {
      database.run(
        'DELETE FROM parts WHERE no = ?1 AND NOT EXISTS (SELECT 1 FROM call_parts WHERE part_no = ?1)',
        no,
      );
    }
  };

  return {
    addCalls: (calls, parts) =>
      database.transaction(() => {
        const fresh: number[] = [];
        for (const { id, day, sealed } of parts) {
          const row = database.get(INSERT_PART, id, day, sealed);
          if (row) fresh.push(Number(row.no));
        }
        let added = 0;
        for (const call of calls) if (addCall(call)) added++;
        dropUnheld(fresh);
        return added;
      }),

    knownCalls: (ids) =>
      new Set(
        ids.filter((id) => database.get('SELECT 1 AS known FROM calls WHERE id = ?', id) !== undefined),
      ),

    sealCallsInClear(seal) {
      // Without the lock of a transaction: nearly always there is nothing to do.
      if (!database.get('SELECT 1 AS some FROM calls_in_clear LIMIT 1')) return 0;
      return database.transaction(() => {
        const rows = database.all('SELECT * FROM calls_in_clear');
        for (const row of rows) {
          const { sessionId, about } = seal({
            at: Number(row.at),
            sessionId: String(row.session_id),
            model: String(row.model),
            tags: JSON.parse(String(row.tags)) as Record<string, string>,
          });
          database.run(INSERT_PART.replace(' RETURNING no', ''), about.id, about.day, about.sealed);
          database.run(HOLD_PART, row.call_no ?? null, ABOUT, partNo(about.id));
          database.run('UPDATE calls SET session_id = ? WHERE no = ?', sessionId, row.call_no ?? null);
        }
        database.run('DELETE FROM calls_in_clear');
        return rows.length;
      });
    },

    calls(filter = {}) {
      const wheres: string[] = [];
      const values: (string | number)[] = [];
      const where = (sql: string, value: string | number | undefined): void => {
        if (value === undefined) return;
        wheres.push(sql);
        values.push(value);
      };
      where('at >= ?', filter.since);
      where('at <= ?', filter.until);
      where('task_id = ?', filter.taskId);
      const rows = database.all(
        `SELECT * FROM calls ${wheres.length > 0 ? `WHERE ${wheres.join(' AND ')}` : ''} ORDER BY at, no LIMIT ?`,
        ...values,
        filter.limit ?? -1,
      );
      return rows.map((row) => {
        const held = database.all(
          `SELECT position, parts.id FROM call_parts JOIN parts ON parts.no = part_no
           WHERE call_no = ? ORDER BY position`,
          row.no ?? null,
        );
        const requestParts: string[] = [];
        let responsePart: string | null = null;
        let aboutPart = '';
        for (const { position, id } of held) {
          if (position === RESPONSE) responsePart = String(id);
          else if (position === ABOUT) aboutPart = String(id);
          else requestParts.push(String(id));
        }
        return callOf(row, { aboutPart, requestParts, responsePart });
      });
    },

    countCalls: () => Number(database.get('SELECT count(*) AS n FROM calls')?.n ?? 0),

    parts(ids) {
      const found = new Map<string, SealedPart>();
      for (const id of ids) {
        if (found.has(id)) continue;
        const row = database.get('SELECT day, sealed FROM parts WHERE id = ?', id);
        if (row && row.sealed instanceof Uint8Array)
          found.set(id, { id, day: String(row.day), sealed: row.sealed });
      }
      return found;
    },

    deleteCalls: (ids) =>
      database.transaction(() => {
        let deleted = 0;
        const released = new Set<number>();
        for (const id of new Set(ids)) {
          const held = database.all(
            'SELECT part_no FROM call_parts JOIN calls ON calls.no = call_no WHERE calls.id = ?',
            id,
          );
          for (const row of held) released.add(Number(row.part_no));
          // The rows of call_parts go with it (ON DELETE CASCADE), which the count leaves out.
          deleted += database.run('DELETE FROM calls WHERE id = ?', id);
        }
        dropUnheld(released);
        return deleted;
      }),

    key(day) {
      const row = database.get('SELECT wrapped FROM keys WHERE day = ?', day);
      return row?.wrapped instanceof Uint8Array ? { day, wrapped: row.wrapped } : null;
    },
    /** The first key of a day stays: another process may have been quicker, and has sealed with it. */
    addKey: ({ day, wrapped }) => {
      // What is sealed from now on is worth nothing without it.
      database.runDurably('INSERT OR IGNORE INTO keys (day, wrapped) VALUES (?, ?)', day, wrapped);
    },
    deleteKey: (day) => {
      database.run('DELETE FROM keys WHERE day = ?', day);
    },
  };
}

function callOf(
  row: Record<string, SQLOutputValue>,
  parts: Pick<StoredCall, 'aboutPart' | 'requestParts' | 'responsePart'>,
): StoredCall {
  return {
    id: String(row.id),
    at: Number(row.at),
    sessionId: String(row.session_id),
    origin: String(row.origin),
    stream: row.stream === 1,
    status: Number(row.status),
    latencyMs: Number(row.latency_ms),
    promptTokens: Number(row.prompt_tokens),
    completionTokens: Number(row.completion_tokens),
    cachedTokens: Number(row.cached_tokens),
    served: {
      by: String(row.served_by),
      reason: String(row.served_reason) as Served['reason'],
      ...(row.task_id === null ? {} : { taskId: String(row.task_id) }),
      ...(row.confidence === null ? {} : { confidence: Number(row.confidence) }),
    },
    ...parts,
  };
}
