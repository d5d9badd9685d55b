/** What people have decided about tasks, and the tasks that it changed, in SQLite. */
import { isDeepStrictEqual } from 'node:util';
import type { Task } from '../../core/task.ts';
import type { DecisionStore, TaskDecision } from '../../core/task-decision.ts';
import type { Database } from './database.ts';
import { addEventRow } from './event-row.ts';
import { stopTaskRow } from './jobs.ts';
import { addGateTry, gateTriesOf, putTaskRows } from './learning.ts';
import type { SealedRows } from './sealed.ts';

export function taskDecisionTable(database: Database, rows: SealedRows): DecisionStore {
  const readTask = rows.reader<Task>('tasks');
  const isStill = (task: Task): boolean => {
    const row = database.get('SELECT id, sealed FROM tasks WHERE id = ?', task.id);
    return row !== undefined && isDeepStrictEqual(readTask(row), JSON.parse(JSON.stringify(task)));
  };
  return {
    taskDecisions: async () =>
      database
        .all('SELECT id, sealed FROM task_decisions ORDER BY no')
        .map(rows.reader<TaskDecision>('task_decisions')),
    addTaskDecision: async (decision, inherited) =>
      database.transaction(() => {
        if (!decision.before.every(isStill)) return false;
        const kept = new Set(decision.after.map(({ id }) => id));
        for (const { id } of decision.before)
          if (!kept.has(id)) database.run('DELETE FROM tasks WHERE id = ?', id);
        putTaskRows(database, rows, decision.after);
        for (const [taskId, tries] of inherited?.tries ?? [])
          for (let n = gateTriesOf(database, taskId); n < tries; n++)
            addGateTry(database, taskId, decision.id);
        for (const { stopped, event } of inherited?.stops ?? []) stopTaskRow(database, rows, stopped, event);
        for (const event of inherited?.events ?? []) addEventRow(database, rows, event);
        database.run(
          'INSERT INTO task_decisions (id, sealed) VALUES (?, ?)',
          decision.id,
          rows.write('task_decisions', decision.id, decision),
        );
        return true;
      }),
  };
}
