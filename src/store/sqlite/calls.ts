/** Calls and their sealed parts, in SQLite. */
import type { Served } from '../../core/call.ts';
import { UnderstudyError } from '../../core/errors.ts';
import type { CallFilter, CallStore, SealedPart, StoredCall, UsageSum } from '../../core/store.ts';
import { ABOUT, RESPONSE, wholeCall } from './call-row.ts';
import type { Database } from './database.ts';
import { refuseErased } from './keys.ts';

type CallTables = Omit<CallStore, 'addVocabulary' | 'vocabulary'>;

/** Calls that are read in one transaction. */
const BATCH = 500;

const INSERT_CALL = `INSERT OR IGNORE INTO calls
  (id, at, session_id, origin, stream, status, latency_ms, prompt_tokens, completion_tokens,
   cached_tokens, served_by, served_reason, task_id, confidence)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING no`;

const INSERT_PART = 'INSERT OR IGNORE INTO parts (id, day, sealed) VALUES (?, ?, ?) RETURNING no';
/** All of a call's at once, as a JSON list of positions and numbers. */
const HOLD_PARTS = `INSERT INTO call_parts (call_no, position, part_no)
  SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?2)`;
export const HOLD_PART = 'INSERT INTO call_parts (call_no, position, part_no) VALUES (?, ?, ?)';

export function callTables(database: Database): CallTables {
  const partNo = (id: string): number => {
    const row = database.get('SELECT no FROM parts WHERE id = ?', id);
    if (row) return Number(row.no);
    throw new UnderstudyError('bad-input', `A call names part ${id}, which is neither given nor stored.`, {
      hint: 'Give every part of a call together with the call.',
    });
  };

  /** Whether the call was new. @param noOf The number of a part, by its id. */
  const addCall = (call: StoredCall, noOf: (id: string) => number): boolean => {
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
    const held = [[ABOUT, noOf(call.aboutPart)], ...call.requestParts.map((id, i) => [i, noOf(id)])];
    if (call.responsePart !== null) held.push([RESPONSE, noOf(call.responsePart)]);
    database.run(HOLD_PARTS, Number(row.no), JSON.stringify(held));
    return true;
  };

  /** Parts that came with calls that were already there would otherwise stay behind unheld. */
  const dropUnheld = (nos: Iterable<number>): number => {
    let dropped = 0;
    for (const no of nos) {
      dropped += database.run(
        'DELETE FROM parts WHERE no = ?1 AND NOT EXISTS (SELECT 1 FROM call_parts WHERE part_no = ?1)',
        no,
      );
    }
    return dropped;
  };

  return {
    addCalls: async (calls, parts, sealedUnder = []) =>
      database.transaction(() => {
        refuseErased(database, sealedUnder);
        const fresh: number[] = [];
        // Calls of a conversation hold the same parts.
        const numbers = new Map<string, number>();
        for (const { id, day, sealed } of parts) {
          const row = database.get(INSERT_PART, id, day, sealed);
          if (!row) continue;
          fresh.push(Number(row.no));
          numbers.set(id, Number(row.no));
        }
        const noOf = (id: string): number => {
          const no = numbers.get(id) ?? partNo(id);
          numbers.set(id, no);
          return no;
        };
        let added = 0;
        for (const call of calls) if (addCall(call, noOf)) added++;
        dropUnheld(fresh);
        return added;
      }),

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

    countCalls: async ({ audits = true, byLlm = false, ...filter } = {}) => {
      const { where, values } = conditions(filter);
      const sql = `SELECT count(*) AS n FROM calls${where}`;
      const all = Number(database.get(sql, ...values)?.n ?? 0);
      const only = (condition: string): number => {
        const narrowed = `${sql}${where === '' ? ' WHERE' : ' AND'} ${condition}`;
        return Number(database.get(narrowed, ...values)?.n ?? 0);
      };
      return all - (audits ? 0 : only("served_reason = 'audit'")) - (byLlm ? only("served_by != 'llm'") : 0);
    },

    countReasons: async (taskId, limit) =>
      new Map(
        database
          .all(
            `SELECT served_reason, count(*) AS n FROM (
               SELECT served_reason FROM calls WHERE task_id = ? AND served_reason != 'audit'
               ORDER BY at DESC LIMIT ?) GROUP BY served_reason`,
            taskId,
            limit,
          )
          .map(({ served_reason, n }) => [String(served_reason) as Served['reason'], Number(n)]),
      ),

    partBytes: async () =>
      new Map(
        database
          .all('SELECT day, sum(length(sealed)) AS bytes FROM parts GROUP BY day')
          .map(({ day, bytes }) => [String(day), Number(bytes)]),
      ),
    usage: async (filter = {}) => {
      const { where, values } = conditions(filter);
      return database
        .all(
          `SELECT date(at / 1000, 'unixepoch') AS day, origin, task_id, served_by, served_reason,
                  parts.id AS about, count(*) AS calls, sum(prompt_tokens) AS prompt,
                  sum(completion_tokens) AS completion, sum(cached_tokens) AS cached, sum(latency_ms) AS latency
           FROM (SELECT * FROM calls${where}) AS calls
           JOIN call_parts ON call_no = calls.no AND position = ${ABOUT} JOIN parts ON parts.no = part_no
           GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6`,
          ...values,
        )
        .map(
          (row): UsageSum => ({
            day: String(row.day),
            origin: String(row.origin),
            taskId: row.task_id === null ? null : String(row.task_id),
            served: { by: String(row.served_by), reason: String(row.served_reason) as Served['reason'] },
            aboutPart: String(row.about),
            calls: Number(row.calls),
            promptTokens: Number(row.prompt),
            completionTokens: Number(row.completion),
            cachedTokens: Number(row.cached),
            latencyMs: Number(row.latency),
          }),
        );
    },

    latestCallAt: async (since) => {
      const at = database.get('SELECT max(at) AS at FROM calls WHERE at >= ?', since)?.at;
      return typeof at === 'number' ? at : null;
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

    deleteCalls: async (ids) =>
      database.transaction(() => {
        let calls = 0;
        const released = new Set<number>();
        for (const id of new Set(ids)) {
          const held = database.all(
            'SELECT part_no FROM call_parts JOIN calls ON calls.no = call_no WHERE calls.id = ?',
            id,
          );
          for (const row of held) released.add(Number(row.part_no));
          // The rows of call_parts go with it (ON DELETE CASCADE), which the count leaves out.
          calls += database.run('DELETE FROM calls WHERE id = ?', id);
          database.run('DELETE FROM feedback WHERE call_id = ?', id);
        }
        return { calls, parts: dropUnheld(released) };
      }),

    purge: async () => database.truncateLog(),
  };
}

/** The rows that a filter asks for. */
function conditions({ since, until, taskId, origin, after }: Omit<CallFilter, 'limit'>): {
  readonly where: string;
  readonly values: readonly (string | number)[];
} {
  const wheres: string[] = [];
  const values: (string | number)[] = [];
  const add = (sql: string, ...given: (string | number | undefined)[]): void => {
    const present = given.filter((value) => value !== undefined);
    if (present.length < given.length) return;
    wheres.push(sql);
    values.push(...present);
  };
  add('at >= ?', since);
  add('at <= ?', until);
  add('task_id = ?', taskId);
  add('origin = ?', origin);
  add('(at, id) > (?, ?)', after?.at, after?.id);
  return { where: wheres.length > 0 ? ` WHERE ${wheres.join(' AND ')}` : '', values };
}
