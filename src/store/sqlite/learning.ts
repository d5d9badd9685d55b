/** What is learnt from calls, and what became of it: tasks, datasets, specialists, deployments, audits, events. */
import type { SQLOutputValue } from 'node:sqlite';
import { deflateSync, inflateSync } from 'node:zlib';
import type { DatasetManifest } from '../../core/dataset.ts';
import type { Deployment, Stage } from '../../core/deployment.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Specialist, Verdict } from '../../core/specialist.ts';
import type { Store } from '../../core/store.ts';
import type { Task } from '../../core/task.ts';
import type { Database } from './database.ts';

type LearningTables = Omit<
  Store,
  'addCalls' | 'calls' | 'countCalls' | 'parts' | 'deleteCalls' | 'key' | 'addKey' | 'deleteKey' | 'close'
>;

export function learningTables(database: Database): LearningTables {
  return {
    tasks: () => database.all('SELECT body FROM tasks ORDER BY id').map(body<Task>),
    putTasks: (tasks) => {
      database.transaction(() => {
        for (const task of tasks) {
          database.run(
            'INSERT INTO tasks (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body',
            task.id,
            JSON.stringify(task),
          );
        }
      });
    },

    addDataset: (dataset) => {
      database.run(
        'INSERT OR IGNORE INTO datasets (id, task_id, body) VALUES (?, ?, ?)',
        dataset.id,
        dataset.taskId,
        deflateSync(JSON.stringify(dataset), { level: 1 }),
      );
    },
    dataset(id) {
      const packed = database.get('SELECT body FROM datasets WHERE id = ?', id)?.body;
      return packed instanceof Uint8Array
        ? (JSON.parse(inflateSync(packed).toString('utf8')) as DatasetManifest)
        : null;
    },

    addSpecialist: (specialist) => {
      database.run(
        'INSERT OR IGNORE INTO specialists (id, task_id, version, body) VALUES (?, ?, ?, ?)',
        specialist.id,
        specialist.taskId,
        specialist.version,
        JSON.stringify(specialist),
      );
    },
    specialists: (taskId) =>
      (taskId === undefined
        ? database.all('SELECT body FROM specialists ORDER BY no')
        : database.all('SELECT body FROM specialists WHERE task_id = ? ORDER BY version, no', taskId)
      ).map(body<Specialist>),

    addVerdicts: (taskId, at, verdicts) => {
      database.run(
        'INSERT INTO verdicts (task_id, at, body) VALUES (?, ?, ?)',
        taskId,
        at,
        JSON.stringify(verdicts),
      );
    },
    verdicts(taskId) {
      const row = database.get(
        'SELECT body FROM verdicts WHERE task_id = ? ORDER BY at DESC, no DESC LIMIT 1',
        taskId,
      );
      return row ? body<Verdict[]>(row) : [];
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

    putDeployment: (deployment) => {
      database.run(
        'INSERT INTO deployments (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body',
        deployment.id,
        JSON.stringify(deployment),
      );
    },
    deployments: () => database.all('SELECT body FROM deployments ORDER BY no').map(body<Deployment>),

    addAudit: (audit) => {
      database.run(
        `INSERT OR IGNORE INTO audits (call_id, deployment_id, at, stage, confidence, right_answer)
         VALUES (?, ?, ?, ?, ?, ?)`,
        audit.callId,
        audit.deploymentId,
        audit.at,
        audit.stage,
        audit.confidence,
        audit.right ? 1 : 0,
      );
    },
    audits: (deploymentId) =>
      database
        .all('SELECT * FROM audits WHERE deployment_id = ? ORDER BY at, no', deploymentId)
        .map((row) => ({
          callId: String(row.call_id),
          deploymentId,
          at: Number(row.at),
          stage: String(row.stage) as Stage,
          confidence: Number(row.confidence),
          right: row.right_answer === 1,
        })),

    addEvent: (event) => {
      database.run(
        'INSERT OR IGNORE INTO events (id, at, kind, subject, detail) VALUES (?, ?, ?, ?, ?)',
        event.id,
        event.at,
        event.kind,
        event.subject,
        JSON.stringify(event.detail),
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
          detail: JSON.parse(String(row.detail)) as JsonObject,
        })),
  };
}

function body<T>(row: Record<string, SQLOutputValue>): T {
  return JSON.parse(String(row.body)) as T;
}
