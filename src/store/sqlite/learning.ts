/** What is learnt from calls: tasks, datasets, specialists, verdicts, uses of exams. In SQLite. */
import type { DatasetManifest } from '../../core/dataset.ts';
import type { Specialist, Verdict } from '../../core/specialist.ts';
import type { LearningStore } from '../../core/store.ts';
import type { Task } from '../../core/task.ts';
import type { Database } from './database.ts';
import { isStill, putDeploymentRow } from './deployment-row.ts';
import { addEventRow } from './event-row.ts';
import type { SealedRows } from './sealed.ts';

export function learningTables(database: Database, rows: SealedRows): LearningStore {
  return {
    tasks: async () =>
      database.all('SELECT id, sealed FROM tasks ORDER BY id').map(rows.reader<Task>('tasks')),
    putTasks: async (tasks, decisions, moves = []) =>
      database.transaction(() => {
        const decided = Number(database.get('SELECT count(*) AS n FROM task_decisions')?.n);
        if (decisions !== undefined && decisions !== decided) return false;
        if (!moves.every((move) => isStill(database, rows, move))) return false;
        putTaskRows(database, rows, tasks);
        for (const move of moves) putDeploymentRow(database, rows, move);
        return true;
      }),

    addDataset: async (dataset) => {
      database.run(
        'INSERT OR IGNORE INTO datasets (id, task_id, sealed) VALUES (?, ?, ?)',
        dataset.id,
        dataset.taskId,
        rows.write('datasets', dataset.id, dataset),
      );
    },
    async dataset(id) {
      const row = database.get('SELECT id, sealed FROM datasets WHERE id = ?', id);
      return row ? rows.reader<DatasetManifest>('datasets')(row) : null;
    },

    addSpecialist: async (specialist, events = []) => {
      database.transaction(() => {
        database.run(
          'INSERT OR IGNORE INTO specialists (id, task_id, version, sealed) VALUES (?, ?, ?, ?)',
          specialist.id,
          specialist.taskId,
          specialist.version,
          rows.write('specialists', specialist.id, specialist),
        );
        for (const event of events) addEventRow(database, rows, event);
      });
    },
    specialists: async (taskId) =>
      (taskId === undefined
        ? database.all('SELECT id, sealed FROM specialists ORDER BY no')
        : database.all('SELECT id, sealed FROM specialists WHERE task_id = ? ORDER BY version, no', taskId)
      ).map(rows.reader<Specialist>('specialists')),

    addVerdicts: async (taskId, at, verdicts) => {
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
    async verdicts(taskId) {
      const row = database.get(
        'SELECT no AS id, sealed FROM verdicts WHERE task_id = ? ORDER BY at DESC, no DESC LIMIT 1',
        taskId,
      );
      return row ? rows.reader<Verdict[]>('verdicts')(row) : [];
    },
    useExam: async (taskId, datasetId) =>
      Number(
        database.get(
          `INSERT INTO exam_uses (task_id, dataset_id, uses) VALUES (?, ?, 1)
           ON CONFLICT (task_id, dataset_id) DO UPDATE SET uses = uses + 1 RETURNING uses`,
          taskId,
          datasetId,
        )?.uses,
      ),
    useGate: async (taskId, datasetId) => {
      addGateTry(database, taskId, datasetId);
    },
    gateTries: async (taskId) => gateTriesOf(database, taskId),
  };
}

export function addGateTry(database: Database, taskId: string, datasetId: string): void {
  database.run('INSERT INTO gate_tries (task_id, dataset_id) VALUES (?, ?)', taskId, datasetId);
}

/** @param taskId Default: of all tasks. */
export function gateTriesOf(database: Database, taskId?: string): number {
  const row =
    taskId === undefined
      ? database.get('SELECT count(*) AS n FROM gate_tries')
      : database.get('SELECT count(*) AS n FROM gate_tries WHERE task_id = ?', taskId);
  return Number(row?.n);
}

/** Within a transaction of the caller. */
export function putTaskRows(database: Database, rows: SealedRows, tasks: readonly Task[]): void {
  for (const task of tasks) {
    database.run(
      'INSERT INTO tasks (id, sealed) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed',
      task.id,
      rows.write('tasks', task.id, task),
    );
  }
}
