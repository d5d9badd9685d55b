/** An audit as a row of its table, and back. */
import type { Audit, Stage } from '../../core/deployment.ts';

export const INSERT_AUDIT = `INSERT OR IGNORE INTO audits
  (call_id, deployment_id, at, stage, confidence, right_answer, probability, session_id, input, settled, judged, used)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** The values for INSERT_AUDIT, in its order. */
export const auditValues = (audit: Audit): (string | number | null)[] => [
  audit.callId,
  audit.deploymentId,
  audit.at,
  audit.stage,
  audit.confidence,
  audit.correct ? 1 : 0,
  audit.probability ?? null,
  audit.session ?? null,
  audit.input ?? null,
  audit.settled === true ? 1 : 0,
  audit.judged === undefined ? null : Number(audit.judged),
  audit.used === undefined ? null : Number(audit.used),
];

/** @param row All columns of the table. */
export const auditFrom = (row: Readonly<Record<string, unknown>>): Audit => ({
  callId: String(row.call_id),
  deploymentId: String(row.deployment_id),
  at: Number(row.at),
  stage: String(row.stage) as Stage,
  confidence: Number(row.confidence),
  correct: row.right_answer === 1,
  ...(row.probability === null ? {} : { probability: Number(row.probability) }),
  ...(row.session_id === null ? {} : { session: String(row.session_id) }),
  ...(row.input === null ? {} : { input: String(row.input) }),
  ...(row.settled === 1 ? { settled: true } : {}),
  ...(row.judged === null ? {} : { judged: row.judged === 1 }),
  ...(row.used === null ? {} : { used: row.used === 1 }),
});
