/**
 * The online decision: who serves a call, and why. All of it is made here, in memory, without I/O but for the specialist:
 *
 * 1. assignment.ts: the call's task, whether its specialist may be asked about it, and by the stage whether it would serve;
 * 2. serve-attempt.ts: the specialist within its time, its answer's validity and its confidence;
 * 3. comparison.ts: where the LLM answers too, whether the two say the same.
 *
 * Read `route` first, which joins them.
 * Does not: move deployments between stages (deploy/), or talk HTTP (gateway/).
 */
import type { Answer } from '../core/answer.ts';
import type { CallResponse, LlmReason, Served } from '../core/call.ts';
import { whyNoAnswer } from '../core/ending.ts';
import type { Decision, Heard, IncomingCall, Router } from '../core/online.ts';
import type { Runtime } from '../core/runtime.ts';
import { type AskLimits, createAsk } from './ask.ts';
import { type Assignment, type AssignmentOptions, createAssign, draw } from './assignment.ts';
import { type ComparisonOptions, createComparison } from './comparison.ts';
import { type RoutingPlan, routingTable } from './routes.ts';
import { createAttempt } from './serve-attempt.ts';
import { sessionLimits } from './session-limits.ts';
import { rememberUnfamiliar } from './unfamiliar.ts';

export interface RouterOptions extends AskLimits, AssignmentOptions, ComparisonOptions {
  readonly runtimes: readonly Runtime[];
  /** The LLM's answer to a call that a specialist could be asked about, as soon as it is there. */
  readonly onHeard?: (heard: Heard, llm: CallResponse) => void;
}

/** Sessions of which it is known how many of their calls were served; and unfamiliar inputs. */
const MAX_REMEMBERED = 20_000;

export interface UpdatableRouter extends Router {
  update(plan: RoutingPlan): void;
}

/** A router over a plan. */
export function createRouter(plan: RoutingPlan, options: RouterOptions): UpdatableRouter {
  let table = routingTable(plan, options.runtimes);
  const limits = sessionLimits(MAX_REMEMBERED);
  const unfamiliar = rememberUnfamiliar(MAX_REMEMBERED);
  const assign = createAssign(options, limits);
  const attempt = createAttempt(createAsk(options), limits, options.now);
  const comparison = createComparison(
    options,
    attempt,
    ({ task, deployment }) => table.routes.get(task.id)?.deployment.id === deployment.id,
  );

  const route: Router['route'] = async (call, signal) => {
    let taskId: string | undefined;
    try {
      const assignment = assign(call, table);
      const session = sessionOf(assignment);
      if (assignment.candidacy === null)
        return withRepeats({ ...byLlm(assignment.reason, { taskId: assignment.taskId }), ...session }, call);
      const { candidacy } = assignment;
      const { task, specialist } = candidacy.route;
      taskId = task.id;
      if (assignment.asked === 'in-shadow')
        return {
          ...byLlm(assignment.reason, { taskId }),
          compare: comparison(call.id, candidacy, null, 1),
          ...session,
          ...listening(assignment),
        };
      const outcome = await attempt(candidacy, signal);
      if (!outcome.used)
        return withRepeats(
          {
            ...byLlm(outcome.reason, { taskId, confidence: outcome.confidence }),
            ...session,
            ...listening(assignment, outcome.unsure),
          },
          call,
        );
      const { answer, confidence } = outcome;
      const { probability } = assignment;
      const isAudited = draw(call.id, 'audit') < probability;
      return {
        served: { by: specialist.id, reason: 'confident', taskId, confidence },
        answer,
        ...session,
        ...listening(assignment),
        ...(isAudited
          ? { compare: comparison(call.id, candidacy, outcome, probability), auditProbability: probability }
          : { compare: null }),
      };
    } catch {
      return byLlm('error', { taskId });
    }
  };

  /**
   * The same unfamiliar input again, whoever asks, is one sign that inputs have changed. That it is not served counts to its own
   * session all the same.
   */
  const withRepeats = (decision: Decision, { request }: IncomingCall): Decision => {
    const { served, session } = decision;
    const { reason, taskId } = served;
    if (reason !== 'unfamiliar-input' || taskId === undefined || session === undefined) return decision;
    if (typeof request === 'string') return decision;
    return { ...decision, repeats: unfamiliar.unitOf(taskId, request, session, options.now()) };
  };

  /** @param unsure The specialist's answer, where it was too unsure to be used. */
  const listening = (
    { candidacy, session }: Extract<Assignment, { readonly asked: string }>,
    unsure?: Answer,
  ): Pick<Decision, 'hear'> => {
    const { onHeard, right } = options;
    if (!onHeard) return {};
    const { route, request, input } = candidacy;
    const heard = { taskId: route.task.id, input, ...(session === undefined ? {} : { session }) };
    return {
      hear: (llm) => {
        // What is not learnt from tells nothing either.
        if (whyNoAnswer(request, llm) !== null) return;
        onHeard(unsure ? { ...heard, agrees: right(route.task, unsure, llm) } : heard, llm);
      },
    };
  };

  return {
    route,
    update: (next) => {
      table = routingTable(next, options.runtimes);
    },
  };
}

function sessionOf({ session }: Assignment): Pick<Decision, 'session'> {
  return session === undefined ? {} : { session };
}

function byLlm(
  reason: LlmReason,
  { taskId, confidence }: { readonly [K in 'taskId' | 'confidence']?: Served[K] | undefined },
): Decision {
  return {
    served: {
      by: 'llm',
      reason,
      ...(taskId === undefined ? {} : { taskId }),
      ...(confidence === undefined ? {} : { confidence }),
    },
    answer: null,
    compare: null,
  };
}
