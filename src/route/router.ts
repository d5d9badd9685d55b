/**
 * The online decision: who serves a call, and why. All of it is made here, in memory, without I/O but for the specialist:
 * the task, its deployment's stage, what the call demands, the specialist within its time, its answer's validity and its
 * confidence. Read `route` first.
 * Does not: move deployments between stages (deploy/), or talk HTTP (gateway/).
 */
import { taskAlike } from '../callsite/assign.ts';
import { whyUnproved } from '../callsite/proved.ts';
import type { Answer } from '../core/answer.ts';
import {
  type CallRequest,
  type CallResponse,
  type EscalationReason,
  type LlmReason,
  REPEAT_PAUSE_MS,
  type Served,
} from '../core/call.ts';
import { type Audit, type Belonging, type Deployment, isInService } from '../core/deployment.ts';
import { whyNoAnswer } from '../core/ending.ts';
import { contentHash } from '../core/ids.ts';
import type { Compare, Decision, Heard, IncomingCall, RedactedRequest, Router } from '../core/online.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Prediction, Specialist } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { type AskLimits, createAsk } from './ask.ts';
import { rememberConversations } from './conversations.ts';
import { decisionFor, type Outcome, type TaskDecision } from './decision.ts';
import { sessionLimits } from './session-limits.ts';
import { isCorrectByMajority } from './settle.ts';
import { rememberUnfamiliar } from './unfamiliar.ts';

export interface RouterOptions extends AskLimits {
  readonly runtimes: readonly Runtime[];
  /** Share of calls that a canary serves. */
  readonly canaryShare: number;
  /** With which probability the LLM answers a call of a live specialist too. */
  readonly auditProbability: (deployment: Deployment, belonging: () => Belonging) => number;
  /** A keyed hash, for what a call belongs to; null, or absent: nothing is known of that. */
  readonly pseudonym?: (text: string) => string | null;
  /** Asks the LLM again where the answers differ, to settle it; absent: never. */
  readonly settling?: {
    /** Whether it may now. Asked before anything is known of the audit, so that it depends on the past alone. */
    readonly isAllowed: () => boolean;
    /** Each time that it is asked. */
    readonly onAsked: () => void;
    /** Whether two answers of the LLM come to the same, by the task's output kind. */
    readonly same: (task: Task, a: CallResponse, b: CallResponse) => boolean;
  };
  /** The request as specialists were trained to read requests; null: too long. Default: as it is. */
  readonly redact?: (request: CallRequest) => RedactedRequest | null;
  /** Finds the task of a request, or null. */
  readonly assign: (tasks: readonly Task[], request: CallRequest) => Task | null;
  /** Right or wrong against the LLM's answer, by the task's output kind. */
  readonly right: (task: Task, answer: Answer, llm: CallResponse) => boolean;
  /** Says whether texts that differ are as good, for specialists that were proved so; absent: equality decides. */
  readonly judging?: {
    /** Whether it is the judge by which this specialist was proved. */
    readonly isOwn: (specialist: Specialist) => boolean;
    /**
     * Whether this specialist's judge answers, as far as is known. Asked before anything is known of the audit, as `isAllowed`
     * is.
     */
    readonly isReady: (specialist: Specialist) => boolean;
    /** Counts a pair of equal texts once the judge has answered about another: it may be down by now. If it has not, never. */
    readonly hold: (count: () => void) => void;
    /** Whether a comparison that it could not be asked about says anything. */
    readonly isTold: (specialist: Specialist) => boolean;
    /**
     * Null where the judge did not say. Never rejects.
     * @param call Its request, and what the specialist read of it, without personal data.
     */
    readonly isCorrect: (
      task: Task,
      call: { readonly request: CallRequest; readonly input: string },
      answer: Answer,
      llm: CallResponse,
      signal: AbortSignal,
    ) => Promise<boolean | null>;
  };
  /** A comparison of an answer that was, or would have been, used. */
  readonly onAudit: (audit: Audit) => void;
  /** The LLM's answer to a call that a specialist could be asked about, as soon as it is there. */
  readonly onHeard?: (heard: Heard, llm: CallResponse) => void;
  /** An answer in shadow that would not have been used, and why: nothing is compared then. */
  readonly onUnused?: (deploymentId: string, reason: EscalationReason) => void;
  readonly now: () => number;
}

/** Calls whose conversations are remembered, and sessions of which it is known how many of their calls were served. */
const MAX_REMEMBERED = 20_000;

const NONE: ReadonlySet<string> = new Set();

/** What the router knows: swapped as a whole when something is deployed or retired. */
export interface RoutingPlan {
  readonly tasks: readonly Task[];
  readonly deployments: readonly Deployment[];
  readonly specialists: readonly Specialist[];
  /** Ids of the tasks that a person has stopped. Default: none. */
  readonly stopped?: ReadonlySet<string>;
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
  /** Most calls of a session that it serves. */
  readonly perSession: number;
}

/** A specialist that may be asked about a call. */
interface Candidacy {
  readonly route: Route;
  readonly request: CallRequest;
  readonly read: RedactedRequest;
  readonly input: string;
  /** Those that it may belong to; it counts to each. */
  readonly sessions: readonly string[];
  /** The call that its conversation began with, as far as that is remembered; its own id where it continues none. */
  readonly derived: string;
  /** @param session The call's, where nobody named one. */
  readonly belonging: (session: string | null) => Belonging;
}

/** What became of asking: its prediction, on the request as it read it; or why it was not asked. */
type Asked =
  | { readonly whole: RedactedRequest; readonly input: string; readonly prediction: Prediction }
  | { readonly refused: EscalationReason };

/** What became of its answer, and what it had read. */
type Judged =
  | Extract<Outcome, { readonly used: false }>
  | (Extract<Outcome, { readonly used: true }> & { readonly input: string });

/** What is settled before a specialist is asked. `session`: as of the decision. */
type Assignment = {
  readonly session?: string | undefined;
} /** `probability`: with which the call is audited if the specialist's answer is used. */ & (
  | { readonly candidacy: Candidacy; readonly asked: 'now'; readonly probability: number }
  /** The LLM serves, and the specialist is compared with it. */
  | { readonly candidacy: Candidacy; readonly asked: 'in-shadow'; readonly reason: 'shadow' | 'canary' }
  | { readonly candidacy: null; readonly reason: LlmReason; readonly taskId?: string }
);

/** Calls of a session that one side of a canary takes in a row. */
const CANARY_STRETCH = 50;

/** A router over a plan. */
export function createRouter(plan: RoutingPlan, options: RouterOptions): UpdatableRouter {
  const redact = options.redact ?? asItIs;
  const ask = createAsk(options);
  const conversations = rememberConversations(MAX_REMEMBERED);
  const limits = sessionLimits(MAX_REMEMBERED);
  const unfamiliar = rememberUnfamiliar(MAX_REMEMBERED);
  /** By task the latest call's input, and the sessions that it counted to. */
  const latest = new Map<string, { readonly input: string; readonly at: number; readonly run: string }>();
  let tasks: readonly Task[] = plan.tasks;
  let stopped = plan.stopped ?? NONE;
  let routes = routesOf(plan, options.runtimes);

  const route = async (call: IncomingCall, signal: AbortSignal): Promise<Decision> => {
    let taskId: string | undefined;
    try {
      const assignment = assignmentOf(call);
      const { session } = assignment;
      const about = session === undefined ? {} : { session };
      if (assignment.candidacy === null)
        return { ...byLlm(assignment.reason, { taskId: assignment.taskId }), ...about };
      const { candidacy } = assignment;
      const { task, specialist } = candidacy.route;
      taskId = task.id;
      const { onHeard } = options;
      const heard = { taskId, input: candidacy.input, ...about };
      const listening = (unsure?: Answer): Pick<Decision, 'hear' | 'session'> => {
        if (!onHeard) return about;
        const agreement = (llm: CallResponse) => (unsure ? { agrees: options.right(task, unsure, llm) } : {});
        // What is not learnt from tells nothing either.
        return {
          ...about,
          hear: (llm) => {
            if (whyNoAnswer(candidacy.request, llm) === null) onHeard({ ...heard, ...agreement(llm) }, llm);
          },
        };
      };
      if (assignment.asked === 'in-shadow')
        return {
          ...byLlm(assignment.reason, { taskId }, comparison(call.id, candidacy, null, 1)),
          ...listening(),
        };
      const outcome = await outcomeOf(candidacy, signal);
      if (!outcome.used) {
        const { reason, confidence, unsure } = outcome;
        const escalated = { ...byLlm(reason, { taskId, confidence }), ...listening(unsure) };
        if (session === undefined || reason !== 'unfamiliar-input') return escalated;
        const unit = unfamiliar.unitOf(taskId, candidacy.request, session, options.now());
        return { ...escalated, session: unit };
      }
      const { answer, confidence } = outcome;
      const { probability } = assignment;
      const isAudited = draw(call.id, 'audit') < probability;
      return {
        served: { by: specialist.id, reason: 'confident', taskId, confidence },
        answer,
        ...listening(),
        ...(isAudited
          ? { compare: comparison(call.id, candidacy, outcome, probability), auditProbability: probability }
          : { compare: null }),
      };
    } catch {
      return byLlm('error', { taskId });
    }
  };

  const assignmentOf = ({ id, request, session, llmAskedFor }: IncomingCall): Assignment => {
    let unit: string | undefined;
    const llm = (reason: LlmReason, taskId?: string): Assignment => ({
      session: unit,
      candidacy: null,
      reason,
      ...(taskId === undefined ? {} : { taskId }),
    });
    const refused = (reason: EscalationReason, taskId: string, asked: CallRequest): Assignment => {
      if (unit !== undefined && reason === 'unfamiliar-input')
        unit = unfamiliar.unitOf(taskId, asked, unit, options.now());
      return llm(reason, taskId);
    };
    if (request === 'foreign') return llm('pass-through');
    if (request === 'large') return llm('too-large');
    if (llmAskedFor) return llm('asked-for');
    // Nothing to find, nothing to redact: a gateway that only records spends no time here.
    if (tasks.length === 0) return llm('no-specialist');
    // Each call is remembered, whoever serves it: one that continues it may be a specialist's.
    const derived = routes.size === 0 ? id : conversations.join(id, request);
    if (routes.size > 0) unit = session ?? derived;
    const read = redact(request);
    if (read === null) return llm('too-large');
    const task = options.assign(tasks, read.request);
    if (task === null) {
      // Where it can only be this one, its prompt has changed beyond what was learnt.
      const alike = taskAlike(tasks, read.request);
      return alike && routes.has(alike.id)
        ? refused('unfamiliar-input', alike.id, request)
        : llm('no-specialist');
    }
    if (stopped.has(task.id)) return llm('stopped', task.id);
    const found = routes.get(task.id);
    if (!found) return llm('no-specialist', task.id);
    const admission = found.decision.admit(request, read, options.now());
    if (!admission.asked) return refused(admission.reason, task.id, request);
    const { input } = admission;
    const belonging: Candidacy['belonging'] = (unnamed) => {
      const own = options.pseudonym?.(`input ${input}`) ?? null;
      if (own === null) return {};
      const name = session ?? unnamed;
      const pseudonym = name === null ? null : options.pseudonym?.(`session ${name}`);
      return { input: own, ...(pseudonym ? { session: pseudonym } : {}) };
    };
    const now = options.now();
    const before = latest.get(task.id);
    const repeats = before?.input === input && now - before.at <= REPEAT_PAUSE_MS;
    const run = repeats ? before.run : (session ?? derived);
    latest.set(task.id, { input, at: now, run });
    // A call may be of several: as its caller named it, as its conversation tells, and as one that repeats another.
    const sessions = [...new Set([session ?? derived, derived, run])];
    const turn = limits.turn(task.id, sessions);
    const candidacy = { route: found, request, read, input, sessions, derived, belonging };
    unit = run;
    switch (found.deployment.stage) {
      case 'shadow':
        return { session: unit, candidacy, asked: 'in-shadow', reason: 'shadow' };
      // A session is served by one side as a whole; the calls of the other are compared all the same.
      case 'canary':
        return isOfCanary(session ?? derived, turn, found.deployment.id)
          ? { session: unit, candidacy, asked: 'now', probability: 1 }
          : { session: unit, candidacy, asked: 'in-shadow', reason: 'canary' };
      case 'live':
        return {
          session: unit,
          candidacy,
          asked: 'now',
          probability: options.auditProbability(found.deployment, () =>
            belonging(derived === id ? null : derived),
          ),
        };
      case 'proposed':
      case 'suspended':
      case 'retired':
        return llm('no-specialist', task.id);
    }
  };

  /** Drawn by session, for each deployment anew, and anew for each stretch of a session without an end: a client may name but one. */
  const isOfCanary = (session: string, turn: number, deploymentId: string): boolean =>
    draw(
      options.pseudonym?.(`session ${session}`) ?? session,
      `canary ${deploymentId} ${Math.floor((turn - 1) / CANARY_STRETCH)}`,
    ) < options.canaryShare;

  const outcomeOf = async (
    { route: { decision, deployment, runtime, specialist, perSession }, ...call }: Candidacy,
    signal: AbortSignal,
    /** The request as it is read with the model that finds people, where that was waited for; null: it was not to be had. */
    awaited?: RedactedRequest | null,
  ): Promise<Judged> => {
    const { request, read, input, sessions } = call;
    const isOver = (): boolean => sessions.some((each) => limits.isReached(specialist.id, each, perSession));
    if (isOver()) return { used: false, reason: 'session-limit' };
    const asked = await ask(
      specialist.id,
      async (within): Promise<Asked> => {
        // Within the specialist's time, as its answer is.
        const whole = awaited !== undefined ? awaited : read.complete ? await read.complete() : read;
        if (whole === null) return { refused: 'overload' };
        const admission =
          whole === read ? { asked: true as const, input } : decision.admit(request, whole, options.now());
        if (!admission.asked) return { refused: admission.reason };
        const { artefact } = specialist;
        const told = { signal: within, request: whole.request };
        const prediction = await runtime.predict(artefact, admission.input, told);
        return { whole, input: admission.input, prediction };
      },
      signal,
    );
    if (typeof asked === 'string') return { used: false, reason: asked };
    if ('refused' in asked) return { used: false, reason: asked.refused };
    const { whole, prediction } = asked;
    const { confidence } = specialist;
    const { threshold } = deployment;
    const outcome = decision.judge(request, whole, prediction, { confidence, threshold });
    if (!outcome.used) return outcome;
    // Others of its session may have been served meanwhile.
    if (isOver()) return { used: false, reason: 'session-limit', confidence: outcome.confidence };
    for (const each of sessions) limits.count(specialist.id, each);
    return { ...outcome, input: asked.input };
  };

  const comparison = (
    callId: string,
    candidacy: Candidacy,
    known: Judged | null,
    probability: number,
  ): Compare => {
    const { route: asked, request } = candidacy;
    // As the calls came, whenever they are compared.
    const belonging = candidacy.belonging(candidacy.derived);
    return async (llm, signal, again) => {
      // What is not learnt from measures nobody either.
      if (whyNoAnswer(request, llm) !== null) return;
      const outcome = known ?? (await outcomeOf(candidacy, signal, await patiently(candidacy.read, signal)));
      // Only answers that would be used are promised to be right, so only they are compared with the bound.
      if (!outcome.used) {
        if (!signal.aborted) options.onUnused?.(candidacy.route.deployment.id, outcome.reason);
        return;
      }
      if (signal.aborted) return;
      if (routes.get(asked.task.id)?.deployment.id !== asked.deployment.id) return;
      const { settling, judging } = options;
      const { specialist } = asked;
      const isByJudge = specialist.evidence.judge !== undefined;
      // Settled before the answers are compared: else equal ones would count while the judge is down, and others not.
      const judged = isByJudge && judging?.isReady(specialist) === true;
      const settled = again !== undefined && !isByJudge && settling?.isAllowed() === true;
      const isCorrect = (other: CallResponse): boolean => options.right(asked.task, outcome.answer, other);
      const isEqual = isCorrect(llm);
      let correct = isEqual;
      if (isByJudge && !isEqual && judging?.isOwn(specialist)) {
        const { input } = outcome;
        const verdict = judging.isCorrect(asked.task, { request, input }, outcome.answer, llm, signal);
        if (judged) {
          const said = await verdict;
          if (said === null) return;
          correct = said;
        }
        // Else it is asked to see whether it answers again; this audit goes by equality all the same.
      }
      if (isByJudge && !judged && judging?.isTold(specialist) !== true) return;
      if (!correct && settled) {
        correct = await isCorrectByMajority(llm, {
          again: async () => {
            settling.onAsked();
            const other = await again().catch(() => null);
            // What is not learnt from settles nothing either.
            return other === null || whyNoAnswer(request, other) !== null ? null : other;
          },
          isCorrect,
          same: (a, b) => settling.same(asked.task, a, b),
        });
      }
      // Broken off, it would be half the answers that speak.
      if (signal.aborted) return;
      const audit = {
        callId,
        probability,
        ...belonging,
        used: known !== null,
        ...(settled ? { settled } : {}),
        ...(isByJudge ? { judged } : {}),
        deploymentId: asked.deployment.id,
        at: options.now(),
        // The stage in which the call came: the deployment may have moved since.
        stage: asked.deployment.stage,
        confidence: outcome.confidence,
        correct,
      };
      if (judged && isEqual) judging?.hold(() => options.onAudit(audit));
      else options.onAudit(audit);
    };
  };

  return {
    route,
    update: (next) => {
      tasks = next.tasks;
      stopped = next.stopped ?? NONE;
      routes = routesOf(next, options.runtimes);
    },
  };
}

function routesOf(plan: RoutingPlan, runtimes: readonly Runtime[]): Map<string, Route> {
  const routes = new Map<string, Route>();
  for (const deployment of plan.deployments) {
    if (!isInService(deployment.stage) || plan.stopped?.has(deployment.taskId)) continue;
    const task = plan.tasks.find(({ id }) => id === deployment.taskId);
    const specialist = plan.specialists.find(({ id }) => id === deployment.specialistId);
    const runtime = runtimes.find(({ rungs }) => specialist && rungs.includes(specialist.artefact.rung));
    if (!task || !specialist || !runtime || whyUnproved(task, specialist.proved) !== null) continue;
    const decision = decisionFor(task, specialist.proved);
    const perSession = specialist.evidence.gate.sessions?.cap ?? Number.POSITIVE_INFINITY;
    routes.set(task.id, { task, deployment, specialist, runtime, decision, perSession });
  }
  return routes;
}

function byLlm(
  reason: LlmReason,
  known: { readonly [K in 'taskId' | 'confidence']?: Served[K] | undefined },
  compare: Compare | null = null,
): Decision {
  const { taskId, confidence } = known;
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

/**
 * Nobody waits for a comparison: the model that finds people may have to be opened first, and meanwhile it takes no place among a
 * specialist's calls, and nothing of its time.
 */
async function patiently(read: RedactedRequest, signal: AbortSignal): Promise<RedactedRequest | null> {
  if (!read.complete) return read;
  if (signal.aborted) return null;
  const over = new Promise<null>((resolve) =>
    signal.addEventListener('abort', () => resolve(null), { once: true }),
  );
  return Promise.race([read.complete(true).catch(() => null), over]);
}

/** No redaction: what is read is what is answered. */
function asItIs(request: CallRequest): RedactedRequest {
  return { request, reveal: (answer) => answer };
}

/** A number in [0, 1) that depends on the call and the purpose alone, so that a decision can be explained later. */
export function draw(callId: string, purpose: string): number {
  return Number.parseInt(contentHash(`${purpose}:${callId}`, 8), 16) / 0x1_0000_0000;
}
