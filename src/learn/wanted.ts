/** Which of the tasks a run is about, by what was asked for: names or ids. */
import { UnderstudyError } from '../core/errors.ts';
import type { LearnOptions } from '../core/learning.ts';
import type { Task } from '../core/task.ts';

/** @throws UnderstudyError 'not-found' for a wanted task that there is none of, 'bad-input' for one that is excluded. */
export function refuseUnknown(
  { tasks: wanted = [] }: Pick<LearnOptions, 'tasks'>,
  tasks: readonly Task[],
): void {
  const excluded = tasks.find(
    ({ id, name, excluded }) => excluded && (wanted.includes(id) || wanted.includes(name)),
  );
  if (excluded)
    throw new UnderstudyError('bad-input', `'${excluded.name}' is excluded by ${excluded.excluded?.by}.`, {
      hint: `\`understudy tasks include '${excluded.name}'\` takes that back.`,
      data: { task: excluded.id },
      status: 400,
    });
  const unknown = wanted.find((each) => !tasks.some(({ id, name }) => each === id || each === name));
  if (unknown === undefined) return;
  const names = tasks.map(({ name }) => `'${name}'`).join(', ');
  throw new UnderstudyError('not-found', `There is no task '${unknown}'.`, {
    hint: names === '' ? 'No task has been found yet: capture more calls first.' : `There are ${names}.`,
    data: { task: unknown, tasks: tasks.map(({ name }) => name) },
  });
}

export const wantedBy =
  ({ tasks, except = [] }: Pick<LearnOptions, 'tasks' | 'except'>) =>
  ({ id, name, excluded }: Task): boolean => {
    if (excluded) return false;
    return tasks === undefined ? !except.includes(id) : tasks.includes(id) || tasks.includes(name);
  };
