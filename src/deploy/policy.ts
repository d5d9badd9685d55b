/**
 * What a specialist in service is held to: the bound of the gate, a margin for each stage, and how far the LLM's own slips
 * are allowed for. Pure.
 */
import { type Deployment, provingSince } from '../core/deployment.ts';
import type { JudgeEvidence } from '../core/judge.ts';
import type { Specialist } from '../core/specialist.ts';
import type { InUnit } from '../stats/sequential.ts';
import { deltaOfTry } from '../stats/spending.ts';
import { rateOf } from '../stats/statistics.ts';

/** The part of the configuration that says how specialists come into service. */
export interface ServeSettings {
  readonly stepAudits: number;
  readonly auditShare: number;
  readonly auditsADay: number;
  readonly shadowMargin: number;
  readonly canaryMargin: number;
  readonly canaryShare: number;
}

export interface StagePolicy {
  /** The gate's bound on the error among served calls. */
  readonly epsilon: number;
  /** Chance that the detector within its horizon retires one that is within the bound. */
  readonly delta: number;
  /** Chance that the tests of this stay let one come into service that is beyond a stage's margin: delta is spent over stays. */
  readonly stageDelta: number;
  /** Multiples of epsilon below which the error must be shown to be before the stage ends. */
  readonly margins: { readonly shadow: number; readonly canary: number };
  /** Least comparisons in a stage, of a canary with answers that were used, whatever the evidence. */
  readonly stepAudits: number;
  /** Share of calls that a canary serves, where there are many sessions. */
  readonly canaryShare: number;
  /** Share of a live specialist's calls to audit in ordinary times. */
  readonly auditShare: number;
  /** Least number of served calls that are audited a day, or all of them where there are fewer. */
  readonly auditsADay: number;
  /** Share of served calls in which one answer of the LLM differs from its own majority: about `share`, in an interval. */
  readonly slips: { readonly share: number; readonly low: number; readonly high: number };
  /** What the gate saw among the calibration calls it would serve. */
  readonly prior: InUnit;
  /** Earlier comparisons do not count towards the end of a stage: the task has changed since (core provingSince). */
  readonly since: number;
  /**
   * The largest error that it was proved with (upper limit over the held-back calls that it would serve): more is a change, even
   * where it is within the bound. At most epsilon, unless it was sent back with more.
   */
  readonly proved: number;
  /** Where a judge says which texts are wrong. Default: equality does. */
  readonly judge?: {
    readonly name: string;
    /** Of worse answers, the part that it finds worse at least: a true share shows in that part of it, or more. */
    readonly sensitivity: number;
    /**
     * The disagreement by equality alone that one within epsilon does not exceed, for audits that the judge could not be
     * asked about; null where that is so much that equality tells nothing.
     */
    readonly byEquality: number | null;
  };
}

/**
 * The policy for the deployment of a specialist that has passed the gate.
 * @param stay The number of its stay in shadow (stays.ts). Default: the first; it makes no difference to what breaks the bound.
 */
export function policyFor(
  { evidence }: Specialist,
  deployment: Pick<Deployment, 'history'>,
  serve: ServeSettings,
  stay = 1,
): StagePolicy {
  const { epsilon, delta, served, errors } = evidence.gate;
  const expected = deployment.history.findLast(({ expects }) => expects !== undefined)?.expects;
  return {
    epsilon,
    delta,
    stageDelta: deltaOfTry(delta, stay),
    margins: { shadow: serve.shadowMargin, canary: serve.canaryMargin },
    stepAudits: serve.stepAudits,
    canaryShare: serve.canaryShare,
    auditShare: serve.auditShare,
    auditsADay: serve.auditsADay,
    slips: slipsOf(evidence),
    prior: { n: served, errors },
    since: provingSince(deployment),
    proved: Math.max(Math.min(epsilon, provedError(evidence)), expected?.[AUDITS_DIFFER] ?? 0),
    ...(evidence.judge ? { judge: judgeOf(evidence.judge, epsilon) } : {}),
  };
}

function judgeOf(
  { judge, limits, differing }: JudgeEvidence,
  epsilon: number,
): NonNullable<StagePolicy['judge']> {
  const byEquality = epsilon + differing.high;
  return { name: judge, sensitivity: limits.sensitivity, byEquality: byEquality > 0.5 ? null : byEquality };
}

/**
 * The disagreement with the LLM that one does not exceed whose error is what it was proved with. What a judge finds is told by its
 * limits, and held to the bound itself.
 * @param bound As boundOf gives it.
 */
export const provedBound = ({ proved, epsilon, judge }: StagePolicy, bound: number): number =>
  judge ? Math.max(bound, proved) : bound - epsilon + proved;

/** The alarm that audits raise. */
export const AUDITS_DIFFER = 'audits-differ';
/** One-sided confidence of the limit. */
const LIMIT = 0.98;

/** Of the calls that were held back, gate and exam, as many as they are worth where sessions hang together. */
function provedError({ gate, exam }: Specialist['evidence']): number {
  const served = gate.served + exam.servedError.n;
  const errors = gate.errors + exam.servedError.hits;
  if (served === 0) return 1;
  const worth = Math.min(1, (gate.sessions?.effectiveCalls ?? gate.served) / Math.max(1, gate.served));
  return rateOf(errors * worth, served * worth, 2 * LIMIT - 1).high;
}

/** Where the references were the LLM's recorded answers, its slips are among the gate's errors already: none to allow. */
function slipsOf({ slips, selfAgreement }: Specialist['evidence']): StagePolicy['slips'] {
  if (slips) return { share: slips.share, low: slips.low, high: slips.high };
  // Evidence of an earlier version: no more is known than how often two answers differ, which is about two slips.
  const differing = selfAgreement ? 1 - selfAgreement.share : 0;
  return { share: differing / 2, low: 0, high: differing };
}

/**
 * The disagreement with the LLM that a specialist within epsilon does not exceed: whoever differs from one answer of
 * the LLM differs from its majority, or the answer does. By a judge, what the gate has shown: the part of epsilon that shows.
 * @param settled Whether the LLM is asked again where they differ: then the reference is its majority, as at the gate.
 */
export function boundOf({ epsilon, slips, judge }: StagePolicy, settled: boolean): number {
  return Math.min(0.5, epsilon * (judge?.sensitivity ?? 1) + (settled ? 0 : slips.high));
}

/**
 * The disagreement below which a specialist must be shown to be before the stage ends. One whose error is m disagrees in
 * m·(1−s) + s, for slips s that are independent of its errors, given the input; here with the stage's margin as m and
 * what slips were measured to be as s.
 */
export function marginOf(policy: StagePolicy, stage: 'shadow' | 'canary', settled: boolean): number {
  const margin = Math.min(0.5, policy.margins[stage] * policy.epsilon);
  // A judge shows a part of the errors.
  if (policy.judge) return Math.min(0.5, margin * policy.judge.sensitivity + policy.slips.share);
  return settled ? margin : margin * (1 - policy.slips.share) + policy.slips.share;
}

/**
 * The error that is shown not to be reached by who disagrees less than the stage's margin: the margin itself where there
 * are no slips, more where they are known but roughly (the interval's ends in place of the measured share).
 */
export function shownError(policy: StagePolicy, stage: 'shadow' | 'canary', settled: boolean): number {
  const margin = marginOf(policy, stage, settled);
  if (policy.judge) return (margin - policy.slips.low) / policy.judge.sensitivity;
  return settled ? margin : (margin - policy.slips.low) / (1 - policy.slips.high);
}
