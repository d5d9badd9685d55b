/**
 * The online decision: who serves a call, and why. All of it is made here, in memory, without I/O but for the specialist:
 * the task, its deployment's stage, what the call demands, the specialist within its time, its answer's validity and its
 * confidence. Read `route` first.
 * Does not: move deployments between stages (deploy/), or talk HTTP (gateway/).
 */
import type { Answer } from '../core/answer.ts';
import type { CallRequest, CallResponse, LlmReason } from '../core/call.ts';
import type { Audit, Deployment } from '../core/deployment.ts';
import { whyNoAnswer } from '../core/ending.ts';
import { contentHash } from '../core/ids.ts';
import type { Compare, Decision, IncomingCall, RedactedRequest, Router } from '../core/online.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Specialist } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { type AskLimits, createAsk } from './ask.ts';
import { decisionFor, type Outcome, type TaskDecision } from './decision.ts';

export interface RouterOptions extends AskLimits {
  readonly runtimes: readonly Runtime[];
  /** Share of calls that a canary serves. */
  readonly canaryShare: number;
  /** Share of a live specialist's calls that the LLM answers too. */
  readonly auditShare: number;
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

/** A task's way to its specialist. */
interface Route {
  readonly task: Task;
  readonly deployment: Deployment;
  readonly specialist: Specialist;
  readonly runtime: Runtime;
  readonly decision: TaskDecision;
}

/** A specialist that may be asked about a call. */
interface Candidacy {
  readonly route: Route;
  readonly request: CallRequest;
  readonly read: RedactedRequest;
  readonly input: string;
}

/** What is settled before a specialist is asked. */
type Assignment =
  | { readonly candidacy: Candidacy; readonly asked: 'now' | 'in-shadow'; readonly isAudited: boolean }
  | { readonly candidacy: null; readonly reason: LlmReason; readonly taskId?: string };

/** A router over a plan. */
export function createRouter(plan: RoutingPlan, options: RouterOptions): UpdatableRouter {
  const redact = options.redact ?? asItIs;
  const ask = createAsk(options);
  let tasks: readonly Task[] = plan.tasks;
  let routes = routesOf(plan, options.runtimes);

  const route = async (call: IncomingCall, signal: AbortSignal): Promise<Decision> => {
    let taskId: string | undefined;
    try {
      const assignment = assignmentOf(call);
      if (assignment.candidacy === null) return byLlm(assignment.reason, assignment.taskId);
      const { candidacy } = assignment;
      const { task, specialist } = candidacy.route;
      taskId = task.id;
      if (assignment.asked === 'in-shadow')
        return byLlm('shadow', taskId, undefined, comparison(call.id, candidacy, null));
      const outcome = await outcomeOf(candidacy, signal);
      if (!outcome.used) return byLlm(outcome.reason, taskId, outcome.confidence);
      const { answer, confidence } = outcome;
      return {
        served: { by: specialist.id, reason: 'confident', taskId, confidence },
        answer,
        compare: assignment.isAudited ? comparison(call.id, candidacy, outcome) : null,
      };
    } catch {
      return byLlm('error', taskId);
    }
  };

  const assignmentOf = ({ id, request, llmAskedFor }: IncomingCall): Assignment => {
    const llm = (reason: LlmReason, taskId?: string): Assignment =>
      taskId === undefined ? { candidacy: null, reason } : { candidacy: null, reason, taskId };
    if (request === 'foreign') return llm('pass-through');
    if (request === 'large') return llm('too-large');
    if (llmAskedFor) return llm('asked-for');
    // Nothing to find, nothing to redact: a gateway that only records spends no time here.
    if (tasks.length === 0) return llm('no-specialist');
    const read = redact(request);
    if (read === null) return llm('too-large');
    const task = options.assign(tasks, read.request);
    if (task === null) return llm('no-specialist');
    const found = routes.get(task.id);
    if (!found) return llm('no-specialist', task.id);
    const admission = found.decision.admit(request, read);
    if (!admission.asked) return llm(admission.reason, task.id);
    const candidacy = { route: found, request, read, input: admission.input };
    switch (found.deployment.stage) {
      case 'shadow':
        return { candidacy, asked: 'in-shadow', isAudited: true };
      case 'canary':
        return draw(id, 'canary') < options.canaryShare
          ? { candidacy, asked: 'now', isAudited: true }
          : llm('canary', task.id);
      case 'live':
        return { candidacy, asked: 'now', isAudited: draw(id, 'audit') < options.auditShare };
      case 'retired':
        return llm('no-specialist', task.id);
    }
  };

  const outcomeOf = async (
    { route: { decision, deployment, runtime, specialist }, request, read, input }: Candidacy,
    signal: AbortSignal,
  ): Promise<Outcome> => {
    const prediction = await ask(
      specialist.id,
      (within) => runtime.predict(specialist.artefact, input, { signal: within }),
      signal,
    );
    if (typeof prediction === 'string') return { used: false, reason: prediction };
    const { confidence } = specialist;
    return decision.judge(request, read, prediction, { confidence, threshold: deployment.threshold });
  };

  const comparison =
    (callId: string, candidacy: Candidacy, known: Outcome | null): Compare =>
    async (llm, signal) => {
      const { route: asked, request } = candidacy;
      // What is not learnt from measures nobody either.
      if (whyNoAnswer(request, llm) !== null) return;
      const outcome = known ?? (await outcomeOf(candidacy, signal));
      // Only answers that would be used are promised to be right, so only they are compared with the bound.
      if (!outcome.used || signal.aborted) return;
      if (routes.get(asked.task.id)?.deployment.id !== asked.deployment.id) return;
      options.onAudit({
        callId,
        deploymentId: asked.deployment.id,
        at: options.now(),
        // The stage in which the call came: the deployment may have moved since.
        stage: asked.deployment.stage,
        confidence: outcome.confidence,
        right: options.right(asked.task, outcome.answer, llm),
      });
    };

  return {
    route,
    update: (next) => {
      tasks = next.tasks;
      routes = routesOf(next, options.runtimes);
    },
  };
}

function routesOf(plan: RoutingPlan, runtimes: readonly Runtime[]): Map<string, Route> {
  const routes = new Map<string, Route>();
  for (const deployment of plan.deployments) {
    if (deployment.stage === 'retired') continue;
    const task = plan.tasks.find(({ id }) => id === deployment.taskId);
    const specialist = plan.specialists.find(({ id }) => id === deployment.specialistId);
    const runtime = runtimes.find(({ rungs }) => specialist && rungs.includes(specialist.artefact.rung));
    if (!task || !specialist || !runtime) continue;
    routes.set(task.id, { task, deployment, specialist, runtime, decision: decisionFor(task) });
  }
  return routes;
}

function byLlm(
  reason: LlmReason,
  taskId?: string,
  confidence?: number,
  compare: Compare | null = null,
): Decision {
  return {
    served: {
      by: 'llm',
      reason,
      ...(taskId === undefined ? {} : { taskId }),
      ...(confidence === undefined ? {} : { confidence }),
    },
    answer: null,
    compare,
  };
}

/** No redaction: what is read is what is answered. */
function asItIs(request: CallRequest): RedactedRequest {
  return { request, reveal: (answer) => answer };
}

/** A number in [0, 1) that depends on the call and the purpose alone, so that a decision can be explained later. */
function draw(callId: string, purpose: string): number {
  return Number.parseInt(contentHash(`${purpose}:${callId}`, 8), 16) / 0x1_0000_0000;
}
