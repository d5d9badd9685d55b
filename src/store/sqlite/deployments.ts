/** What serves and how it fares, and the record of what happened: deployments, audits, events. In SQLite. */
import type { Deployment } from '../../core/deployment.ts';
import type { JsonObject } from '../../core/json.ts';
import type { DeploymentStore, EventStore } from '../../core/store.ts';
import { auditFrom, auditValues, INSERT_AUDIT } from './audit-row.ts';
import type { Database } from './database.ts';
import { isStill, putDeploymentRow } from './deployment-row.ts';
import { addEventRow } from './event-row.ts';
import type { SealedRows } from './sealed.ts';

export function deploymentTables(database: Database, rows: SealedRows): DeploymentStore {
  return {
    planVersion: async () => Number(database.get('SELECT version FROM plan')?.version ?? 0),
    putDeployment: async (after, before, events = []) =>
      database.transaction(() => {
        if (!isStill(database, rows, { before, after })) return false;
        putDeploymentRow(database, rows, { after, events });
        return true;
      }),
    deployments: async () =>
      database
        .all('SELECT id, sealed FROM deployments ORDER BY no')
        .map(rows.reader<Deployment>('deployments')),

    addAudits: async (audits) => {
      database.transaction(() => {
        for (const audit of audits) {
          database.run(INSERT_AUDIT, ...auditValues(audit));
        }
      });
    },
    async auditsSince(deploymentId, cursor, limit) {
      const found = database.all(
        'SELECT * FROM audits WHERE deployment_id = ? AND no > ? ORDER BY no LIMIT ?',
        deploymentId,
        cursor,
        limit,
      );
      return {
        cursor: Number(found.at(-1)?.no ?? cursor),
        audits: found.map(auditFrom),
      };
    },
    async countAudits(deploymentId) {
      const row = database.get(
        'SELECT count(*) AS audits, sum(right_answer = 0) AS errors FROM audits WHERE deployment_id = ?',
        deploymentId,
      );
      return { audits: Number(row?.audits ?? 0), errors: Number(row?.errors ?? 0) };
    },
  };
}

export function eventTable(database: Database, rows: SealedRows): EventStore {
  return {
    addEvent: async (event) => {
      addEventRow(database, rows, event);
    },
    events: async (filter = {}) =>
      database
        .all(
          `SELECT * FROM events WHERE (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR subject = ?2)
           ORDER BY no DESC LIMIT ?3`,
          filter.kind ?? null,
          filter.subject ?? null,
          filter.limit ?? -1,
        )
        .reverse()
        .map((row) => ({
          id: String(row.id),
          at: Number(row.at),
          kind: String(row.kind),
          subject: String(row.subject),
          detail: rows.reader<JsonObject>('events')(row),
        })),
  };
}
