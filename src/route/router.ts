/**
 * The online decision: which call goes to which specialist, in memory, without I/O.
 * Takes over a call only where the task is recognised, its deployment's stage lets it, the answer is valid and
 * the confidence reaches the threshold. Does not: move deployments between stages (deploy/), talk HTTP (gateway/).
 */

import { distil } from '../callsite/variable-part.ts';
import type { Answer } from '../core/answer.ts';
import type { CallRequest, CallResponse } from '../core/call.ts';
import { unmetDemand } from '../core/demands.ts';
import type { Audit, Deployment } from '../core/deployment.ts';
import { whyNoAnswer } from '../core/ending.ts';
import { UnderstudyError } from '../core/errors.ts';
import { contentHash } from '../core/ids.ts';
import type { Attempt, Attempted, Decision, RedactedRequest, Router } from '../core/online.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Specialist } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { confidenceOf } from '../stats/confidence.ts';
import { type AnswerCheck, answerCheck } from './check.ts';

export interface RouterOptions {
  readonly runtimes: readonly Runtime[];
  /** Share of calls that a canary serves. */
  readonly canaryShare: number;
  /** Share of a live specialist's calls that the LLM answers too. */
  readonly auditShare: number;
  /** Longest wait for a specialist, milliseconds. */
  readonly timeoutMs: number;
  /** Calls at once of one specialist, so that a slow one does not crowd out the others; one more is an 'overload'. */
  readonly maxInFlight: number;
  /** The request as specialists were trained to read requests; null: too long. Default: as it is. */
  readonly redact?: (request: CallRequest) => RedactedRequest | null;
  /** Finds the task of a request, or null. */
  readonly assign: (tasks: readonly Task[], request: CallRequest) => Task | null;
  /** Right or wrong against the LLM's answer, by the task's output kind. */
  readonly right: (task: Task, answer: Answer, llm: CallResponse) => boolean;
  /** A comparison of an answer that was, or would have been, used. */
  readonly onAudit: (audit: Audit) => void;
  readonly now: () => number;
}

/** What the router knows: swapped as a whole when something is deployed or retired. */
export interface RoutingPlan {
  readonly tasks: readonly Task[];
  readonly deployments: readonly Deployment[];
  readonly specialists: readonly Specialist[];
}

export interface UpdatableRouter extends Router {
  update(plan: RoutingPlan): void;
}

interface Route {
  readonly task: Task;
  readonly deployment: Deployment;
  readonly specialist: Specialist;
  readonly runtime: Runtime;
  readonly check: AnswerCheck;
}

/** A router over a plan. Every failure inside becomes an escalation: the LLM is always there. */
export function createRouter(plan: RoutingPlan, options: RouterOptions): UpdatableRouter {
  const redact = options.redact ?? asItIs;
  let tasks: readonly Task[] = [];
  let routes = new Map<string, Route>();
  /** By specialist; kept when routes are swapped. */
  const inFlight = new Map<string, number>();
  const requests = new WeakMap<Attempt, CallRequest>();

  const update = (next: RoutingPlan): void => {
    const fresh = new Map<string, Route>();
    for (const deployment of next.deployments) {
      if (deployment.stage === 'retired') continue;
      const task = next.tasks.find((candidate) => candidate.id === deployment.taskId);
      const specialist = next.specialists.find((candidate) => candidate.id === deployment.specialistId);
      const runtime = options.runtimes.find(
        ({ rungs }) => specialist && rungs.includes(specialist.artefact.rung),
      );
      if (!task || !specialist || !runtime) continue;
      fresh.set(task.id, { task, deployment, specialist, runtime, check: answerCheck(task) });
    }
    routes = fresh;
    tasks = next.tasks;
  };
  update(plan);

  const attemptOf = (
    route: Route,
    request: CallRequest,
    input: string,
    reveal: RedactedRequest['reveal'],
  ): Attempt => ({
    taskId: route.task.id,
    specialistId: route.specialist.id,
    deploymentId: route.deployment.id,
    stage: route.deployment.stage,
    run: async (signal): Promise<Attempted> => {
      const busyWith = inFlight.get(route.specialist.id) ?? 0;
      if (busyWith >= options.maxInFlight) return { used: false, reason: 'overload' };
      inFlight.set(route.specialist.id, busyWith + 1);
      const timeout = AbortSignal.timeout(options.timeoutMs);
      try {
        const prediction = await route.runtime.predict(route.specialist.artefact, input, {
          signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        });
        const confidence = confidenceOf(route.specialist.confidence, prediction.signals);
        const revealed = reveal(prediction.answer, route.task.kind);
        const answer = revealed === null ? null : route.check(revealed, request);
        if (answer === null) return { used: false, reason: 'invalid-output', confidence };
        if (confidence < route.deployment.threshold) {
          return { used: false, reason: 'low-confidence', confidence, answer };
        }
        return { used: true, answer, confidence };
      } catch (error) {
        const slow =
          error instanceof UnderstudyError && (error.code === 'overloaded' || error.code === 'timed-out');
        const busy = timeout.aborted || slow;
        return { used: false, reason: busy ? 'overload' : 'error' };
      } finally {
        inFlight.set(route.specialist.id, (inFlight.get(route.specialist.id) ?? 1) - 1);
      }
    },
  });

  const decide = (callId: string, request: CallRequest): Decision => {
    try {
      // Nothing to find, nothing to redact: a gateway that only records spends no time here.
      if (tasks.length === 0) return { to: 'llm', reason: 'no-specialist' };
      const read = redact(request);
      if (read === null) return { to: 'llm', reason: 'too-large' };
      const task = options.assign(tasks, read.request);
      if (task === null) return { to: 'llm', reason: 'no-specialist' };
      const route = routes.get(task.id);
      if (!route) return { to: 'llm', reason: 'no-specialist', taskId: task.id };
      if (unmetDemand(task, request) !== null) return { to: 'llm', reason: 'policy', taskId: task.id };
      const input = distil(task, read.request);
      if (input === null) return { to: 'llm', reason: 'unfamiliar-input', taskId: task.id };
      const attempt = attemptOf(route, request, input, read.reveal);
      requests.set(attempt, request);
      switch (route.deployment.stage) {
        case 'shadow':
          return { to: 'llm', reason: 'shadow', taskId: task.id, compare: attempt };
        case 'canary':
          return draw(callId, 'canary') < options.canaryShare
            ? { to: 'specialist', attempt, audit: true }
            : { to: 'llm', reason: 'canary', taskId: task.id };
        case 'live':
          return { to: 'specialist', attempt, audit: draw(callId, 'audit') < options.auditShare };
        case 'retired':
          return { to: 'llm', reason: 'no-specialist', taskId: task.id };
      }
    } catch {
      return { to: 'llm', reason: 'error' };
    }
  };

  const compared = (callId: string, attempt: Attempt, attempted: Attempted, llm: CallResponse): void => {
    // Only answers that were sure enough are promised to be right, so only they are held against the bound.
    const route = routes.get(attempt.taskId);
    if (!attempted.used || route?.deployment.id !== attempt.deploymentId) return;
    // What is not learnt from measures nobody either.
    const limits = requests.get(attempt) ?? { params: {} };
    if (whyNoAnswer(limits, llm) !== null) return;
    options.onAudit({
      callId,
      deploymentId: attempt.deploymentId,
      at: options.now(),
      stage: attempt.stage,
      confidence: attempted.confidence,
      right: options.right(route.task, attempted.answer, llm),
    });
  };

  return { decide, compared, update };
}

/** No redaction: what is read is what is answered. */
function asItIs(request: CallRequest): RedactedRequest {
  return { request, reveal: (answer) => answer };
}

/** A number in [0, 1) that depends on the call and the purpose alone, so that a decision can be explained later. */
function draw(callId: string, purpose: string): number {
  return Number.parseInt(contentHash(`${purpose}:${callId}`, 8), 16) / 0x1_0000_0000;
}
