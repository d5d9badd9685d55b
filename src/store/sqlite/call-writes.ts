/**
 * Adding and deleting calls with their sealed parts, in SQLite: a part is stored once, and goes with the last call that holds
 * it.
 */
import { UnderstudyError } from '../../core/errors.ts';
import type { CallStore, StoredCall } from '../../core/store.ts';
import { ABOUT, RESPONSE } from './call-row.ts';
import type { Database } from './database.ts';
import { refuseErased } from './keys.ts';

const INSERT_CALL = `INSERT OR IGNORE INTO calls
  (id, at, session_id, origin, stream, status, latency_ms, prompt_tokens, completion_tokens,
   cached_tokens, served_by, served_reason, task_id, confidence)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const INSERT_PART = 'INSERT OR IGNORE INTO parts (id, day, sealed) VALUES (?, ?, ?)';
export const HOLD_PART = 'INSERT INTO call_parts (call_no, position, part_no) VALUES (?, ?, ?)';

export function callWrites(database: Database): Pick<CallStore, 'addCalls' | 'deleteCalls'> {
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
    const no = database.insert(
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
    if (no === null) return false;
    const rows: [number, number, number][] = [[no, ABOUT, noOf(call.aboutPart)]];
    for (const id of call.requestParts) rows.push([no, rows.length - 1, noOf(id)]);
    if (call.responsePart !== null) rows.push([no, RESPONSE, noOf(call.responsePart)]);
    // A list in one statement costs twice as much: SQLite keeps it in a table of its own first.
    database.runEach(HOLD_PART, rows);
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
        /** Parts that no call holds yet. */
        const fresh = new Set<string>();
        // Calls of a conversation hold the same parts.
        const numbers = new Map<string, number>();
        for (const { id, day, sealed } of parts) {
          const no = database.insert(INSERT_PART, id, day, sealed);
          if (no === null) continue;
          fresh.add(id);
          numbers.set(id, no);
        }
        const noOf = (id: string): number => {
          const no = numbers.get(id) ?? partNo(id);
          numbers.set(id, no);
          return no;
        };
        let added = 0;
        for (const call of calls) {
          if (!addCall(call, noOf)) continue;
          added++;
          for (const id of partsOf(call)) fresh.delete(id);
        }
        dropUnheld([...fresh].map(noOf));
        return added;
      }, 'own-rows'),

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
  };
}

function partsOf({ aboutPart, requestParts, responsePart }: StoredCall): string[] {
  return [aboutPart, ...requestParts, ...(responsePart === null ? [] : [responsePart])];
}
