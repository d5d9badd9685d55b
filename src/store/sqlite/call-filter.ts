/** What a filter of calls asks for, as SQL. */
import type { CallFilter } from '../../core/store.ts';

/** The rows that a filter asks for. */
export function conditions({ since, until, taskId, origin, after }: Omit<CallFilter, 'limit'>): {
  readonly where: string;
  readonly values: readonly (string | number)[];
} {
  const wheres: string[] = [];
  const values: (string | number)[] = [];
  const add = (sql: string, ...given: (string | number | undefined)[]): void => {
    const present = given.filter((value) => value !== undefined);
    if (present.length < given.length) return;
    wheres.push(sql);
    values.push(...present);
  };
  add('at >= ?', since);
  add('at <= ?', until);
  add('task_id = ?', taskId);
  add('origin = ?', origin);
  add('(at, id) > (?, ?)', after?.at, after?.id);
  return { where: wheres.length > 0 ? ` WHERE ${wheres.join(' AND ')}` : '', values };
}
