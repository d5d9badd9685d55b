/** Tasks with what people have decided about them, and a decision, as text for the terminal and the page. */
import type { Task } from '../core/task.ts';
import type { TaskChange, TaskDecided } from '../core/task-decision.ts';
import { clip, type Page, table } from './table.ts';
import { count, plural } from './words.ts';

/** What was done, in sentences. */
export function decidedText({ action, task, other, changed, suspended, resumed }: TaskDecided): string {
  if (!changed) return `It was so already: nothing is changed for '${task.name}'.`;
  const done = {
    rename: `It is called '${task.name}' now.`,
    merge: `'${other?.name}' is part of '${task.name}' now.`,
    split: `'${other?.name}' is a task of its own now, beside '${task.name}'.`,
    exclude: `'${task.name}' is excluded: it is neither learnt nor served, and its calls go to the LLM.`,
    include: `'${task.name}' is learnt and served again.`,
  }[action];
  const names = (of: readonly string[]): string => of.map((name) => `'${name}'`).join(' and ');
  return [
    done,
    suspended.length > 0 ? `What served ${names(suspended)} is suspended until it is proved anew.` : '',
    resumed.length > 0 ? `What served ${names(resumed)} begins again in shadow.` : '',
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

/** The command that does it. */
export function changeCommand(change: TaskChange): string {
  const words = (): readonly string[] => {
    switch (change.action) {
      case 'rename':
        return [change.name];
      case 'merge':
        return [change.from];
      case 'split':
        return [
          ...change.sites.flatMap((site) => ['--site', site]),
          ...(change.name === undefined ? [] : ['--name', change.name]),
        ];
      default:
        return [];
    }
  };
  return ['understudy tasks', change.action, ...[change.task, ...words()].map(quoted)].join(' ');
}

/** As a shell reads it back. */
const quoted = (word: string): string =>
  /^[\w./:-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** @param stageOf What serves a task; null where nothing does. */
export function tasksText(
  tasks: readonly Task[],
  stageOf: (taskId: string) => string | null,
  page: Page,
): string {
  if (tasks.length === 0)
    return 'No tasks yet. `understudy learn` finds them among the calls on record, once there are some hundred.';
  const rows = tasks
    .toSorted((a, b) => b.calls - a.calls)
    .map((task) => [
      clip(task.name, Math.max(20, page.width - 70)),
      task.id,
      task.isReshaped ? 'to be found' : task.kind,
      count(task.calls),
      plural(task.sites.length, 'call site'),
      task.excluded ? `excluded by ${task.excluded.by}` : (stageOf(task.id) ?? 'not deployed'),
    ]);
  const titles = ['task', 'id', 'kind', 'calls', 'made at', 'stage'];
  return table(
    page,
    titles.map((title) => ({ title, align: title === 'calls' ? 'right' : 'left' }) as const),
    rows,
  );
}
