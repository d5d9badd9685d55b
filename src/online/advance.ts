/**
 * Moves deployments as their audits say, and writes down that they moved. Joins deploy/ with the store.
 * Does not: decide when a deployment moves (deploy/stages.ts), or change routes (serving.ts).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Audit, Deployment } from '../core/deployment.ts';
import { newId } from '../core/ids.ts';
import type { Specialist } from '../core/specialist.ts';
import type { DeploymentStore, EventStore } from '../core/store.ts';
import { step } from '../deploy/stages.ts';
import { auditFold } from './audit-fold.ts';

export interface Advancer {
  /**
   * Moves the deployment if its audits say so. What it needs beside new audits is in memory: the store is read for what
   * was added since, and written where the deployment moves.
   * @throws as the store.
   */
  advance(deployment: Deployment, specialist: Specialist, at: number): Promise<void>;
}

export function advancer(
  store: Pick<DeploymentStore, 'auditsSince' | 'deployments' | 'putDeployment'> &
    Pick<EventStore, 'addEvent'>,
  { stepAudits }: { readonly stepAudits: number },
): Advancer {
  const all = auditFold<Audit[]>(
    store,
    () => [],
    (audits, audit) => {
      audits.push(audit);
      return audits;
    },
    nextTurn,
  );
  return {
    async advance(deployment, specialist, at) {
      if (deployment.stage === 'retired') return;
      const { epsilon, delta } = specialist.evidence.gate;
      const slips = 1 - (specialist.evidence.selfAgreement?.share ?? 1);
      const moved = step(
        deployment,
        await all.of(deployment.id),
        { bound: epsilon + slips, delta, stepAudits },
        at,
      );
      if (moved === deployment) return;
      const stored = (await store.deployments()).find(({ id }) => id === deployment.id);
      // Moved or replaced by another process: the next audit is judged by what that has become.
      if (stored?.stage !== deployment.stage) return;
      await store.putDeployment(moved);
      await store.addEvent({
        id: newId('event', at),
        at,
        kind: 'deployment-moved',
        subject: deployment.id,
        detail: { from: deployment.stage, to: moved.stage, reason: moved.history.at(-1)?.reason ?? '' },
      });
    },
  };
}
