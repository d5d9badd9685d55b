/** Lists for people, and sums over many calls, in SQLite. */
import type { EscalationReason, Served } from '../../core/call.ts';
import type { CallListFilter, FigureStore, LatencyClass, SumFilter } from '../../core/figures.ts';
import type { JsonObject } from '../../core/json.ts';
import { ABOUT, wholeCall } from './call-row.ts';
import type { Database } from './database.ts';
import type { SealedRows } from './sealed.ts';

/** Numbers come as reals, whose division has no remainder. */
const BUCKET = '?1 + CAST((at - ?1) / ?3 AS INTEGER) * ?3';
/** A filter that is not given stands in no statement: else no index would be used for it. */
const inRange = ({ taskId }: SumFilter): string =>
  taskId === undefined ? 'at >= ?1 AND at < ?2' : 'task_id = ?4 AND at >= ?1 AND at < ?2';
/** Where a specialist was asked, or should have been, and the LLM answered. */
const ESCALATED = "'low-confidence', 'invalid-output', 'unfamiliar-input', 'overload', 'error', 'policy'";

const valuesOf = ({ since, until, bucketMs, taskId }: SumFilter) =>
  [since, until, bucketMs, ...(taskId === undefined ? [] : [taskId])] as const;

/** The conditions of a list, and their values. */
function conditionsOf(filter: CallListFilter): { where: string; values: (string | number)[] } {
  const { since, until, taskId, servedBy, reason, before } = filter;
  const wheres: string[] = [];
  const values: (string | number)[] = [];
  const add = (sql: string, ...given: (string | number)[]): void => {
    wheres.push(sql);
    values.push(...given);
  };
  if (since !== undefined) add('at >= ?', since);
  if (until !== undefined) add('at <= ?', until);
  if (taskId !== undefined) add('task_id = ?', taskId);
  if (servedBy !== undefined) add(servedBy === 'llm' ? "served_by = 'llm'" : "served_by != 'llm'");
  if (reason !== undefined) add('served_reason = ?', reason);
  if (before !== undefined) add('(at, id) < (?, ?)', before.at, before.id);
  return { where: wheres.length === 0 ? '' : `WHERE ${wheres.join(' AND ')}`, values };
}

export function figureTables(database: Database, rows: SealedRows): FigureStore {
  return {
    listCalls: async (filter) => {
      const { where, values } = conditionsOf(filter);
      const sql = `SELECT * FROM calls ${where} ORDER BY at DESC, id DESC LIMIT ?`;
      return database.transaction(
        () => database.all(sql, ...values, filter.limit).map((row) => wholeCall(database, row)),
        'read',
      );
    },

    addUnused: async (unused) => {
      database.transaction(() => {
        for (const { deploymentId, reason, answers } of unused)
          database.run(
            `INSERT INTO unused_answers (deployment_id, reason, answers) VALUES (?, ?, ?)
             ON CONFLICT (deployment_id, reason) DO UPDATE SET answers = answers + excluded.answers`,
            deploymentId,
            reason,
            answers,
          );
      });
    },

    unused: async () =>
      database.all('SELECT * FROM unused_answers ORDER BY deployment_id, reason').map((row) => ({
        deploymentId: String(row.deployment_id),
        reason: String(row.reason) as EscalationReason,
        answers: Number(row.answers),
      })),

    callOf: async (id) => {
      const row = database.get('SELECT * FROM calls WHERE id = ?', id);
      return row ? wholeCall(database, row) : null;
    },

    callSums: async (filter) =>
      database
        .all(
          `SELECT ${BUCKET} AS bucket, task_id, served_reason, parts.id AS about, count(*) AS calls,
                  sum(prompt_tokens) AS prompt, sum(completion_tokens) AS completion, sum(cached_tokens) AS cached
           FROM calls
           LEFT JOIN call_parts ON call_no = calls.no AND position = ${ABOUT}
           LEFT JOIN parts ON parts.no = part_no
           WHERE ${inRange(filter)}
           GROUP BY bucket, task_id, served_reason, part_no ORDER BY bucket`,
          ...valuesOf(filter),
        )
        .map((row) => ({
          at: Number(row.bucket),
          taskId: row.task_id === null ? null : String(row.task_id),
          reason: String(row.served_reason) as Served['reason'],
          aboutPart: String(row.about ?? ''),
          calls: Number(row.calls),
          promptTokens: Number(row.prompt),
          completionTokens: Number(row.completion),
          cachedTokens: Number(row.cached),
        })),

    latencySums: async (filter) =>
      database
        .all(
          `WITH timed AS (
             SELECT ${BUCKET} AS bucket, latency_ms,
                    CASE WHEN served_by != 'llm' THEN 'specialist'
                         WHEN served_reason IN (${ESCALATED}) THEN 'escalated' ELSE 'llm' END AS served
             FROM calls WHERE ${inRange(filter)} AND status < 400 AND served_reason != 'audit'),
           ranked AS (
             SELECT bucket, served, latency_ms, count(*) OVER (PARTITION BY bucket, served) AS n,
                    row_number() OVER (PARTITION BY bucket, served ORDER BY latency_ms) AS place
             FROM timed)
           SELECT bucket, served, n,
                  min(CASE WHEN place >= 0.5 * n THEN latency_ms END) AS p50,
                  min(CASE WHEN place >= 0.95 * n THEN latency_ms END) AS p95
           FROM ranked GROUP BY bucket, served ORDER BY bucket, served`,
          ...valuesOf(filter),
        )
        .map((row) => ({
          at: Number(row.bucket),
          served: String(row.served) as LatencyClass,
          calls: Number(row.n),
          p50: Number(row.p50),
          p95: Number(row.p95),
        })),

    listEvents: async ({ kind, subject, before, after, limit }) =>
      database
        .all(
          `SELECT * FROM events
           WHERE (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR subject = ?2)
             AND (?3 IS NULL OR no < ?3) AND (?4 IS NULL OR no > ?4)
           ORDER BY no DESC LIMIT ?5`,
          kind ?? null,
          subject ?? null,
          before ?? null,
          after ?? null,
          limit,
        )
        .map((row) => ({
          id: String(row.id),
          at: Number(row.at),
          kind: String(row.kind),
          subject: String(row.subject),
          detail: rows.reader<JsonObject>('events')(row),
          cursor: Number(row.no),
        })),
  };
}
