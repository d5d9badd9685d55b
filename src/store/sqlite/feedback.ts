/** Feedback on calls and sessions, in SQLite. */
import type { FeedbackStore, SessionFeedback, StoredFeedback } from '../../core/store.ts';
import type { Database, Row } from './database.ts';
import { refuseErased } from './keys.ts';

/** Rows that are read in one transaction. */
const BATCH = 500;

const INSERT = `INSERT OR IGNORE INTO feedback (id, at, call_id, session_id, part_id, day, sealed)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;

const IN_SESSION = `SELECT * FROM (
    SELECT feedback.*, coalesce(feedback.session_id, calls.session_id) AS session
    FROM feedback LEFT JOIN calls ON calls.id = feedback.call_id WHERE feedback.no > ? ORDER BY feedback.no LIMIT ?)`;

export function feedbackTable(database: Database): FeedbackStore {
  /** Null for a session without a call here. */
  const bySpecialist = (session: unknown): boolean | null => {
    if (typeof session !== 'string') return null;
    const row = database.get(
      "SELECT max(served_by <> 'llm') AS specialist FROM calls WHERE session_id = ?",
      session,
    );
    return typeof row?.specialist === 'number' ? row.specialist === 1 : null;
  };

  return {
    addFeedback: async (feedback, sealedUnder = []) =>
      database.transaction(() => {
        refuseErased(database, sealedUnder);
        let added = 0;
        for (const { id, at, callId, sessionId, content } of feedback)
          added += database.run(INSERT, id, at, callId, sessionId, content.id, content.day, content.sealed);
        return added;
      }),

    feedbackOn: async (callIds) => {
      const found: StoredFeedback[] = [];
      for (const id of new Set(callIds))
        found.push(...database.all('SELECT * FROM feedback WHERE call_id = ?', id).map(feedbackOf));
      return found.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
    },

    async *sessionFeedback() {
      let after = 0;
      for (;;) {
        const { rows, batch } = database.transaction(() => {
          const rows = database.all(IN_SESSION, after, BATCH);
          const batch = rows.flatMap((row): SessionFeedback[] => {
            const by = bySpecialist(row.session);
            return by === null
              ? []
              : [{ ...feedbackOf(row), session: String(row.session), bySpecialist: by }];
          });
          return { rows, batch };
        }, 'read');
        if (batch.length > 0) yield batch;
        if (rows.length < BATCH) return;
        after = Number(rows.at(-1)?.no);
      }
    },

    countFeedback: async ({ taskId, since } = {}) =>
      Number(
        taskId === undefined && since === undefined
          ? database.get('SELECT count(*) AS n FROM feedback')?.n
          : database.get(
              `SELECT count(*) AS n FROM feedback WHERE (?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR EXISTS (
                 SELECT 1 FROM calls WHERE calls.id = feedback.call_id AND calls.task_id = ?2))`,
              since ?? null,
              taskId ?? null,
            )?.n,
      ),

    deleteFeedback: async (days) =>
      database.transaction(() =>
        [...new Set(days)].reduce(
          (deleted, day) => deleted + database.run('DELETE FROM feedback WHERE day = ?', day),
          0,
        ),
      ),
  };
}

function feedbackOf(row: Row): StoredFeedback {
  return {
    id: String(row.id),
    at: Number(row.at),
    callId: row.call_id === null ? null : String(row.call_id),
    sessionId: row.session_id === null ? null : String(row.session_id),
    content: { id: String(row.part_id), day: String(row.day), sealed: row.sealed as Uint8Array },
  };
}
