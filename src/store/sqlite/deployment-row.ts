/** A deployment as a row, put in the place of the one that somebody has seen, with what is told of it. In SQLite. */
import type { Deployment } from '../../core/deployment.ts';
import type { DeploymentMove } from '../../core/store.ts';
import type { Database } from './database.ts';
import { addEventRow } from './event-row.ts';
import type { SealedRows } from './sealed.ts';

/** Whether the deployment is still as it was seen. */
export function isStill(
  database: Database,
  rows: SealedRows,
  { before, after }: Pick<DeploymentMove, 'before' | 'after'>,
): boolean {
  const row = database.get('SELECT id, sealed FROM deployments WHERE id = ?', after.id);
  return isSame(row ? rows.reader<Deployment>('deployments')(row) : null, before);
}

/** Within a transaction of the caller, in which isStill held. */
export function putDeploymentRow(
  database: Database,
  rows: SealedRows,
  { after, events }: Pick<DeploymentMove, 'after' | 'events'>,
): void {
  database.run(
    'INSERT INTO deployments (id, sealed) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed',
    after.id,
    rows.write('deployments', after.id, after),
  );
  for (const event of events) addEventRow(database, rows, event);
}

/** History only grows: its length is the deployment's version. */
function isSame(stored: Deployment | null, before: Deployment | null): boolean {
  if (stored === null || before === null) return stored === before;
  return stored.stage === before.stage && stored.history.length === before.history.length;
}
