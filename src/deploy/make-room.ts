/**
 * Takes what serves out of service for another, with what its audits say against it on its record: whoever takes it up again
 * (roll-back.ts), or proves one like it (learn/standing.ts), is to know.
 * Does not: decide that it goes.
 */
import type { Deployment, StageNumbers } from '../core/deployment.ts';
import type { Specialist } from '../core/specialist.ts';
import type { DeploymentStore, LearningStore } from '../core/store.ts';
import { changeDeployment, type Move, type MovingStore } from './change.ts';
import { policyFor } from './policy.ts';
import { readWatch } from './read-watch.ts';
import { moveTo, REPLACED, standsAgainst } from './stages.ts';

/** How stages end makes no difference to what piles up against the bound. */
const ANY_STAGES = {
  stepAudits: 0,
  auditShare: 1,
  auditsADay: 0,
  shadowMargin: 3,
  canaryMargin: 2,
  canaryShare: 1,
};

/** What the audits of one deployment say against it by now; undefined where nothing does. */
export async function numbersAgainst(
  deployment: Deployment,
  specialist: Specialist,
  store: Pick<DeploymentStore, 'auditsSince'>,
): Promise<StageNumbers | undefined> {
  const policy = policyFor(specialist, deployment, ANY_STAGES);
  return standsAgainst((await readWatch(store, deployment.id, policy)).watch, policy);
}

/** @param successor As the reason names it: 'version 3', or an id. Null where it has left service already. */
export async function makeRoom(
  store: MovingStore & Pick<DeploymentStore, 'auditsSince'> & Pick<LearningStore, 'specialists'>,
  deployment: Deployment,
  successor: string,
  now: number,
): Promise<Move | null> {
  const specialist = (await store.specialists(deployment.taskId)).find(
    ({ id }) => id === deployment.specialistId,
  );
  const against = specialist && (await numbersAgainst(deployment, specialist, store));
  // Audits take a while to read: a gateway beside this may have moved it meanwhile.
  return changeDeployment(store, deployment.id, (former) =>
    former.stage === 'retired' ? former : moveTo(former, 'retired', now, `${REPLACED} ${successor}`, against),
  );
}
