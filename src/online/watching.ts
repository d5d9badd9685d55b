/**
 * The audits of a running gateway: keeps what they come to for each deployment in service, reads on as they are written,
 * moves deployments by it, and says how likely a call is to be audited.
 * Does not: decide (deploy/ does), or write audits (plan-updates.ts).
 */

import type { Config } from '../core/config.ts';
import {
  type Belonging,
  type Deployment,
  isInService,
  provingSince,
  type Stage,
} from '../core/deployment.ts';
import type { Specialist } from '../core/specialist.ts';
import type { DeploymentStore, Event } from '../core/store.ts';
import type { DecisionStore } from '../core/task-decision.ts';
import { auditProbability } from '../deploy/audit-share.ts';
import { changeDeployment } from '../deploy/change.ts';
import { taskChanged } from '../deploy/epochs.ts';
import type { StagePolicy } from '../deploy/policy.ts';
import { type ReadWatch, readWatch } from '../deploy/read-watch.ts';
import { step, wasSentBack } from '../deploy/stages.ts';
import { policyOfStay } from '../deploy/stays.ts';
import type { Watch } from '../deploy/watch.ts';

/** What is read and written; the store that is open at the time. */
type WatchedStore = Pick<DeploymentStore, 'auditsSince' | 'deployments' | 'putDeployment'>;

export interface Watching {
  /** Takes up what is in service, from the plan. Reads the audits of what is new. */
  update(
    store: WatchedStore & Pick<DecisionStore, 'taskDecisions'>,
    plan: { readonly deployments: readonly Deployment[]; readonly specialists: readonly Specialist[] },
  ): Promise<void>;
  /** Reads on, and moves the deployment if its audits say so. */
  advance(store: WatchedStore, deploymentId: string, now: number): Promise<void>;
  /** With which probability a call is audited whose specialist's answer is used. */
  readonly probability: (deployment: Deployment, belonging: () => Belonging) => number;
}

interface Watched {
  readonly policy: StagePolicy;
  /** Null: to be read anew from the beginning. */
  readonly read: ReadWatch | null;
}

/**
 * @param log Gets a line for each move.
 * @param family Over whose stays in shadow delta is spent. Default: those of a task.
 */
export function watchDeployments(
  serve: Config['serve'],
  log: (line: string) => void,
  now: () => number = Date.now,
  family: Config['gate']['deltaFor'] = 'task',
): Watching {
  const paces = new Map<string, ReturnType<typeof pace>>();
  let watched = new Map<string, Watched>();
  /** As they were last seen, by deployment. */
  const stages = new Map<string, Stage>();
  const seen = ({ id, stage, history }: Deployment): void => {
    const before = stages.get(id);
    stages.set(id, stage);
    if (before !== undefined && before !== stage)
      log(`deployment ${id}: ${before} → ${stage}: ${history.at(-1)?.reason}`);
  };
  return {
    update: async (store, { deployments, specialists }) => {
      // Moved by a learning run in another process, too.
      deployments.forEach(seen);
      const decisions = await store.taskDecisions();
      const next = new Map<string, Watched>();
      for (const deployment of deployments) {
        const { id, stage, specialistId } = deployment;
        const specialist = specialists.find((each) => each.id === specialistId);
        if (!isInService(stage) || !specialist) continue;
        const policy = policyOfStay(specialist, deployment, { deployments, decisions }, serve, family);
        const known = watched.get(id);
        // Sent back, it is read anew: what came before counts otherwise.
        const isSame = known?.policy.since === policy.since && known.read !== null;
        next.set(id, isSame ? known : { policy, read: await readWatch(store, id, policy) });
      }
      watched = next;
    },
    advance: async (store, id, now) => {
      const known = watched.get(id);
      if (!known) return;
      const { policy } = known;
      const read = await readWatch(store, id, policy, known.read ?? undefined).catch((error: unknown) => {
        // Reading uses up what was read before: broken off, it leaves nothing to go on from.
        watched.set(id, { policy, read: null });
        throw error;
      });
      watched.set(id, { policy, read });
      // The store's word on the stage: a learning run or a person in another process may have moved it.
      const moved = await changeDeployment(
        store,
        id,
        // Sent back meanwhile, it is proved anew: what was read of it is of before.
        (deployment) =>
          provingSince(deployment) === policy.since ? step(deployment, read.watch, policy, now) : deployment,
        ({ after }) => changesIn(after, read.watch, now),
      );
      if (moved === null) return;
      stages.set(id, moved.before.stage);
      seen(moved.after);
    },
    probability: (deployment, belonging) => {
      const known = watched.get(deployment.id);
      if (!known?.read) return serve.auditShare;
      let calls = paces.get(deployment.id);
      if (calls === undefined) {
        calls = pace(now);
        paces.set(deployment.id, calls);
      }
      return auditProbability(deployment.stage, known.read.watch, known.policy, belonging, calls.aDay());
    },
  };
}

/** What was served in the meantime was answered for another world than the next specialist will meet. */
function changesIn(moved: Deployment, { recent, change }: Watch, found: number): readonly Event[] {
  const isRetired = moved.stage === 'retired';
  if (!isRetired && !wasSentBack(moved)) return [];
  const { since } = isRetired ? recent : change.pile;
  const reason = moved.history.at(-1)?.reason ?? '';
  return [taskChanged(moved.taskId, { since: since ?? found, found, reason }, isRetired)];
}

/** Of how many events a day the pace has lately been, by a mean over about a hundred of them: one is counted with each question. */
function pace(now: () => number): { aDay(): number } {
  let last: number | null = null;
  let gap = Number.NaN;
  let n = 0;
  return {
    aDay: () => {
      const at = now();
      if (last !== null) {
        n++;
        const weight = Math.max(1 / 100, 1 / n);
        gap = n === 1 ? at - last : gap + weight * (at - last - gap);
      }
      last = at;
      return 86_400_000 / Math.max(1, gap);
    },
  };
}

/** A number a day (by UTC) that is spent one by one. */
export function dailyBudget(perDay: number, now: () => number): { left(): boolean; spend(): void } {
  let day = -1;
  let spent = 0;
  const today = (): void => {
    const current = Math.floor(now() / 86_400_000);
    if (current !== day) [day, spent] = [current, 0];
  };
  return {
    left: () => {
      today();
      return spent < perDay;
    },
    spend: () => {
      today();
      spent++;
    },
  };
}
