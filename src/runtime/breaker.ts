/**
 * The circuit breaker of one server of small models: decides whether a call may be sent there. What it bounds is what
 * agents pay for a server that hangs, the time they wait without an answer; a failure that comes at once costs them nothing.
 *
 *   closed ── a call was late and nothing came back since it was sent; or the budget is spent; or it is known
 *   │   ▲     to hang ──► open: no call is sent
 *   │   └── the probe is answered ── half-open: one probe is under way ◄── when the budget allows for calls again,
 *   └──────────────────────────────────────────────────────────────────── after a failed probe later each time
 *
 * Does not: know the time (it is passed in), set timers, send calls or probes (guard.ts).
 *
 * Others count failures: resilience4j and opossum open at half of the calls, Envoy ejects a host after five errors in
 * a row, 30 s long the first time and n times 30 s the nth. None fits calls of which each may cost ten seconds.
 */
import type { RuntimeHealth } from '../core/runtime.ts';
import { recentSum } from './sliding-window.ts';

export const LIMITS = {
  /** Over which time the budget holds, milliseconds. */
  windowMs: 60_000,
  /**
   * How long agents may wait without an answer in that time, all together, milliseconds. One second is what a hung process costs
   * (guard.ts), so one hang in a minute is forgiven as soon as the server is back; the next one is not.
   */
  budgetMs: 2_000,
  /**
   * A busy server may waste more: a quarter of the time it spent on calls it answered. Otherwise a few failures among
   * thousands of calls would spend a budget that was made for one hang.
   */
  share: 0.25,
  /** Wait after the first failed probe, doubled with each one. */
  firstWaitMs: 1_000,
  /** Envoy's base ejection time. */
  longestWaitMs: 30_000,
} as const;

type BreakerState = RuntimeHealth['state'];

/** A call that has been sent. */
export interface Waiting {
  readonly startedAt: number;
  /** It is overdue after this many milliseconds. */
  readonly expectedMs: number;
}

export interface Breaker {
  /**
   * May a call be sent? 'ask': only if the server gives a sign of life now, since another one waits already and
   * nothing has been heard since that was sent.
   */
  admits(now: number): 'yes' | 'ask' | 'no';
  sent(now: number, expectedMs: number): Waiting;
  /**
   * A call is over. late: its time ran out. failed: the server said so, or was gone. given-up: the agent did not wait
   * any longer, which counts as late where it was overdue.
   */
  ended(waiting: Waiting, now: number, how: 'served' | 'failed' | 'late' | 'given-up'): void;
  /** The server was alive at this time. */
  sign(at: number): void;
  /** It hangs, or is gone: no call, and no probe until it is `back`. */
  hung(now: number): void;
  back(now: number): void;
  /** When to probe next; null where there is nothing to probe. */
  nextProbe(now: number): number | null;
  /** Begins a probe; null where none is due. */
  probe(now: number): Probe | null;
  /** A probe that was overtaken by events changes nothing. */
  probed(probe: Probe, now: number, answered: boolean): void;
  readonly state: BreakerState;
  /** Time of the last change of state. */
  readonly since: number;
  /** Calls that failed since the last one that was served. */
  readonly failures: number;
}

export type Probe = object;

/** Closed at first. @param start the time now. */
export function createBreaker(start: number): Breaker {
  let state: BreakerState = 'closed';
  let since = start;
  let failures = 0;
  let lastServed = Number.NEGATIVE_INFINITY;
  let lastSign = Number.NEGATIVE_INFINITY;
  let hangs = false;
  let probing: Probe | null = null;
  let probeAt = 0;
  let waitMs: number = LIMITS.firstWaitMs;
  const under = new Set<Waiting>();
  const wasted = recentSum(LIMITS.windowMs);
  const used = recentSum(LIMITS.windowMs);

  const become = (next: BreakerState, now: number): void => {
    if (state !== next) since = now;
    state = next;
  };
  const overspent = (now: number): boolean =>
    wasted.total(now) > Math.max(LIMITS.budgetMs, LIMITS.share * used.total(now));
  /** When the last probe's wait is over and the budget allows for calls again. */
  const due = (now: number): number =>
    Math.max(now, probeAt, overspent(now) ? wasted.atMost(now, LIMITS.budgetMs) : now);
  const open = (now: number): void => {
    if (state === 'closed') {
      waitMs = LIMITS.firstWaitMs;
      probeAt = now;
    }
    probing = null;
    become('open', now);
  };

  return {
    admits(now) {
      // Not only when something ends: what a server was used for, and so its share, is forgotten too.
      if (state === 'closed' && overspent(now)) open(now);
      if (state !== 'closed') return 'no';
      let ask = false;
      for (const { startedAt, expectedMs } of under) {
        if (lastServed > startedAt) continue;
        if (now - startedAt > expectedMs) return 'no';
        if (lastSign <= startedAt) ask = true;
      }
      return ask ? 'ask' : 'yes';
    },
    sent(now, expectedMs) {
      const waiting = { startedAt: now, expectedMs };
      under.add(waiting);
      return waiting;
    },
    ended(waiting, now, how) {
      if (!under.delete(waiting)) return;
      const ms = now - waiting.startedAt;
      if (how === 'served') {
        used.add(now, ms);
        lastServed = now;
        lastSign = Math.max(lastSign, now);
        failures = 0;
        return;
      }
      if (how === 'given-up' && ms <= waiting.expectedMs) return;
      failures++;
      wasted.add(now, ms);
      if (state !== 'closed') return;
      const nothingSince = lastServed <= waiting.startedAt;
      if ((how !== 'failed' && nothingSince) || overspent(now)) open(now);
    },
    sign(at) {
      lastSign = Math.max(lastSign, at);
    },
    hung(now) {
      hangs = true;
      open(now);
    },
    back(now) {
      if (!hangs) return;
      hangs = false;
      waitMs = LIMITS.firstWaitMs;
      probeAt = now;
    },
    nextProbe(now) {
      if (state !== 'open' || hangs) return null;
      return due(now);
    },
    probe(now) {
      if (state !== 'open' || hangs || now < due(now)) return null;
      become('half-open', now);
      probing = {};
      return probing;
    },
    probed(probe, now, answered) {
      if (probe !== probing) return;
      probing = null;
      if (answered) {
        lastSign = Math.max(lastSign, now);
        become('closed', now);
        return;
      }
      become('open', now);
      probeAt = now + waitMs;
      waitMs = Math.min(2 * waitMs, LIMITS.longestWaitMs);
    },
    get state() {
      return state;
    },
    get since() {
      return since;
    },
    get failures() {
      return failures;
    },
  };
}
