/** Gathers the record of a call for its explanation. Does not: explain (explain.ts). */
import type { Deployment } from '../../core/deployment.ts';
import { UnderstudyError } from '../../core/errors.ts';
import type { FigureStore } from '../../core/figures.ts';
import type { DeploymentStore, LearningStore, StoredCall } from '../../core/store.ts';
import type { Explanation } from '../schemas/calls.ts';
import { explain, stageAt } from './explain.ts';

type ExplainStore = Pick<FigureStore, 'callOf'> &
  Pick<LearningStore, 'tasks' | 'specialists' | 'verdicts'> &
  Pick<DeploymentStore, 'deployments' | 'auditsSince'>;

const AT_ONCE = 500;

/** @throws UnderstudyError 'not-found' for a call that is not stored. */
export async function explained(store: ExplainStore, id: string, canaryShare: number): Promise<Explanation> {
  const call = await storedCall(store, id);
  const { taskId, by } = call.served;
  const specialists = await store.specialists(taskId);
  const task = (await store.tasks()).find((each) => each.id === taskId) ?? null;
  const deployment = taskId === undefined ? null : deploymentAt(await store.deployments(), call, by);
  return explain({
    call,
    task,
    deployment,
    specialist: specialists.find((each) => each.id === deployment?.specialistId) ?? null,
    verdicts: taskId === undefined ? [] : await store.verdicts(taskId),
    audit: deployment === null ? null : await auditOf(store, deployment.id, id),
    canaryShare,
  });
}

/** @throws UnderstudyError 'not-found'. */
export async function storedCall(store: Pick<FigureStore, 'callOf'>, id: string): Promise<StoredCall> {
  const call = await store.callOf(id);
  if (call) return call;
  throw new UnderstudyError('not-found', `There is no call ${id} in the store.`, {
    hint: 'Calls arrive some seconds after they were answered. Its id is the response header x-understudy-call-id.',
    data: { call: id },
    status: 404,
  });
}

/** Whose specialist served; else the one that was in service at the time; else the last one before. */
function deploymentAt(all: readonly Deployment[], call: StoredCall, by: string): Deployment | null {
  const own = all.filter(({ taskId }) => taskId === call.served.taskId);
  const before = own.filter((each) => stageAt(each, call.at) !== null);
  const inService = before.findLast((each) => {
    const stage = stageAt(each, call.at);
    return stage === 'shadow' || stage === 'canary' || stage === 'live';
  });
  return before.findLast(({ specialistId }) => specialistId === by) ?? inService ?? before.at(-1) ?? null;
}

/** What the call's audit came to; null where it was not compared. */
export async function auditOf(
  store: Pick<DeploymentStore, 'auditsSince'>,
  deploymentId: string,
  callId: string,
): Promise<Explanation['audit']> {
  for (let cursor = 0; ; ) {
    const page = await store.auditsSince(deploymentId, cursor, AT_ONCE);
    const audit = page.audits.find((each) => each.callId === callId);
    if (audit) return audit.correct ? 'agreed' : 'differed';
    if (page.audits.length < AT_ONCE) return null;
    cursor = page.cursor;
  }
}
