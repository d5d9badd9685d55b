/**
 * The first half of a decision, before a specialist is asked: whether one may be asked about a call, and whether its answer
 * would serve or is only compared. The call is recognised as a task's, admitted to its specialist, put into its session, and
 * given to a side by its deployment's stage.
 * Does not: ask (serve-attempt.ts), or compare (comparison.ts).
 */
import { taskAlike } from '../callsite/assign.ts';
import { type CallRequest, type LlmReason, REPEAT_PAUSE_MS } from '../core/call.ts';
import type { Belonging, Deployment } from '../core/deployment.ts';
import { contentHash } from '../core/ids.ts';
import type { IncomingCall, RedactedRequest } from '../core/online.ts';
import type { Task } from '../core/task.ts';
import { rememberConversations } from './conversations.ts';
import type { Route, RoutingTable } from './routes.ts';
import type { SessionLimits } from './session-limits.ts';

export interface AssignmentOptions {
  /** Share of calls that a canary serves. */
  readonly canaryShare: number;
  /** With which probability the LLM answers a call of a live specialist too. */
  readonly auditProbability: (deployment: Deployment, belonging: () => Belonging) => number;
  /** A keyed hash, for what a call belongs to; null, or absent: nothing is known of that. */
  readonly pseudonym?: (text: string) => string | null;
  /** The request as specialists were trained to read requests; null: too long. Default: as it is. */
  readonly redact?: (request: CallRequest) => RedactedRequest | null;
  /** Finds the task of a request, or null. */
  readonly assign: (tasks: readonly Task[], request: CallRequest) => Task | null;
  readonly now: () => number;
}

/** A specialist that may be asked about a call. */
export interface Candidacy {
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

/** What is settled before a specialist is asked. */
export type Assignment = {
  /** As of the decision; absent where no specialist is in service. */
  readonly session?: string;
} & (
  | {
      readonly candidacy: Candidacy;
      readonly asked: 'now';
      /** With which the call is audited if the specialist's answer is used. */
      readonly probability: number;
    }
  /** The LLM serves, and the specialist is compared with it. */
  | { readonly candidacy: Candidacy; readonly asked: 'in-shadow'; readonly reason: 'shadow' | 'canary' }
  | ForLlm
);

/** The LLM serves, and no specialist is asked. */
interface ForLlm {
  readonly candidacy: null;
  readonly reason: LlmReason;
  readonly taskId?: string;
}

export type Assign = (call: IncomingCall, table: RoutingTable) => Assignment;

/** Calls whose conversations are remembered. */
const MAX_REMEMBERED = 20_000;

/** Calls of a session that one side of a canary takes in a row. */
const CANARY_STRETCH = 50;

/** @param limits Counts the calls of each session. */
export function createAssign(options: AssignmentOptions, limits: Pick<SessionLimits, 'turn'>): Assign {
  const { assign, pseudonym, now, redact = asItIs } = options;
  const conversations = rememberConversations(MAX_REMEMBERED);
  /** By task the latest call's input, and the session that it counted to. */
  const latest = new Map<string, { readonly input: string; readonly at: number; readonly run: string }>();

  /** The route of the call's task, and what its specialist reads of it. */
  const recognise = (
    request: CallRequest,
    { tasks, stopped, routes }: RoutingTable,
  ): ForLlm | Pick<Candidacy, 'route' | 'read' | 'input'> => {
    const read = redact(request);
    if (read === null) return forLlm('too-large');
    const task = assign(tasks, read.request);
    if (task === null) {
      // Where it can only be this one, its prompt has changed beyond what was learnt.
      const alike = taskAlike(tasks, read.request);
      return alike && routes.has(alike.id) ? forLlm('unfamiliar-input', alike.id) : forLlm('no-specialist');
    }
    if (stopped.has(task.id)) return forLlm('stopped', task.id);
    const route = routes.get(task.id);
    if (!route) return forLlm('no-specialist', task.id);
    const admission = route.decision.admit(request, read, now());
    return admission.asked ? { route, read, input: admission.input } : forLlm(admission.reason, task.id);
  };

  /** The session of a call, or that of the one before where it asks the task the same again right after. */
  const runOf = (taskId: string, input: string, session: string): string => {
    const at = now();
    const before = latest.get(taskId);
    const repeats = before?.input === input && at - before.at <= REPEAT_PAUSE_MS;
    const run = repeats ? before.run : session;
    latest.set(taskId, { input, at, run });
    return run;
  };

  const belongingOf =
    (input: string, session: string | undefined): Candidacy['belonging'] =>
    (unnamed) => {
      const own = pseudonym?.(`input ${input}`) ?? null;
      if (own === null) return {};
      const name = session ?? unnamed;
      const of = name === null ? null : pseudonym?.(`session ${name}`);
      return { input: own, ...(of ? { session: of } : {}) };
    };

  /** Drawn by session, for each deployment anew, and anew for each stretch of a session without an end: a client may name but one. */
  const isOfCanary = (session: string, turn: number, deploymentId: string): boolean =>
    draw(
      pseudonym?.(`session ${session}`) ?? session,
      `canary ${deploymentId} ${Math.floor((turn - 1) / CANARY_STRETCH)}`,
    ) < options.canaryShare;

  return ({ id, request, session: named, llmAskedFor }, table) => {
    if (request === 'foreign') return forLlm('pass-through');
    if (request === 'large') return forLlm('too-large');
    if (llmAskedFor) return forLlm('asked-for');
    // Nothing to find, nothing to redact: a gateway that only records spends no time here.
    if (table.tasks.length === 0) return forLlm('no-specialist');
    const isServing = table.routes.size > 0;
    // Each call is remembered, whoever serves it: one that continues it may be a specialist's.
    const derived = isServing ? conversations.join(id, request) : id;
    const own = named ?? derived;
    const found = recognise(request, table);
    if ('reason' in found) return isServing ? { session: own, ...found } : found;
    const { task, deployment } = found.route;
    const session = runOf(task.id, found.input, own);
    // A call may be of several: as its caller named it, as its conversation tells, and as one that repeats another.
    const sessions = [...new Set([own, derived, session])];
    const turn = limits.turn(task.id, sessions);
    const belonging = belongingOf(found.input, named);
    const candidacy = { ...found, request, sessions, derived, belonging };
    switch (deployment.stage) {
      case 'shadow':
        return { session, candidacy, asked: 'in-shadow', reason: 'shadow' };
      // A session is served by one side as a whole; the calls of the other are compared all the same.
      case 'canary':
        return isOfCanary(own, turn, deployment.id)
          ? { session, candidacy, asked: 'now', probability: 1 }
          : { session, candidacy, asked: 'in-shadow', reason: 'canary' };
      case 'live': {
        const ofCall = () => belonging(derived === id ? null : derived);
        const probability = options.auditProbability(deployment, ofCall);
        return { session, candidacy, asked: 'now', probability };
      }
      case 'proposed':
      case 'suspended':
      case 'retired':
        return { session, ...forLlm('no-specialist', task.id) };
    }
  };
}

function forLlm(reason: LlmReason, taskId?: string): ForLlm {
  return { candidacy: null, reason, ...(taskId === undefined ? {} : { taskId }) };
}

/** No redaction: what is read is what is answered. */
function asItIs(request: CallRequest): RedactedRequest {
  return { request, reveal: (answer) => answer };
}

/** A number in [0, 1) that depends on the call and the purpose alone, so that a decision can be explained later. */
export function draw(callId: string, purpose: string): number {
  return Number.parseInt(contentHash(`${purpose}:${callId}`, 8), 16) / 0x1_0000_0000;
}
