/**
 * Two tasks as one, and one as two, as a person wants it. A split follows what a request shows before it is answered, since that
 * is when a call is routed: the call site, and with it the tool whose result is answered. Pure.
 * Does not: decide what is a task by itself (tasks.ts), or keep the decision (learn/task-decisions).
 */
import { constantLength } from '../callsite/assign.ts';
import { UnderstudyError } from '../core/errors.ts';
import { contentHash } from '../core/ids.ts';
import { canonicalJson, type Json } from '../core/json.ts';
import type { CallSite, Task } from '../core/task.ts';
import type { TaskDecision } from '../core/task-decision.ts';

/** The order in which assign tries call sites, so that distil, which goes through them, takes the same one. */
export function mostConstantFirst(sites: readonly CallSite[]): CallSite[] {
  return sites.toSorted((a, b) => constantLength(b) - constantLength(a));
}

/**
 * The calls of both as one task, under the id and the name of the first. What their calls show together is found with the next
 * learning run; until then it is what both have in common.
 * @param decision Id of the decision that says so.
 */
export function mergeTasks(into: Task, from: Task, decision: string): Task {
  const sameTools = same(into.tools, from.tools);
  const sameFormat = same(into.responseFormat, from.responseFormat);
  const kind = into.kind === from.kind ? into.kind : 'mixed';
  return {
    ...bare(into),
    sites: mostConstantFirst([...into.sites, ...from.sites]),
    kind,
    labels: kind === 'label' ? [...new Set([...into.labels, ...from.labels])] : [],
    tools: sameTools ? into.tools : [],
    responseFormat: sameFormat ? into.responseFormat : null,
    calls: into.calls + from.calls,
    shapedBy: decision,
  };
}

/**
 * The task without these call sites, and a task of these. How many calls each has is known with the next learning run; they
 * are said to have shares by their call sites.
 * @param siteIds Some of its call sites, not all.
 * @throws UnderstudyError 'bad-input' where it has one call site alone, or these are none, all, or not its own.
 */
export function splitTask(
  task: Task,
  siteIds: readonly string[],
  name: string,
  decision: string,
): readonly [rest: Task, made: Task] {
  if (task.sites.length < 2)
    throw new UnderstudyError('bad-input', `'${task.name}' has one call site and cannot be split.`, {
      hint: 'Its requests show nothing by which its calls could be told apart before they are answered.',
      data: { task: task.id },
      status: 400,
    });
  const unknown = siteIds.find((id) => !task.sites.some((site) => site.id === id));
  const taken = task.sites.filter(({ id }) => siteIds.includes(id));
  if (unknown !== undefined || taken.length === 0 || taken.length === task.sites.length) {
    const what =
      unknown === undefined
        ? `Some of the ${task.sites.length} call sites of '${task.name}' have to be named, and not all.`
        : `'${task.name}' has no call site '${unknown}'.`;
    throw new UnderstudyError('bad-input', what, {
      hint: `It has ${task.sites.map(siteWords).join('; ')}.`,
      data: { task: task.id, sites: task.sites.map(({ id }) => id) },
      status: 400,
    });
  }
  const left = task.sites.filter((site) => !taken.includes(site));
  const part = (sites: readonly CallSite[]): Task => ({
    ...bare(task),
    sites: mostConstantFirst(sites),
    calls: Math.round((task.calls * sites.length) / task.sites.length),
    shapedBy: decision,
  });
  const id = `task_${contentHash(`${decision} ${taken.map((site) => site.id).join(' ')}`, 12)}`;
  return [part(left), { ...part(taken), id, name }];
}

/** Which calls a call site makes, in words that quote nothing of a prompt. */
export function siteWords({ id, turn, toolNames, formatHash }: CallSite): string {
  const answers = turn === 'user' ? 'a user' : turn === 'tool:*' ? 'a tool' : `the tool ${turn.slice(5)}`;
  const tools =
    toolNames[0] === '*' ? ', any tools' : toolNames.length > 0 ? `, tools ${toolNames.join(', ')}` : '';
  return `${id} (answers ${answers}${tools}${formatHash === '' ? '' : ', a response format'})`;
}

/**
 * The tasks as they were before the newest decision about them, where `wanted` has the call sites together just as they were
 * then: the decision is taken back, and what was proved before it holds again. Names, and whether they are to be left alone, stay
 * as they are now; what was learnt since stays where it is told by call site, and the rest is to be found anew. Null where it is no
 * inverse.
 */
export function takenBack(
  now: readonly Task[],
  wanted: readonly Task[],
  decisions: readonly TaskDecision[],
): readonly Task[] | null {
  const ids = new Set([...now, ...wanted].map(({ id }) => id));
  const last = decisions.findLast(
    ({ kind, before, after }) =>
      (kind === 'merge' || kind === 'split') && [...before, ...after].some(({ id }) => ids.has(id)),
  );
  if (!last || partition(last.after) !== partition(now) || partition(last.before) !== partition(wanted))
    return null;
  // What is known of a task's calls together is as old as the decision, where their call sites have been learnt from since.
  const isOld = now.some((task) => !same(learnt(task), learnt(last.after.find(({ id }) => id === task.id))));
  const sites = new Map(now.flatMap((task) => task.sites.map((site) => [site.id, site])));
  const restored = isOld
    ? last.before.map(
        (task): Task => ({
          ...task,
          sites: task.sites.map((site) => sites.get(site.id) ?? site),
          isReshaped: true,
        }),
      )
    : last.before;
  return restored.map((task) => {
    const present = now.find(({ id }) => id === task.id);
    // Another task may have its old name by now: it has the one that was asked for.
    if (present === undefined) {
      const own = partition([task]);
      return { ...task, name: wanted.find((each) => partition([each]) === own)?.name ?? task.name };
    }
    const { excluded: _, ...rest } = task;
    return { ...rest, name: present.name, ...(present.excluded ? { excluded: present.excluded } : {}) };
  });
}

/** Without what a person has said, and not its calls. */
function learnt(task: Task | undefined): Json {
  const { name: _, excluded: __, ...rest } = task ?? {};
  return JSON.parse(JSON.stringify(rest)) as Json;
}

/** Which call sites are together, whatever the tasks are called. */
function partition(tasks: readonly Task[]): string {
  return tasks
    .map(({ sites }) => sites.map(({ id }) => id).sort())
    .map((ids) => ids.join(' '))
    .sort()
    .join('\n');
}

/** Without what was found of its calls together, for one whose calls are others now. */
function bare(task: Task): Task {
  const { kinds: _, labelLimits: __, textLimits: ___, logitBias: ____, ...rest } = task;
  return { ...rest, isReshaped: true };
}

const same = (a: unknown, b: unknown): boolean => canonicalJson(a as Json) === canonicalJson(b as Json);
