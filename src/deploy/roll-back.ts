/**
 * Takes what serves a task out of service, by a person's word, and puts what it had replaced back in its place.
 * Does not: judge either (stages.ts). Nothing is put back that was not serving, or that spoke against itself when it left; and
 * where the task has changed since, it is put back into shadow, to be proved on what comes now.
 */
import { type Deployment, isInService } from '../core/deployment.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { EventStore } from '../core/store.ts';
import type { Task } from '../core/task.ts';
import { changeDeployment, type MovingStore } from './change.ts';
import type { Word } from './control.ts';
import { epochsOf } from './epochs.ts';
import { moveTo, REPLACED } from './stages.ts';

export interface RolledBack {
  /** The one that left service. */
  readonly from: string;
  /** The one that serves again; null: all calls of the task go to the LLM. */
  readonly to: string | null;
}

/** @throws UnderstudyError 'not-found' where nothing of the task is in service. */
export async function rollBack(
  store: MovingStore & Pick<EventStore, 'events'>,
  task: Pick<Task, 'id' | 'name'>,
  { by, reason, now: at }: Word,
): Promise<RolledBack> {
  const said = reason === '' ? '' : `: ${reason}`;
  const own = (await store.deployments()).filter(({ taskId }) => taskId === task.id);
  const serving = own.findLast(({ stage }) => isInService(stage));
  const left =
    serving &&
    (await changeDeployment(store, serving.id, (now) =>
      isInService(now.stage) ? moveTo(now, 'retired', at, `rolled back by ${by}${said}`) : now,
    ));
  if (!serving || !left)
    throw new UnderstudyError('not-found', `Nothing of '${task.name}' is in service.`, {
      hint: '`understudy status` shows the stage of each task.',
      data: { task: task.id },
      status: 404,
    });
  const former = own.slice(0, own.indexOf(serving)).findLast(wasReplaced);
  if (!former) return { from: serving.id, to: null };
  const changedAt = (await epochsOf(store, task.id)).at(-1)?.found ?? Number.NEGATIVE_INFINITY;
  const back = await changeDeployment(store, former.id, (now) => {
    const stage = changedAt > (now.history.at(-1)?.at ?? 0) ? 'shadow' : stageBefore(now);
    return wasReplaced(now) && stage ? moveTo(now, stage, at, `put back by ${by}${said}`) : now;
  });
  return { from: serving.id, to: back && former.id };
}

/** Whether it left service for another alone: it was serving, and nothing spoke against it. */
function wasReplaced(deployment: Deployment): boolean {
  const last = deployment.history.at(-1);
  const stage = stageBefore(deployment);
  const isReplaced = last?.stage === 'retired' && last.reason.startsWith(REPLACED) && !last.numbers;
  return isReplaced && stage !== undefined && isInService(stage);
}

const stageBefore = ({ history }: Deployment): Deployment['stage'] | undefined => history.at(-2)?.stage;
