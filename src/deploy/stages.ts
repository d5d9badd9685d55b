/**
 * The stages of a deployment and the rule that moves it: shadow → canary → live, or retired; back to shadow where an alarm says
 * that the world has changed; suspended until proved anew.
 * Pure: takes a deployment and what its audits come to, gives the deployment as it should now be.
 * Does not: store anything, count audits (watch.ts), or decide on single calls (route/ does).
 */

import {
  type Deployment,
  isInService,
  type Stage,
  type StageChange,
  type StageNumbers,
} from '../core/deployment.ts';
import { newId } from '../core/ids.ts';
import { percent } from '../core/percent.ts';
import type { Specialist } from '../core/specialist.ts';
import type { Event } from '../core/store.ts';
import { capitalOf, comparisonsToProve, detects, evidenceOf, type Pile } from '../stats/sequential.ts';
import { rateOf } from '../stats/statistics.ts';
import { AUDITS_DIFFER, boundOf, marginOf, type StagePolicy, shownError } from './policy.ts';
import type { Watch } from './watch.ts';

/**
 * A first deployment, in shadow, or as a proposal.
 * The specialist must have passed the gate: its threshold is the deployment's.
 */
export function deploy(
  specialist: Specialist,
  now: number,
  stage: 'proposed' | 'shadow' = 'shadow',
): Deployment {
  const { threshold, reason } = specialist.evidence.gate;
  if (threshold === null) throw new TypeError(`${specialist.id} has not passed the gate`);
  return {
    id: newId('dep', now),
    taskId: specialist.taskId,
    specialistId: specialist.id,
    stage,
    threshold,
    history: [{ stage, at: now, reason }],
  };
}

/** The deployment moved to another stage, with the reason on its record, and the numbers where comparisons moved it. */
export function moveTo(
  deployment: Deployment,
  stage: Stage,
  now: number,
  reason: string,
  numbers?: StageNumbers,
): Deployment {
  const change = { stage, at: now, reason, ...(numbers ? { numbers } : {}) };
  return { ...deployment, stage, history: [...deployment.history, change] };
}

/** How the reason begins of a deployment that made room for another. */
export const REPLACED = 'replaced by';

/** Whether a deployment was taken out of service by what was seen of it, and not by a successor or a person. */
export function isRolledBack({ stage, history }: Pick<Deployment, 'stage' | 'history'>): boolean {
  const last = history.at(-1);
  if (stage === 'suspended') return true;
  return stage === 'retired' && last?.numbers !== undefined && !last.reason.startsWith(REPLACED);
}

/**
 * What speaks against a specialist that leaves service for another: the errors that had begun to pile up, where they are
 * more than a specialist within its bound is likely to have. Undefined where nothing does.
 */
export function standsAgainst(
  { n, errors, recent, detector }: Watch,
  policy: StagePolicy,
): StageNumbers | undefined {
  if (recent.sum < Math.log(1 / policy.delta)) return undefined;
  return {
    comparisons: n,
    errors,
    recent: recentOf(recent),
    margin: boundOf(policy, false),
    evidence: capitalOf(detector),
  };
}

const recentOf = ({ n, errors, since }: Pile): StageNumbers['recent'] => ({
  comparisons: n,
  errors,
  ...(since === null ? {} : { since }),
});

/** The record of a deployment's last move, for the list of events. */
export function moveEvent(from: Stage, moved: Deployment): Event {
  const { stage, at, reason, numbers } = moved.history.at(-1)!;
  return {
    id: newId('event', at),
    at,
    kind: 'deployment-moved',
    subject: moved.id,
    detail: {
      from,
      to: stage,
      reason,
      ...(numbers ? { numbers: { ...numbers, recent: { ...numbers.recent } } } : {}),
    },
  };
}

/**
 * Back in shadow, where all its calls are compared and none is served, from whichever stage in service: what was shown of it was
 * shown of another world. It comes forward again by the tests of the stages, by comparisons from here on.
 * @param expects The share that is no alarm any more, by alarm. @param models Names of the LLM that are known from here on.
 */
export function sendBack(
  deployment: Deployment,
  now: number,
  reason: string,
  expects: StageChange['expects'] = {},
  models: readonly string[] = [],
): Deployment {
  if (!isInService(deployment.stage)) return deployment;
  const moved = moveTo(deployment, 'shadow', now, reason);
  const last = moved.history.at(-1)!;
  return {
    ...moved,
    history: [...deployment.history, { ...last, expects, ...(models.length > 0 ? { models } : {}) }],
  };
}

/** Chance that audits send a specialist back within a quarter whose error is what it was proved with. */
const CHANGE_DELTA = 0.02;

/** Whether it was in service before it came into its present shadow: something has sent it back. */
export const wasSentBack = ({ stage, history }: Pick<Deployment, 'stage' | 'history'>): boolean =>
  stage === 'shadow' && history.at(-1)?.expects !== undefined;

/**
 * The deployment as its audits say it should be; the same object where nothing changes. All comparisons since it came into
 * shadow count in the tests of the stages, and all since the deployment against the bound: whether an answer was used changes
 * nothing about it.
 */
export function step(deployment: Deployment, watch: Watch, policy: StagePolicy, now: number): Deployment {
  const { stage } = deployment;
  if (!isInService(stage)) return deployment;
  const { n, errors, recent, proving } = watch;
  const numbers = { comparisons: n, errors, recent: recentOf(recent) };
  if (detects(watch.detector, policy.delta)) {
    const margin = boundOf(policy, false);
    const counted =
      recent.n < n
        ? `${recent.errors} of the last ${recent.n} comparisons with the LLM differ (${errors} of all ${n})`
        : `${errors} of ${n} comparisons with the LLM differ`;
    const isAllowedFor = policy.slips.high > 0 && watch.settled < n;
    const slips = isAllowedFor ? ` (and ${percent(policy.slips.high)} for the LLM's own slips)` : '';
    const shown = policy.judge
      ? `, of which the judge shows ${percent(policy.epsilon * policy.judge.sensitivity)},`
      : '';
    const reason = `${counted}: the bound of ${percent(policy.epsilon)}${shown}${slips} is broken`;
    return moveTo(deployment, 'retired', now, reason, {
      ...numbers,
      margin,
      evidence: capitalOf(watch.detector),
    });
  }
  if (stage !== 'shadow' && detects(watch.change.detector, CHANGE_DELTA)) {
    const { n: of, errors: hits } = watch.change.pile;
    const reason = `${hits} of the last ${of} comparisons with the LLM differ, more than when it was proved (at most ${percent(policy.proved)})`;
    const before = deployment.history.findLast(({ expects }) => expects !== undefined)?.expects;
    const share = rateOf(hits, of, 0.99).high;
    return sendBack(deployment, now, reason, { ...before, [AUDITS_DIFFER]: share });
  }
  if (stage !== 'shadow' && stage !== 'canary') return deployment;
  const evidence = evidenceOf(watch.margins[stage]);
  if ((watch.byStage[stage] ?? 0) < policy.stepAudits || evidence < 1 / policy.stageDelta) return deployment;
  const margin = shownError(policy, stage, watch.settled === watch.n);
  const by = policy.judge ? ` (texts judged by ${policy.judge.name})` : '';
  const reason = `${proving.errors} of ${proving.n} comparisons with the LLM differ${by}: with ${percent(1 - policy.stageDelta)} confidence fewer than ${percent(margin)} of its answers are wrong`;
  return moveTo(deployment, stage === 'shadow' ? 'canary' : 'live', now, reason, {
    ...numbers,
    margin,
    evidence,
  });
}

/** What a deployment is being tested for, and how far it is. */
export interface Outlook {
  /** The error share that its present stage is about. */
  readonly margin: number;
  readonly comparisons: number;
  readonly errors: number;
  /** The error among all served calls since it went live, each audit by its weight; null where there are none. */
  readonly servedError: number | null;
  /** About how many more comparisons end the stage; null where none will, or that is not to be expected. */
  readonly moreComparisons: number | null;
}

/** How it stands with a deployment in service. */
export function outlookOf({ stage }: Deployment, watch: Watch, policy: StagePolicy): Outlook {
  const { n, errors, live } = watch;
  const isProving = stage === 'shadow' || stage === 'canary';
  const seen = isProving ? watch.proving : { n, errors };
  const common = {
    comparisons: seen.n,
    errors: seen.errors,
    servedError: live.calls > 0 ? live.wrongCalls / live.calls : null,
  };
  if (!isProving) return { ...common, margin: policy.epsilon, moreComparisons: null };
  // What the gate saw and what was seen since, with half an error for what neither has met.
  const rate = (policy.prior.errors + seen.errors + 0.5) / (policy.prior.n + seen.n + 1);
  const settled = n > 0 && watch.settled === n;
  const margin = marginOf(policy, stage, settled);
  // A judge's false alarms are among the errors that were seen.
  const expected = settled || policy.judge ? rate : rate * (1 - policy.slips.share) + policy.slips.share;
  const more = comparisonsToProve(watch.margins[stage], expected, margin, policy.stageDelta);
  const share = stage === 'canary' ? policy.canaryShare : 1;
  const left = Math.max(0, policy.stepAudits - (watch.byStage[stage] ?? 0));
  const here = left === 0 ? 0 : Math.ceil(left / share);
  const moreComparisons = more === null || here === Number.POSITIVE_INFINITY ? null : Math.max(more, here);
  return { ...common, margin: shownError(policy, stage, settled), moreComparisons };
}
