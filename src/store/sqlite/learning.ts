/** What is learnt from calls, and what became of it: tasks, datasets, specialists, deployments, audits, events. */
import type { DatasetManifest } from '../../core/dataset.ts';
import type { Deployment } from '../../core/deployment.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Specialist, Verdict } from '../../core/specialist.ts';
import type { Store } from '../../core/store.ts';
import type { Task } from '../../core/task.ts';
import { auditFrom, auditValues, INSERT_AUDIT } from './audit-row.ts';
import type { CallTables } from './calls.ts';
import type { Database, Row } from './database.ts';
import type { SealedRows } from './sealed.ts';
import type { VocabularyTable } from './vocabulary.ts';

type LearningTables = Omit<Store, keyof CallTables | keyof VocabularyTable | 'close'>;

export function learningTables(database: Database, rows: SealedRows): LearningTables {
  /** The values of sealed rows that have an id. */
  const read =
    <T>(table: string) =>
    (row: Row): T =>
      rows.read<T>(table, String(row.id), row.sealed);
  return {
    planVersion: () => Number(database.get('SELECT version FROM plan')?.version ?? 0),
    tasks: () => database.all('SELECT id, sealed FROM tasks ORDER BY id').map(read<Task>('tasks')),
    putTasks: (tasks) => {
      database.transaction(() => {
        for (const task of tasks) {
          database.run(
            'INSERT INTO tasks (id, sealed) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed',
            task.id,
            rows.write('tasks', task.id, task),
          );
        }
      });
    },

    addDataset: (dataset) => {
      database.run(
        'INSERT OR IGNORE INTO datasets (id, task_id, sealed) VALUES (?, ?, ?)',
        dataset.id,
        dataset.taskId,
        rows.write('datasets', dataset.id, dataset),
      );
    },
    dataset(id) {
      const row = database.get('SELECT id, sealed FROM datasets WHERE id = ?', id);
      return row ? read<DatasetManifest>('datasets')(row) : null;
    },

    addSpecialist: (specialist) => {
      database.run(
        'INSERT OR IGNORE INTO specialists (id, task_id, version, sealed) VALUES (?, ?, ?, ?)',
        specialist.id,
        specialist.taskId,
        specialist.version,
        rows.write('specialists', specialist.id, specialist),
      );
    },
    specialists: (taskId) =>
      (taskId === undefined
        ? database.all('SELECT id, sealed FROM specialists ORDER BY no')
        : database.all('SELECT id, sealed FROM specialists WHERE task_id = ? ORDER BY version, no', taskId)
      ).map(read<Specialist>('specialists')),

    addVerdicts: (taskId, at, verdicts) => {
      database.transaction(() => {
        const no = Number(
          database.get(
            "INSERT INTO verdicts (task_id, at, sealed) VALUES (?, ?, '') RETURNING no",
            taskId,
            at,
          )?.no,
        );
        const sealed = rows.write('verdicts', String(no), verdicts);
        database.run('UPDATE verdicts SET sealed = ? WHERE no = ?', sealed, no);
      });
    },
    verdicts(taskId) {
      const row = database.get(
        'SELECT no AS id, sealed FROM verdicts WHERE task_id = ? ORDER BY at DESC, no DESC LIMIT 1',
        taskId,
      );
      return row ? read<Verdict[]>('verdicts')(row) : [];
    },
    useExam: (taskId, datasetId) =>
      Number(
        database.get(
          `INSERT INTO exam_uses (task_id, dataset_id, uses) VALUES (?, ?, 1)
           ON CONFLICT (task_id, dataset_id) DO UPDATE SET uses = uses + 1 RETURNING uses`,
          taskId,
          datasetId,
        )?.uses,
      ),

    useGate: (taskId, datasetId) => {
      database.run('INSERT INTO gate_tries (task_id, dataset_id) VALUES (?, ?)', taskId, datasetId);
    },
    gateTries: (taskId) =>
      Number(
        (taskId === undefined
          ? database.get('SELECT count(*) AS n FROM gate_tries')
          : database.get('SELECT count(*) AS n FROM gate_tries WHERE task_id = ?', taskId)
        )?.n,
      ),

    putDeployment: (deployment) => {
      database.run(
        'INSERT INTO deployments (id, sealed) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed',
        deployment.id,
        rows.write('deployments', deployment.id, deployment),
      );
    },
    deployments: () =>
      database.all('SELECT id, sealed FROM deployments ORDER BY no').map(read<Deployment>('deployments')),

    addAudit: (audit) => {
      database.run(INSERT_AUDIT, ...auditValues(audit));
    },
    audits: (deploymentId) =>
      database
        .all('SELECT * FROM audits WHERE deployment_id = ? ORDER BY at, no', deploymentId)
        .map(auditFrom),

    addEvent: (event) => {
      database.run(
        'INSERT OR IGNORE INTO events (id, at, kind, subject, sealed) VALUES (?, ?, ?, ?, ?)',
        event.id,
        event.at,
        event.kind,
        event.subject,
        rows.write('events', event.id, event.detail),
      );
    },
    /** Oldest first; with a limit, the newest so many of them. */
    events: (filter = {}) =>
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
          detail: read<JsonObject>('events')(row),
        })),
  };
}
