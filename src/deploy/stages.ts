/**
 * The stages of a deployment and the rule that moves it: shadow → canary → live, or retired.
 * Pure: takes a deployment and its audits, gives the deployment as it should now be.
 * Does not: store anything, or decide on single calls (route/ does).
 */

import type { Audit, Deployment, Stage } from '../core/deployment.ts';
import { newId } from '../core/ids.ts';
import { percent } from '../core/percent.ts';
import type { Specialist } from '../core/specialist.ts';
import { checkBound } from '../stats/sequential.ts';

export interface StagePolicy {
  /**
   * The share of comparisons that may differ: the gate's bound plus the share in which the LLM contradicts itself,
   * since an audit compares with one answer of the LLM.
   */
  readonly bound: number;
  /** Chance that a specialist within the bound is retired all the same, over its whole life. */
  readonly delta: number;
  /** Comparisons without a broken bound that a stage asks for before the next. */
  readonly stepAudits: number;
}

/**
 * A first deployment, in shadow.
 * The specialist must have passed the gate: its threshold is the deployment's.
 */
export function deploy(specialist: Specialist, now: number): Deployment {
  const { threshold, reason } = specialist.evidence.gate;
  if (threshold === null) throw new TypeError(`${specialist.id} has not passed the gate`);
  return {
    id: newId('dep', now),
    taskId: specialist.taskId,
    specialistId: specialist.id,
    stage: 'shadow',
    threshold,
    history: [{ stage: 'shadow', at: now, reason }],
  };
}

/** The deployment moved to another stage, with the reason on its record. */
export function moveTo(deployment: Deployment, stage: Stage, now: number, reason: string): Deployment {
  return { ...deployment, stage, history: [...deployment.history, { stage, at: now, reason }] };
}

/**
 * The deployment as its audits say it should be; the same object where nothing changes.
 * All audits since the deployment count against the bound; those of the present stage count for the next step.
 */
export function step(
  deployment: Deployment,
  audits: readonly Audit[],
  policy: StagePolicy,
  now: number,
): Deployment {
  if (deployment.stage === 'retired') return deployment;
  const { broken, errors, n } = checkBound(
    audits.map((audit) => audit.right),
    policy.bound,
    policy.delta,
  );
  const counted = `${errors} of ${n} comparisons with the LLM differ`;
  if (broken)
    return moveTo(deployment, 'retired', now, `${counted}: the bound of ${percent(policy.bound)} is broken`);
  const next = deployment.stage === 'shadow' ? 'canary' : deployment.stage === 'canary' ? 'live' : null;
  if (next === null) return deployment;
  const here = audits.filter((audit) => audit.stage === deployment.stage).length;
  if (here < policy.stepAudits) return deployment;
  return moveTo(deployment, next, now, `${counted}: no evidence of more than ${percent(policy.bound)}`);
}
