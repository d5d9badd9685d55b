/**
 * Bringing a proved specialist into service, or before a person who decides on it.
 * Does not: prove it (winner-proof.ts), or move it further (deploy/stages.ts, by its audits).
 */
import { newId } from '../core/ids.ts';
import type { Specialist } from '../core/specialist.ts';
import { changeDeployment } from '../deploy/change.ts';
import { makeRoom } from '../deploy/make-room.ts';
import { deploy, moveTo } from '../deploy/stages.ts';
import type { LearnContext } from './trial.ts';

/**
 * Deploys in shadow, in the place of a former deployment of the task; nothing changes where it is deployed already.
 * @param isProposal A person decides on it (deploy/control.ts): until then what serves stays, and only an earlier proposal goes.
 */
export async function putIntoService(
  specialist: Specialist,
  { store }: LearnContext,
  isProposal: boolean,
): Promise<void> {
  const serving = (await store.deployments()).filter(
    ({ taskId, stage }) => taskId === specialist.taskId && stage !== 'retired',
  );
  const own = serving.find(({ specialistId }) => specialistId === specialist.id);
  if (own && (isProposal || own.stage !== 'proposed')) return;
  const now = Date.now();
  for (const active of serving) {
    if (active === own || (isProposal && active.stage !== 'proposed')) continue;
    await makeRoom(store, active, `version ${specialist.version}`, now);
  }
  if (own) {
    // It waited for a person, and may now come into service without one.
    await changeDeployment(store, own.id, (proposal) =>
      proposal.stage === 'proposed'
        ? moveTo(proposal, 'shadow', now, specialist.evidence.gate.reason)
        : proposal,
    );
    return;
  }
  const deployment = deploy(specialist, now, isProposal ? 'proposed' : 'shadow');
  await store.putDeployment(deployment, null, [
    {
      id: newId('event', now),
      at: now,
      kind: isProposal ? 'specialist-proposed' : 'specialist-deployed',
      subject: specialist.id,
      detail: {
        deployment: deployment.id,
        task: specialist.taskId,
        reason: specialist.evidence.gate.reason,
      },
    },
  ]);
}
