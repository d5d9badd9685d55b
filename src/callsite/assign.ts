/**
 * Which task a request belongs to: used by cluster when tasks are made and by route when calls come in, so that
 * the two never differ. Does not: decide who serves.
 */
import type { CallRequest } from '../core/call.ts';
import type { CallSite, Task } from '../core/task.ts';
import { type Signature, signatureOf } from './signature.ts';
import { ANY, slotsAt } from './variable-part.ts';

interface Entry {
  readonly task: Task;
  readonly site: CallSite;
  readonly constant: number;
}

const indexes = new WeakMap<readonly Task[], Map<string, Entry[]>>();

/**
 * The task with the call site that fits the request and has the longest constant text; named tools come before
 * any tools. Null: unfamiliar. The index is kept with the array: pass the same one until the tasks change.
 */
export function assign(tasks: readonly Task[], request: CallRequest): Task | null {
  const signature = signatureOf(request);
  for (const entries of entriesFor(tasks, signature)) {
    const entry = entries.find((each) => slotsAt(each.site, signature) !== null);
    if (entry) return entry.task;
  }
  return null;
}

/**
 * The only task whose calls have the tools, response format and turn of a request that follows no template: most likely its
 * prompt was changed. Null where there is none, or several.
 */
export function taskAlike(tasks: readonly Task[], request: CallRequest): Task | null {
  const signature = signatureOf(request);
  const alike = new Set<Task>();
  for (const entries of entriesFor(tasks, signature))
    for (const { task, site } of entries)
      if ((site.system === null) === (signature.system === null)) alike.add(task);
  const [only = null, ...others] = alike;
  return others.length === 0 ? only : null;
}

/** The sites that a request with this signature may come from, the most specific first. */
function entriesFor(tasks: readonly Task[], { toolNames, formatHash, turn }: Signature): Entry[][] {
  let index = indexes.get(tasks);
  if (!index) {
    index = indexOf(tasks);
    indexes.set(tasks, index);
  }
  const turns = turn === 'user' ? ['user'] : [turn, `tool:${ANY}`];
  const tools = [toolNames.join(' ')];
  if (toolNames.length > 0) tools.push(ANY);
  return tools.flatMap((names) => turns.map((each) => index.get(`${names}\n${formatHash}\n${each}`) ?? []));
}

function indexOf(tasks: readonly Task[]): Map<string, Entry[]> {
  const index = new Map<string, Entry[]>();
  for (const task of tasks) {
    for (const site of task.sites) {
      const key = `${site.toolNames.join(' ')}\n${site.formatHash}\n${site.turn}`;
      const entries = index.get(key);
      const entry = { task, site, constant: constantLength(site) };
      if (entries) entries.push(entry);
      else index.set(key, [entry]);
    }
  }
  for (const entries of index.values()) entries.sort((a, b) => b.constant - a.constant);
  return index;
}

/** How many characters of a call site's prompt are constant: the more, the more specific. */
export function constantLength(site: CallSite): number {
  const pieces = [...(site.system?.pieces ?? []), ...site.user.pieces];
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
