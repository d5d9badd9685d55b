/** Jobs, and the tasks that a person has stopped, in SQLite. */
import type { Job, JobState, JobStore, StoppedTask, SwitchStore } from '../../core/job.ts';
import type { Event } from '../../core/store.ts';
import type { Database } from './database.ts';
import { addEventRow } from './event-row.ts';
import type { SealedRows } from './sealed.ts';

export function jobTables(database: Database, rows: SealedRows): JobStore & SwitchStore {
  const read = rows.reader<Job>('jobs');
  const find = (id: string): Job | null => {
    const row = database.get('SELECT id, sealed FROM jobs WHERE id = ?', id);
    return row ? read(row) : null;
  };
  const running = (besides: string): number =>
    Number(
      database.get("SELECT count(*) AS n FROM jobs WHERE state = 'running' AND id != ?", besides)?.n ?? 0,
    );
  return {
    addJob: async (job) => {
      database.run(
        'INSERT OR IGNORE INTO jobs (id, state, sealed) VALUES (?, ?, ?)',
        job.id,
        job.state,
        rows.write('jobs', job.id, job),
      );
    },
    job: async (id) => find(id),
    jobs: async ({ states, limit } = {}) =>
      database
        .all(
          `SELECT id, sealed FROM jobs WHERE (?1 IS NULL OR instr(?1, ',' || state || ',') > 0)
           ORDER BY no DESC LIMIT ?2`,
          states === undefined ? null : `,${states.join(',')},`,
          limit ?? -1,
        )
        .reverse()
        .map(read),
    changeJob: async (id, from: readonly JobState[], change, { pid, maxRunning } = {}) =>
      database.transaction(() => {
        const job = find(id);
        if (job === null || !from.includes(job.state)) return null;
        if (pid !== undefined && job.pid !== pid) return null;
        if (maxRunning !== undefined && running(id) >= maxRunning) return null;
        const changed: Job = { ...job, ...change };
        database.run(
          'UPDATE jobs SET state = ?, sealed = ? WHERE id = ?',
          changed.state,
          rows.write('jobs', id, changed),
          id,
        );
        return changed;
      }),

    stoppedTasks: async () =>
      database
        .all('SELECT task_id AS id, sealed FROM stopped_tasks ORDER BY task_id')
        .map(rows.reader<StoppedTask>('stopped_tasks')),
    stopTask: async (stopped, event) =>
      database.transaction(() => stopTaskRow(database, rows, stopped, event)),
    resumeTask: async (taskId, event) =>
      database.transaction(() => {
        const isChanged = database.run('DELETE FROM stopped_tasks WHERE task_id = ?', taskId) > 0;
        if (isChanged && event) addEventRow(database, rows, event);
        return isChanged;
      }),
  };
}

/** Within a transaction of the caller. Whether the task was not stopped yet: the event is kept with it then. */
export function stopTaskRow(
  database: Database,
  rows: SealedRows,
  stopped: StoppedTask,
  event: Event | undefined,
): boolean {
  const changes = database.run(
    'INSERT OR IGNORE INTO stopped_tasks (task_id, sealed) VALUES (?, ?)',
    stopped.taskId,
    rows.write('stopped_tasks', stopped.taskId, stopped),
  );
  if (changes > 0 && event) addEventRow(database, rows, event);
  return changes > 0;
}
