/** Numbers over calls, in SQLite: how many, by reason, what they used, and the size of what is kept. */
import type { Served } from '../../core/call.ts';
import type { CallStore, UsageSum } from '../../core/store.ts';
import { conditions } from './call-filter.ts';
import { ABOUT } from './call-row.ts';
import type { Database } from './database.ts';

type CallSums = Pick<CallStore, 'countCalls' | 'countReasons' | 'partBytes' | 'usage' | 'latestCallAt'>;

export function callSums(database: Database): CallSums {
  return {
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
  };
}
