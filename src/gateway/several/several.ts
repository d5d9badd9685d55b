/**
 * Several servers of one API as one upstream: each call goes to one of them, and where that is safe and the configuration says
 * so, once more to it or to another. Until a head has come that is the answer, the client has seen nothing; from then on there
 * is no other. Requests that are no calls (files, batches, what a provider has stored) go to the main server, once.
 * Does not: choose (choose.ts), send (attempt.ts), or decide what may be tried again (again.ts).
 */
import { hash } from 'node:crypto';
import {
  type BreakerSettings,
  modelAt,
  type RetrySettings,
  type ServerSettings,
} from '../../core/config-upstream-servers.ts';
import { UnderstudyError } from '../../core/errors.ts';
import type { UpstreamEvent, UpstreamState } from '../../core/observe.ts';
import { type RequestFacts, requestFacts } from '../../wire/conversation.ts';
import { headerOf } from '../headers.ts';
import type { Listener, Upstream, UpstreamRequest } from '../upstream.ts';
import { backoffMs, callerWaitsMs } from './again.ts';
import { attempt } from './attempt.ts';
import { type Asked, type Choosable, createChooser } from './choose.ts';
import type { Circuit } from './circuit.ts';
import { requestFor } from './server-request.ts';
import type { Standings } from './standing.ts';

/** A server and the connections to it. */
export interface Server {
  readonly settings: ServerSettings;
  readonly upstream: Upstream & {
    /** Whether it can be asked this at all. Default: it can. */
    takes?(request: UpstreamRequest): boolean;
  };
}

export interface SeveralOptions {
  readonly retry: RetrySettings;
  readonly breaker: BreakerSettings;
  /** For what `retry` leaves out, milliseconds. */
  readonly timeoutMs: number;
  /** How the servers stand, from before a reload. */
  readonly standings: Standings;
  /** Told what happens; must not throw. */
  readonly onEvent: (event: UpstreamEvent) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Rejects where the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** Calls `then` after the time, unless the result is called before. */
  readonly after: (ms: number, then: () => void) => () => void;
}

export interface Several extends Upstream {
  states(): readonly UpstreamState[];
}

/** A server, with what happens at it. */
interface Member extends Choosable, Server {
  readonly circuit: Circuit;
}

/** What is known of a call that is to be sent. */
interface Plan {
  /** Where it may go. */
  readonly members: Member[];
  /** The model that it names; null where it was not looked for. */
  readonly model: string | null;
  readonly asked: Asked;
  readonly isFree: boolean;
  /** Who is told to come again: a limit is one key's, for one model. */
  readonly limitKey: string;
}

interface Next {
  readonly member: Member;
  readonly delayMs: number;
}

/** @param servers The first is the main one. */
export function severalServers(servers: readonly [Server, ...Server[]], options: SeveralOptions): Several {
  const { retry, now, random, onEvent } = options;
  const attemptTimeoutMs = retry.attemptTimeoutMs ?? options.timeoutMs;
  const timeoutMs = retry.timeoutMs ?? options.timeoutMs;
  /** An attempt with less time than this is none. */
  const minAttemptMs = Math.min(1000, timeoutMs / 10);
  const memberOf = ({ settings, upstream }: Server): Member => {
    const { name, weight, priority, maxConnections = Number.POSITIVE_INFINITY } = settings;
    const standing = options.standings.of(settings, options.breaker, now());
    const { circuit } = standing;
    const isFull = (): boolean => standing.inFlight >= maxConnections;
    return { settings, upstream, name, weight, priority, standing, circuit, admits: circuit.admits, isFull };
  };
  const members = servers.map(memberOf);
  const main = members[0]!;
  const chooser = createChooser(options.standings.conversations, random);

  const planOf = (request: UpstreamRequest): Plan => {
    const { body, call } = request;
    const isRead = body instanceof Uint8Array && headerOf(request.headers, 'content-encoding') === undefined;
    const facts = isRead ? requestFacts(body, /\/responses(\?|$)/.test(request.path)) : null;
    const model = facts?.model ?? null;
    const isFree = (facts?.isFree ?? false) && call?.isTrusted === true;
    const limitKey = hash(
      'sha256',
      `${headerOf(request.headers, 'authorization')}\n${headerOf(request.headers, 'x-api-key')}\n${headerOf(request.headers, 'api-key')}\n${model}`,
    );
    const takes = ({ settings }: Member): boolean => {
      const there = modelAt(settings.models, model ?? '');
      if (model === null || there === null) return settings.models === 'same';
      // Another model's answer is none to compare with.
      return !call?.isReference || there === modelAt(main.settings.models, model);
    };
    return {
      model,
      isFree,
      limitKey,
      members: (isFree ? members : [main]).filter(takes),
      asked: {
        ...conversationOf(request, facts),
        isCooling: ({ limits }, at) => (limits.get(limitKey) ?? 0) > at,
      },
    };
  };

  /** As the chooser says; a server that cannot be asked this at all is left out, of the plan as well. */
  const choose = (plan: Plan, request: UpstreamRequest, from: readonly Member[]): Member | null => {
    let left = from;
    for (;;) {
      const member = chooser.choose(left, plan.asked, now());
      if (member === null || member === main || member.upstream.takes?.(request) !== false) return member;
      left = left.filter((one) => one !== member);
      plan.members.splice(plan.members.indexOf(member), 1);
    }
  };

  /** Where to go after an attempt that failed; null where nothing is left, or not in time. */
  const nextOf = (
    plan: Plan,
    request: UpstreamRequest,
    tried: ReadonlySet<Member>,
    count: number,
    until: number,
  ): Next | null => {
    if (count >= retry.attempts) return null;
    const at = now();
    const others = plan.members.filter((member) => !tried.has(member));
    const other = choose(plan, request, others);
    if (other !== null) return at + minAttemptMs <= until ? { member: other, delayMs: 0 } : null;
    // All have been asked: one that is not passed over, of the smallest priority, else the one that can be asked again first.
    let best: Next | null = null;
    let bestRank: readonly number[] = [];
    for (const member of plan.members) {
      if (member !== main && member.upstream.takes?.(request) === false) continue;
      const asks = (member.standing.limits.get(plan.limitKey) ?? 0) - at;
      const delayMs = asks > 0 ? asks : backoffMs(retry, count, random());
      if (at + delayMs + minAttemptMs > until) continue;
      const isOpen = !member.circuit.admits(at);
      const rank = [Number(isOpen), Number(asks > 0), asks > 0 ? 0 : member.priority, delayMs];
      if (best !== null && !isBefore(rank, bestRank)) continue;
      best = { member, delayMs };
      bestRank = rank;
    }
    return best;
  };

  const send = async (
    request: UpstreamRequest,
    listener: Listener,
    signal: AbortSignal,
  ): Promise<readonly string[]> => {
    if (request.call === undefined) return main.upstream.send(forMain(request), listener, signal);
    const plan = planOf(request);
    const begun = now();
    const until = begun + timeoutMs;
    const startBefore = begun + Math.min(timeoutMs, callerWaitsMs(request.headers));
    const tried = new Set<Member>();
    // Where all are passed over a call goes to the first all the same, as it would without us.
    let member: Member | undefined = choose(plan, request, plan.members) ?? plan.members[0];
    for (let count = 1; ; count++) {
      if (member === undefined) throw noServer(plan.model);
      const { settings } = member;
      const there = plan.model === null ? null : modelAt(settings.models, plan.model);
      const sent = requestFor(
        settings,
        request,
        plan.model === null || there === null ? null : { asked: plan.model, there },
      );
      if (sent === null) throw noServer(plan.model);
      tried.add(member);
      const at = member;
      const isQueued = at.isFull();
      at.standing.inFlight++;
      const leftMs = (): number => Math.max(1, Math.min(attemptTimeoutMs, until - now()));
      const done = await attempt(at, sent, {
        listener: { ...listener, onHead: (head) => listener.onHead({ ...head, from: at.name }) },
        signal,
        now,
        after: options.after,
        limitMs: leftMs(),
        startLimitMs: leftMs,
        isCut: count > 1 && until - now() < attemptTimeoutMs,
        isQueued,
        isFree: plan.isFree,
        isLast: count >= retry.attempts,
        next: () => nextOf(plan, request, tried, count, startBefore),
        onOutcome: (outcome) => onEvent({ kind: 'attempt', upstream: at.name, outcome }),
        onWait: (ms) => {
          at.standing.waitsUntil = now() + ms;
          at.standing.limits.set(plan.limitKey, at.standing.waitsUntil);
        },
        onAnswer: () => {
          at.standing.waitsUntil = 0;
          at.standing.limits.delete(plan.limitKey);
          chooser.keep(plan.asked.conversation, at.standing, now());
        },
        onEnd: () => at.standing.inFlight--,
      });
      if ('trailers' in done) return done.trailers;
      const { next } = done;
      onEvent({ kind: 'again', upstream: next.member.name, isSame: next.member === member });
      if (next.delayMs > 0) await options.sleep(next.delayMs, signal).catch(() => {});
      if (signal.aborted) throw gone();
      member = next.member;
    }
  };

  /** What is no call: as it came, or, where it would have to be translated, with the server's own key. */
  const forMain = (request: UpstreamRequest): UpstreamRequest =>
    requestFor(main.settings, request, null) ?? request;

  return {
    send,
    upgrade: (request, protocol, listener, signal) =>
      main.upstream.upgrade(forMain(request), protocol, listener, signal),
    close: async () => {
      await Promise.all(members.map(({ upstream }) => upstream.close()));
    },
    states: () =>
      members.map(({ name, circuit, standing: { inFlight, waitsUntil } }) => ({
        name,
        state: circuit.state,
        since: circuit.since,
        failures: circuit.failures,
        inFlight,
        waitsUntil: waitsUntil > now() ? waitsUntil : null,
      })),
  };
}

/**
 * The conversation, in the session that the client tells. A trace is none: clients begin one with each request.
 */
function conversationOf(
  { headers, call }: UpstreamRequest,
  facts: RequestFacts | null,
): Pick<Asked, 'conversation' | 'isBegun'> {
  const told = call?.session ?? null;
  const session = told !== null && headerOf(headers, 'traceparent')?.includes(told) ? null : told;
  const conversation = facts?.conversation ?? null;
  if (conversation === null) return { conversation: session, isBegun: session !== null };
  return { conversation: `${session ?? ''} ${conversation.key}`, isBegun: conversation.isBegun };
}

function isBefore(one: readonly number[], other: readonly number[]): boolean {
  const at = one.findIndex((value, i) => value !== other[i]);
  return at >= 0 && one[at]! < other[at]!;
}

function noServer(model: string | null): UnderstudyError {
  return new UnderstudyError(
    'not-found',
    model === null ? 'No server takes this request.' : `No server has a name for the model ${model}.`,
    { hint: 'Add the model to `models` of a server in `upstreams`.', status: 404 },
  );
}

function gone(): UnderstudyError {
  return new UnderstudyError('cancelled', 'The client went away.', { hint: 'Nothing to do.', status: 499 });
}
