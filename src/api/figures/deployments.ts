/** What serves and served: deployments with their stages, and the audits of one as a sequence against its bound. */
import { isInService } from '../../core/deployment.ts';
import { UnderstudyError } from '../../core/errors.ts';
import { outlookOf } from '../../deploy/stages.ts';
import type { AuditList, DeploymentList } from '../schemas/deployments.ts';
import type { BookedAudit } from './audit-book.ts';
import type { FigureSources } from './sources.ts';
import { deploymentView } from './views.ts';

/** Audits that a chart shows, beside all errors. */
const MAX_POINTS = 400;

/** Newest first. */
export async function deploymentList({ store, audits }: FigureSources): Promise<DeploymentList> {
  const tasks = await store.tasks();
  const specialists = await store.specialists();
  const deployments: DeploymentList['deployments'][number][] = [];
  for (const deployment of (await store.deployments()).reverse()) {
    const specialist = specialists.find(({ id }) => id === deployment.specialistId);
    const booked =
      specialist && isInService(deployment.stage) ? await audits.of(deployment, specialist) : null;
    deployments.push(
      deploymentView(
        deployment,
        tasks.find(({ id }) => id === deployment.taskId),
        specialist,
        booked && outlookOf(deployment, booked.watch, booked.policy),
      ),
    );
  }
  return { deployments };
}

/** @throws UnderstudyError 'not-found'. */
export async function auditList({ store, audits }: FigureSources, id: string): Promise<AuditList> {
  const deployment = (await store.deployments()).find((each) => each.id === id);
  const specialist =
    deployment &&
    (await store.specialists(deployment.taskId)).find(({ id: own }) => own === deployment.specialistId);
  if (!deployment || !specialist)
    throw new UnderstudyError('not-found', `There is no deployment ${id}.`, {
      hint: 'GET /api/v1/deployments lists them.',
      status: 404,
    });
  const { policy, watch, audits: all } = await audits.of(deployment, specialist);
  const changes: AuditList['changes'][number][] = [];
  for (const { n, stage } of all) if (changes.at(-1)?.stage !== stage) changes.push({ n, stage });
  return {
    deploymentId: id,
    bound: policy.epsilon,
    delta: policy.delta,
    audits: watch.n,
    errors: watch.errors,
    points: thinned(all).map(({ n, at, stage, errors, evidence }) => ({ n, at, stage, errors, evidence })),
    changes,
  };
}

/** Every so-manieth audit, each error, and the last. */
function thinned(all: readonly BookedAudit[]): readonly BookedAudit[] {
  const every = Math.ceil(all.length / MAX_POINTS);
  return all.filter(({ n, correct }) => !correct || n % every === 0 || n === all.length);
}
