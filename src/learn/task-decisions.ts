/**
 * A person's word on tasks: rename, merge, split, exclude, include. It is kept, changes the tasks at once, and is an input of every
 * learning run from then on. A merge or a split changes what a specialist was proved on, so that it is suspended until it is
 * proved anew; taking it back restores the tasks, and with them the proof. For the command line and the page alike.
 * Does not: ask who may (commands/, api/), say how tasks are reshaped (cluster/reshape), or route calls (a gateway hears of the
 * change within a second).
 */
import { mergeTasks, splitTask, takenBack } from '../cluster/reshape.ts';
import { isInService } from '../core/deployment.ts';
import { UnderstudyError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { SwitchStore } from '../core/job.ts';
import type { Event, EventStore, LearningStore } from '../core/store.ts';
import type { Task } from '../core/task.ts';
import type {
  DecisionStore,
  Inherited,
  TaskChange,
  TaskDecided,
  TaskDecision,
} from '../core/task-decision.ts';
import { isTaskName, MAX_TASK_NAME, shortTaskName, taskNameOf } from '../core/task-name.ts';
import type { Actor, TrailStore } from '../core/trail.ts';
import { changeDeployment, type MovingStore } from '../deploy/change.ts';
import { taskNamed, type Word } from '../deploy/control.ts';
import { TASK_CHANGED } from '../deploy/epochs.ts';
import { moveTo } from '../deploy/stages.ts';
import { outOfService } from './changed.ts';

type DecidingStore = DecisionStore &
  MovingStore &
  EventStore &
  SwitchStore &
  Pick<TrailStore, 'appendTrail'> &
  Pick<LearningStore, 'tasks' | 'specialists' | 'gateTries'>;

/** As Word, with who it is for the audit trail. */
export interface Decider extends Word {
  readonly actor: Actor;
}

/** What is to become of the tasks concerned. */
interface Plan {
  readonly before: readonly Task[];
  readonly after: readonly Task[];
  readonly other: Task | null;
  readonly inverse: TaskChange;
}

/** Others decide or learn at the same moment as seldom as this. */
const MAX_RACES = 20;

/**
 * @throws UnderstudyError 'not-found' for a task that there is none of, 'bad-input' for what cannot be done, with what can in
 *   the hint.
 */
export async function decideOnTask(
  store: DecidingStore,
  change: TaskChange,
  decider: Decider,
): Promise<TaskDecided> {
  const id = newId('decision', decider.now);
  for (let race = 0; race < MAX_RACES; race++) {
    const task = await taskNamed(store, change.task);
    const tasks = await store.tasks();
    const plan = await planOf(change, task, { id, store, tasks, decider });
    if (plan === null) return nothingDone(change, task);
    const { by, reason, now: at } = decider;
    const about = { kind: change.action, taskId: task.id, otherId: plan.other?.id ?? null };
    const restored =
      change.action === 'merge' || change.action === 'split'
        ? takenBack(plan.before, plan.after, await store.taskDecisions())
        : null;
    const { before } = plan;
    const after = restored ?? plan.after;
    const decision: TaskDecision = { id, ...about, at, by, reason, before, after };
    const counted = await inheritedBy(decision, restored !== null, store);
    const stops = await keptStopped(decision, store);
    const detail = { action: change.action, other: decision.otherId, by, reason };
    const told = { id: newId('event', at), at, kind: 'task-decided', subject: task.id, detail };
    const inherited = { ...counted, stops, events: [...counted.events, told] };
    if (!(await store.addTaskDecision(decision, inherited))) continue;
    const moved = await moveDeployments(decision, restored !== null, store);
    const { actor } = decider;
    await store.appendTrail({ at, actor, action: 'task-decided', subject: task.id, detail });
    const named = (one: Task) => ({ id: one.id, name: one.name });
    const own = after.find((each) => each.id === task.id) ?? after[0] ?? task;
    // Where a merge was taken back, the task that is there again has its old id.
    const made = (change.action === 'split' && after.find((each) => each.id !== own.id)) || plan.other;
    const inverse =
      plan.inverse.action === 'merge' && made ? { ...plan.inverse, from: made.id } : plan.inverse;
    return {
      kind: 'task-decided',
      action: change.action,
      task: named(own),
      other: made && named(made),
      changed: true,
      ...moved,
      inverse,
    };
  }
  throw new UnderstudyError('overloaded', 'The tasks change all the time: a learning run is at work.', {
    hint: 'Try again in a moment.',
    status: 503,
  });
}

/** Null where it is so already. */
async function planOf(
  change: TaskChange,
  task: Task,
  {
    id,
    store,
    tasks,
    decider,
  }: {
    readonly id: string;
    readonly store: DecidingStore;
    readonly tasks: readonly Task[];
    readonly decider: Decider;
  },
): Promise<Plan | null> {
  const alone = (after: Task, inverse: TaskChange): Plan => ({
    before: [task],
    after: [after],
    other: null,
    inverse,
  });
  switch (change.action) {
    case 'rename': {
      const name = taskNameOf(change.name);
      if (name === task.name) return null;
      refuseName(name, tasks);
      return alone({ ...task, name }, { action: 'rename', task: task.id, name: shortTaskName(task.name) });
    }
    case 'exclude': {
      const { now: at, by, reason } = decider;
      if (task.excluded) return null;
      return alone({ ...task, excluded: { at, by, reason } }, { action: 'include', task: task.id });
    }
    case 'include': {
      const { excluded, ...rest } = task;
      return excluded ? alone(rest, { action: 'exclude', task: task.id }) : null;
    }
    case 'merge': {
      const from = await taskNamed(store, change.from);
      refuseMerge(task, from);
      const inverse = {
        action: 'split',
        task: task.id,
        sites: from.sites.map((site) => site.id),
        name: shortTaskName(from.name),
      } as const;
      return { before: [task, from], after: [mergeTasks(task, from, id)], other: from, inverse };
    }
    case 'split': {
      const name = change.name === undefined ? freeName(task.name, tasks) : taskNameOf(change.name);
      const after = splitTask(task, change.sites, name, id);
      refuseName(name, tasks);
      const inverse = { action: 'merge', task: task.id, from: after[1].id } as const;
      return { before: [task], after, other: after[1], inverse };
    }
  }
}

function nothingDone({ action }: TaskChange, { id, name }: Task): TaskDecided {
  const none = { other: null, changed: false, suspended: [], resumed: [], inverse: null };
  return { kind: 'task-decided', action, task: { id, name }, ...none };
}

function refuseName(name: string, tasks: readonly Task[]): void {
  const taken = tasks.some((each) => each.name === name || each.id === name);
  if (isTaskName(name) && !taken) return;
  const what = taken ? `There is a task '${name}' already.` : `A name has 1 to ${MAX_TASK_NAME} characters.`;
  throw new UnderstudyError('bad-input', what, { hint: 'Choose another name.', status: 400 });
}

function refuseMerge(into: Task, from: Task): void {
  if (into.id === from.id)
    throw new UnderstudyError('bad-input', `'${into.name}' cannot be merged with itself.`, {
      hint: 'Name two tasks.',
      status: 400,
    });
  const excluded = [into, from].find((each) => each.excluded);
  if (excluded === undefined) return;
  throw new UnderstudyError('bad-input', `'${excluded.name}' is excluded and cannot be merged.`, {
    hint: `\`understudy tasks include '${excluded.name}'\` first.`,
    status: 400,
  });
}

function freeName(name: string, tasks: readonly Task[]): string {
  for (let n = 2; ; n++) {
    const free = shortTaskName(name, ` (${n})`);
    if (!tasks.some((each) => each.name === free)) return free;
  }
}

/** What a person has stopped stays stopped, whatever the tasks are that its calls belong to from now on. */
async function keptStopped(
  { before, after, at, by }: TaskDecision,
  store: Pick<SwitchStore, 'stoppedTasks'>,
): Promise<Inherited['stops']> {
  const all = await store.stoppedTasks();
  const stopped = all.find(({ taskId }) => before.some(({ id }) => id === taskId));
  if (!stopped) return [];
  const { reason } = stopped;
  return after
    .filter(({ id }) => !all.some(({ taskId }) => taskId === id))
    .map(({ id: taskId }) => ({
      stopped: { taskId, at, by, reason },
      event: { id: newId('event', at), at, kind: 'task-stopped', subject: taskId, detail: { by, reason } },
    }));
}

/**
 * Delta is spent over the tries and the epochs of all whose calls a task has: being split or merged begins no new count, and no call
 * that proves nothing in one task proves anything in another. Tasks that are as they were before have the most tries that any of
 * them had.
 */
async function inheritedBy(
  { kind, before, after }: TaskDecision,
  isTakenBack: boolean,
  store: Pick<LearningStore, 'gateTries'> & Pick<EventStore, 'events'>,
): Promise<Omit<Inherited, 'stops'>> {
  if (kind !== 'merge' && kind !== 'split') return { tries: new Map(), events: [] };
  const tries: number[] = [];
  const epochs = new Map<string, readonly Event[]>();
  for (const { id } of before) {
    tries.push(await store.gateTries(id));
    epochs.set(id, await store.events({ kind: TASK_CHANGED, subject: id }));
  }
  const target =
    kind === 'merge' && !isTakenBack ? tries.reduce((sum, n) => sum + n, 0) : Math.max(0, ...tries);
  return {
    tries: new Map(after.map(({ id }) => [id, target])),
    // One that the task has already is seen once more, and begins nothing.
    events: after.flatMap((task) =>
      [...epochs]
        .filter(([id]) => id !== task.id)
        .flatMap(([, events]) =>
          events.map((event) => ({ ...event, id: newId('event', event.at), subject: task.id })),
        ),
    ),
  };
}

/** Suspends what was proved on other calls; brings back into shadow what holds again. */
async function moveDeployments(
  decision: TaskDecision,
  isTakenBack: boolean,
  store: MovingStore & Pick<LearningStore, 'specialists'>,
): Promise<Pick<TaskDecided, 'suspended' | 'resumed'>> {
  const suspended = new Set<string>();
  const resumed = new Set<string>();
  const { kind, before, after, at, by } = decision;
  if (kind !== 'merge' && kind !== 'split') return { suspended: [], resumed: [] };
  const specialists = new Map((await store.specialists()).map((each) => [each.id, each]));
  const tasks = new Map([...before, ...after].map((task) => [task.id, task]));
  for (const { id, taskId, specialistId } of await store.deployments()) {
    const task = tasks.get(taskId);
    if (!task) continue;
    const proved = specialists.get(specialistId)?.proved;
    const holds = after.includes(task) && proved?.shapedBy === task.shapedBy;
    const done = kind === 'merge' ? `merged with another task by ${by}` : `split by ${by}`;
    const reasons = {
      suspended: `${RESHAPED} ${done}. It is suspended until it is proved anew`,
      retired: `${RESHAPED} ${done}`,
    };
    const moved = await changeDeployment(store, id, (now) => {
      if (!holds) return outOfService(now, reasons, at);
      const last = now.history.at(-1);
      const isOurs = isTakenBack && now.stage === 'suspended' && last?.reason.startsWith(RESHAPED);
      return isOurs
        ? moveTo(now, 'shadow', at, `${by} took it back: the task is what it was proved on`)
        : now;
    });
    if (moved?.after.stage === 'suspended') suspended.add(task.name);
    if (moved && isInService(moved.after.stage)) resumed.add(task.name);
  }
  return { suspended: [...suspended], resumed: [...resumed] };
}

/** How the reason begins of a deployment that a decision took out of service. */
const RESHAPED = 'the task was';
