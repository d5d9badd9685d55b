/**
 * What a person may do with what serves: approve or reject what waits, stop a task at once, let it go on. Each is an event
 * with who did it and why. Plain functions, for the command line and the page alike.
 * Does not: ask who may (commands/, api/), or route calls (a gateway sees the change within a second).
 */
import type { Deployment } from '../core/deployment.ts';
import { UnderstudyError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { SwitchStore } from '../core/job.ts';
import type { DeploymentStore, Event, LearningStore } from '../core/store.ts';
import type { Task } from '../core/task.ts';
import { changeDeployment, type MovingStore } from './change.ts';
import { makeRoom } from './make-room.ts';
import { moveTo } from './stages.ts';

/** The parts of a store that are read and written here. */
export type ControlStore = MovingStore &
  SwitchStore &
  Pick<LearningStore, 'tasks' | 'specialists'> &
  Pick<DeploymentStore, 'auditsSince'>;

/** Who does it, when, and why. */
export interface Word {
  /** As they name themselves; for the record. */
  readonly by: string;
  /** In their own words; '' for none. */
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What was done, for people and programs. */
export interface Controlled {
  readonly kind: 'controlled';
  readonly action: 'approve' | 'reject' | 'stop' | 'resume';
  readonly task: { readonly id: string; readonly name: string };
  readonly deployment: string | null;
  /** False where it was so already. */
  readonly changed: boolean;
}

/**
 * Brings the newest proposal of the task into service, from shadow on, in the place of whatever served.
 * @param only Id of the proposal that is meant: another one is not approved in its place. Default: the newest is meant.
 * @throws UnderstudyError 'not-found' where there is no such task, or nothing of it waits.
 */
export async function approve(
  store: ControlStore,
  named: string,
  word: Word,
  only?: string,
): Promise<Controlled> {
  const task = await taskNamed(store, named);
  const proposal = await proposalOf(store, task, only);
  const moved = await changeDeployment(store, proposal.id, (now) =>
    now.stage === 'proposed' ? moveTo(now, 'shadow', word.now, sentence('approved', word)) : now,
  );
  // Only then does what served leave: the proposal may have been rejected meanwhile.
  for (const other of moved === null ? [] : await store.deployments()) {
    if (other.taskId !== task.id || other.id === proposal.id) continue;
    await makeRoom(store, other, proposal.specialistId, word.now);
  }
  return { ...about('approve', task), deployment: proposal.id, changed: moved !== null };
}

/** Retires the task's proposals, or only that one. What serves stays. @throws as approve. */
export async function reject(
  store: ControlStore,
  named: string,
  word: Word,
  only?: string,
): Promise<Controlled> {
  const task = await taskNamed(store, named);
  const newest = await proposalOf(store, task, only);
  let changed = false;
  for (const { id, taskId } of await store.deployments()) {
    if (taskId !== task.id || (only !== undefined && id !== only)) continue;
    const moved = await changeDeployment(store, id, (now) =>
      now.stage === 'proposed' ? moveTo(now, 'retired', word.now, sentence('rejected', word)) : now,
    );
    changed ||= moved !== null;
  }
  return { ...about('reject', task), deployment: newest.id, changed };
}

/**
 * Sends all calls of the task to the LLM until it is resumed; its deployments keep their stages and their evidence, and it is
 * not learnt by itself meanwhile. @throws UnderstudyError 'not-found' where there is no such task.
 */
export async function stop(store: ControlStore, named: string, word: Word): Promise<Controlled> {
  const task = await taskNamed(store, named);
  const { by, reason, now: at } = word;
  const changed = await store.stopTask(
    { taskId: task.id, at, by, reason },
    switched('task-stopped', task.id, word),
  );
  return { ...about('stop', task), deployment: null, changed };
}

/** Lets a stopped task go on where it was. @throws as stop. */
export async function resume(store: ControlStore, named: string, word: Word): Promise<Controlled> {
  const task = await taskNamed(store, named);
  const changed = await store.resumeTask(task.id, switched('task-resumed', task.id, word));
  return { ...about('resume', task), deployment: null, changed };
}

/** By its id or name. @throws UnderstudyError 'not-found'. */
export async function taskNamed(store: Pick<LearningStore, 'tasks'>, named: string): Promise<Task> {
  const tasks = await store.tasks();
  const task = tasks.find(({ id }) => id === named) ?? tasks.find(({ name }) => name === named);
  if (task) return task;
  const names = tasks.map(({ name }) => `'${name}'`).join(', ');
  throw new UnderstudyError('not-found', `There is no task '${named}'.`, {
    hint: names === '' ? 'No task has been found yet.' : `There are ${names}.`,
    data: { task: named, tasks: tasks.map(({ name }) => name) },
    status: 404,
  });
}

async function proposalOf(
  store: MovingStore,
  { id, name }: Task,
  only: string | undefined,
): Promise<Deployment> {
  const proposal = (await store.deployments()).findLast(
    ({ taskId, stage }) => taskId === id && stage === 'proposed',
  );
  if (proposal && (only === undefined || proposal.id === only)) return proposal;
  throw new UnderstudyError('not-found', `Nothing of '${name}' waits for approval.`, {
    hint: '`understudy status` shows the stage of each task.',
    data: { task: id },
    status: 404,
  });
}

function switched(kind: string, subject: string, { by, reason, now: at }: Word): Event {
  return { id: newId('event', at), at, kind, subject, detail: { by, reason } };
}

const sentence = (what: string, { by, reason }: Word): string =>
  `${what} by ${by}${reason === '' ? '' : `: ${reason}`}`;

const about = <A extends Controlled['action']>(action: A, { id, name }: Task) => ({
  kind: 'controlled' as const,
  action,
  task: { id, name },
});
