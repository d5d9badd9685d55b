/**
 * What went before: the audits that took a task's specialists out of service count in the next proof, and what a learning
 * run sees of the specialist in service counts for that one. Evidence is never forgotten. For proof.ts.
 * Does not: prove a candidate (evaluate/), or read audits (their sums stand on the deployment's record).
 */

import { asProved } from '../callsite/proved.ts';
import { distil } from '../callsite/variable-part.ts';
import type { Epoch, Example } from '../core/dataset.ts';
import { type Deployment, isInService, provingSince } from '../core/deployment.ts';
import { isJudgeFailure } from '../core/judge.ts';
import type { Candidate, GateResult } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { lineageOf } from '../core/task-decision.ts';
import { changeDeployment } from '../deploy/change.ts';
import { taskChanged } from '../deploy/epochs.ts';
import { numbersAgainst } from '../deploy/make-room.ts';
import { boundOf, policyFor } from '../deploy/policy.ts';
import { moveTo } from '../deploy/stages.ts';
import { servedAt } from '../evaluate/gate-order.ts';
import { gradePredictions } from '../evaluate/predictions.ts';
import { scoreAnswers } from '../evaluate/scored-answers.ts';
import {
  capitalOf,
  detect,
  detects,
  type InUnit,
  NO_PILE,
  newDetector,
  pileUp,
} from '../stats/sequential.ts';
import { binomialTail, callsNeeded } from '../stats/statistics.ts';
import { examination, type LearnContext, type TaskRun } from './trial.ts';

/** Comparisons in service, and those that differed. */
export interface Against {
  readonly comparisons: number;
  readonly errors: number;
}

/**
 * What audits say against a candidate: the errors that piled up with specialists of the same task, rung and base model,
 * in service or out of it. Trained again on a few calls more it is the same specialist as far as anyone can tell. Whoever
 * was judged before the change of the task was found does not count: no call of that time proves anything any more.
 */
export async function auditsAgainst(
  candidate: Candidate,
  epoch: Epoch | null,
  { store }: LearnContext,
): Promise<Against> {
  // Specialists of tasks that its calls belonged to earlier count, too.
  const lineage = lineageOf(candidate.taskId, await store.taskDecisions());
  const specialists = new Map(
    (await store.specialists())
      .filter(
        ({ taskId, artefact }) =>
          lineage.has(taskId) && artefact.rung === candidate.rung && artefact.base === candidate.base,
      )
      .map((specialist) => [specialist.id, specialist]),
  );
  let [comparisons, errors] = [0, 0];
  for (const deployment of await store.deployments()) {
    const specialist = specialists.get(deployment.specialistId);
    if (!specialist) continue;
    // Whoever was replaced by a person's word has no numbers on its record, but its audits.
    const recorded = deployment.stage === 'retired' ? deployment.history.at(-1)?.numbers : undefined;
    const numbers = recorded ?? (await numbersAgainst(deployment, specialist, store));
    if (!numbers) continue;
    if (epoch !== null && isJudgedBefore(deployment, numbers.recent.since, epoch)) continue;
    comparisons += numbers.recent.comparisons;
    errors += numbers.recent.errors;
  }
  return { comparisons, errors };
}

/** Out of service, or sent back into shadow, when the change was found or earlier: what it was judged by is older than the change. */
function isJudgedBefore(deployment: Deployment, since: number | undefined, { found }: Epoch): boolean {
  const last = deployment.history.at(-1)?.at ?? 0;
  if (!isInService(deployment.stage)) return last <= found;
  return (since ?? last) <= found && provingSince(deployment) >= found;
}

/** The gate's word once the audits against the candidate are counted with the calibration calls: they can only refuse. */
export function withAudits(gate: GateResult, against: Against): GateResult {
  if (!gate.passed || against.errors === 0) return gate;
  const epsilon = gate.observedBound ?? gate.epsilon;
  const delta = gate.tries?.delta ?? gate.delta;
  const errors = gate.errors + against.errors;
  const served = gate.served + against.comparisons;
  if (binomialTail(errors, served, epsilon) <= delta) return gate;
  const more = callsNeeded(errors, epsilon, delta) - served;
  const reason =
    `It passes on the held-back calls (${gate.errors} errors in ${gate.served}), but one like it was taken out of service: ` +
    `${against.errors} of ${against.comparisons} comparisons with the LLM differed. Together, ${errors} errors in ${served} are too many. ` +
    `About ${more} more held-back calls without an error would outweigh them.`;
  return { ...gate, passed: false, threshold: null, reason, moreCalls: more };
}

/** Milliseconds a call above which a specialist is slow, and the most predictions that are then asked for. */
const SLOW_MS = 100;
const MAX_SLOW = 150;

/**
 * Tests the specialist in service on the new calibration split, and suspends it where its errors there break its bound;
 * returns why, or null. Calls that it was trained on may be among them: they can only count in its favour.
 */
export async function suspendIfRefuted(
  { task, dataset, requests }: Pick<TaskRun, 'task' | 'dataset' | 'requests'>,
  context: LearnContext,
): Promise<string | null> {
  const { store } = context;
  const deployment = (await store.deployments()).findLast(
    (each) => each.taskId === task.id && isInService(each.stage),
  );
  const specialist = (await store.specialists(task.id)).find(({ id }) => id === deployment?.specialistId);
  if (!deployment || !specialist || specialist.evidence.datasetId === dataset.id) return null;
  const { rung } = specialist.artefact;
  const runtime = context.runtimes.find(({ rungs }) => rungs.includes(rung));
  if (!runtime) return null;
  // Without its judge nothing could be said against it: another one has other errors.
  const { judge } = specialist.evidence;
  const isJudged = judge !== undefined;
  if (isJudged && (context.judge?.identity !== judge.identity || !context.judge.isReady())) return null;
  const { calibration } = dataset.splits;
  const isSlow = specialist.evidence.latencyMs.p50 > SLOW_MS;
  const examples = isSlow ? lastWhole(calibration, MAX_SLOW) : calibration;
  const { artefact, confidence, proved } = specialist;
  const own = examples.map((example) => asItReads(example, asProved(task, proved), requests));
  const graded = await gradePredictions(own, {
    ...examination(task, requests, context, { proved, isJudged }),
    runtime,
    artefact,
  }).catch((error: unknown) => {
    if (isJudged && isJudgeFailure(error)) return null;
    throw error;
  });
  if (graded === null) return null;
  const policy = policyFor(specialist, deployment, context.config.serve);
  // The recorded answers are single answers of the LLM.
  const bound = boundOf(policy, false);
  const scored = scoreAnswers(confidence, graded);
  const cap = specialist.evidence.gate.sessions?.cap ?? Number.POSITIVE_INFINITY;
  const isServed = servedAt(scored, deployment.threshold, cap);
  const answers = scored
    .map(({ correct }, i) => ({ wrong: !correct, session: examples[i]!.sessionId, at: examples[i]!.at }))
    .filter((_, i) => isServed[i]);
  const refuted = refutationOf(answers, bound, policy.delta);
  if (refuted === null) return null;
  const { comparisons, errors, evidence, since } = refuted;
  const reason = `${errors} errors in ${comparisons} of the held-back calls that it would serve: the bound of ${(policy.epsilon * 100).toFixed(2).replace(/\.?0+$/, '')} % is broken. It is suspended until it is proved anew`;
  const at = Date.now();
  const numbers = { comparisons, errors, recent: { comparisons, errors }, margin: bound, evidence };
  // A gateway beside this may have moved it meanwhile: its record is added to, not written over.
  const moved = await changeDeployment(
    store,
    deployment.id,
    (now) => (isInService(now.stage) ? moveTo(now, 'suspended', at, reason, numbers) : now),
    () => [taskChanged(task.id, { since: since ?? at, found: at, reason }, true)],
  );
  return moved && reason;
}

/** Answers that break a bound: how many were looked at until they did, the errors among them, and since when these piled up. */
interface Refutation extends Against {
  /** Against the bound (e-value). */
  readonly evidence: number;
  readonly since: number | null;
}

/**
 * Looks at the answers one after another until they break the bound at this delta; null where they do not.
 * @param answers By their time, with the session of each.
 */
function refutationOf(
  answers: readonly { readonly wrong: boolean; readonly session: string; readonly at: number }[],
  bound: number,
  delta: number,
): Refutation | null {
  const units = new Map<string, InUnit>();
  let detector = newDetector();
  let pile = NO_PILE;
  let [comparisons, errors] = [0, 0];
  for (const { wrong, session, at } of answers) {
    const unit = units.get(session) ?? { n: 0, errors: 0 };
    detector = detect(detector, wrong, unit, bound);
    pile = pileUp(pile, wrong, at, unit.errors, bound);
    units.set(session, { n: unit.n + 1, errors: unit.errors + (wrong ? 1 : 0) });
    comparisons++;
    if (wrong) errors++;
    if (detects(detector, delta))
      return { comparisons, errors, evidence: capitalOf(detector), since: pile.since };
  }
  return null;
}

/** The last `count` examples, without those of sessions that begin before them: of a session the first calls are served. */
function lastWhole(examples: readonly Example[], count: number): readonly Example[] {
  const begun = new Set(examples.slice(0, -count).map(({ sessionId }) => sessionId));
  return examples.slice(-count).filter(({ sessionId }) => !begun.has(sessionId));
}

/** The example with what a specialist reads of its call that was proved on the task as it was. */
function asItReads(example: Example, proved: Task, requests: TaskRun['requests']): Example {
  const request = requests.get(example.callId);
  return { ...example, input: (request && distil(proved, request)) ?? example.input };
}
