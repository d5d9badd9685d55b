/**
 * The audits of deployments, read on as they come: what they come to, and each of them for charts and lists.
 * Does not: move deployments (online/watching.ts), or say what an audit is worth (deploy/watch.ts).
 */

import { type Audit, type Deployment, provingSince } from '../../core/deployment.ts';
import type { Specialist } from '../../core/specialist.ts';
import type { DeploymentStore } from '../../core/store.ts';
import type { DecisionStore } from '../../core/task-decision.ts';
import type { ServeSettings, StagePolicy } from '../../deploy/policy.ts';
import { policyOfStay } from '../../deploy/stays.ts';
import { newWatch, type Watch, watchAudit } from '../../deploy/watch.ts';
import { capitalOf } from '../../stats/sequential.ts';

/** An audit, with what all up to it come to. */
export interface BookedAudit extends Audit {
  /** Its place, from 1. */
  readonly n: number;
  /** Errors so far, its own included. */
  readonly errors: number;
  /** Against the bound: an e-value. */
  readonly evidence: number;
}

export interface Booked {
  readonly policy: StagePolicy;
  readonly watch: Watch;
  readonly audits: readonly BookedAudit[];
}

export interface AuditBook {
  /** All audits of the deployment until now, in their order. */
  of(deployment: Deployment, specialist: Specialist): Promise<Booked>;
}

interface Page extends Booked {
  cursor: number;
  watch: Watch;
  readonly audits: BookedAudit[];
}

const AT_ONCE = 500;

const newPage = (policy: StagePolicy): Page => ({ policy, watch: newWatch(policy), audits: [], cursor: 0 });

/** @param family Over whose stays in shadow delta is spent. Default: those of a task. */
export function auditBook(
  store: Pick<DeploymentStore, 'auditsSince' | 'deployments'> & Pick<DecisionStore, 'taskDecisions'>,
  serve: ServeSettings,
  family: 'task' | 'all-tasks' = 'task',
): AuditBook {
  const pages = new Map<string, Page>();
  /** One after another: reading on uses up the watch that is there. */
  let last: Promise<unknown> = Promise.resolve();

  const readOn = async (deployment: Deployment, specialist: Specialist): Promise<Page> => {
    const { id } = deployment;
    const known = pages.get(id);
    // Sent back, it is read anew: what came before counts otherwise.
    const page =
      known?.policy.since === provingSince(deployment)
        ? known
        : newPage(
            policyOfStay(
              specialist,
              deployment,
              { deployments: await store.deployments(), decisions: await store.taskDecisions() },
              serve,
              family,
            ),
          );
    const { policy } = page;
    pages.set(id, page);
    for (;;) {
      const { audits, cursor } = await store.auditsSince(id, page.cursor, AT_ONCE);
      for (const audit of audits) {
        page.watch = watchAudit(page.watch, audit, policy);
        page.audits.push({
          ...audit,
          n: page.watch.n,
          errors: page.watch.errors,
          evidence: capitalOf(page.watch.detector),
        });
      }
      page.cursor = cursor;
      if (audits.length < AT_ONCE) return page;
    }
  };

  return {
    of: (deployment, specialist) => {
      const reading = last.then(() => readOn(deployment, specialist));
      last = reading.catch(() => {});
      return reading;
    },
  };
}
