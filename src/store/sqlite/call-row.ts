/** A stored call from its row and the parts that it holds. */
import type { Served } from '../../core/call.ts';
import type { StoredCall } from '../../core/store.ts';
import type { Database, Row } from './database.ts';

/** Where in call_parts the response stands, and what is said about the call (model, tags). */
export const RESPONSE = -1;
export const ABOUT = -2;

/** A call with the ids of its parts. */
export function wholeCall(database: Database, row: Row): StoredCall {
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
  return callFrom(row, { aboutPart, requestParts, responsePart });
}

function callFrom(
  row: Row,
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
