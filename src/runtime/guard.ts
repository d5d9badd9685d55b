/**
 * Sends agents' calls to a server of small models through its circuit breaker: refused at once where they would wait
 * without an answer, ended where they take far longer than usual, and let in again after a probe, which is no agent's call.
 * Does not: decide when the breaker opens (breaker.ts), watch or start processes (process.ts). Work in bulk, which
 * may take its time, goes past it.
 */
import { UnderstudyError } from '../core/errors.ts';
import type { RuntimeHealth } from '../core/runtime.ts';
import { createBreaker } from './breaker.ts';
import { type Clock, systemClock } from './clock.ts';
import { type RecentQuantile, recentQuantile } from './sliding-window.ts';

/** Something small that shows whether the server serves; rejects where it does not. */
export type ProbeWork = (signal: AbortSignal) => Promise<unknown>;

export interface Guard {
  /**
   * Does one call's work, or refuses it. Its signal is aborted when the call is to be given up.
   * @param key what takes about as long each time: one specialist's artefact.
   * @throws what the work throws; UnderstudyError 'unavailable' (the breaker is open), 'overloaded' (nothing is known
   *   of this key yet, and one call is under way), 'timed-out' (far longer than usual).
   */
  run<T>(
    key: string,
    work: (signal: AbortSignal) => Promise<T>,
    options: { readonly signal?: AbortSignal | undefined; readonly probe: ProbeWork },
  ): Promise<T>;
  /** The server hangs or is gone: whoever waits for it is told so, nobody else is sent there. */
  hung(): void;
  /** It is there again, and is probed. */
  back(): void;
  health(): RuntimeHealth;
  close(): void;
}

export interface GuardOptions {
  readonly clock?: Clock;
  /** Whether the server gives a sign of life within a moment; without it nobody is asked. */
  readonly alive?: () => Promise<boolean>;
  /** How often the server has been started again. */
  readonly restarts?: () => number;
}

/** A call may take four times what the slowest of a hundred took lately, and at least a second. */
const LIMIT_FACTOR = 4;
const SHORTEST_LIMIT_MS = 1_000;
/** After twice as much it is overdue: while nothing else comes back either, no other call follows it. */
const OVERDUE_FACTOR = 2;
const SHORTEST_OVERDUE_MS = 250;
/** What is expected of a key of which too little is known. It has no limit then but the caller's. */
const UNKNOWN_OVERDUE_MS = 1_000;
/** Nobody waits for a probe; a server that was just started loads weights in this time. */
const PROBE_MS = 10_000;
/**
 * A server that gave no sign of life is not asked for one again until then, so that it does not hold up more calls. By
 * then it is known whether it hangs, or a call has come back and there is nothing to ask.
 */
const ASK_AGAIN_MS = 1_000;
/** Artefacts whose times are remembered; the one unused for longest is forgotten. */
const MAX_KEYS = 256;

type Reason = 'late' | 'opened';

/** Guards one server: everything that hangs together with it. */
export function createGuard(options: GuardOptions = {}): Guard {
  const clock = options.clock ?? systemClock;
  const breaker = createBreaker(clock.now());
  const times = new Map<string, RecentQuantile>();
  /** Keys of which one call is under way that must come back before another is sent. */
  const firsts = new Set<string>();
  const running = new Set<(reason: Reason) => void>();
  let asking: Promise<boolean> | null = null;
  let askAgainAt = 0;
  let latestProbe: ProbeWork | null = null;
  let stopProbe = (): void => {};
  let closed = false;

  const timesOf = (key: string): RecentQuantile => {
    const known = times.get(key) ?? recentQuantile();
    times.delete(key);
    times.set(key, known);
    if (times.size > MAX_KEYS) times.delete(times.keys().next().value!);
    return known;
  };

  /** After whatever may have opened the breaker. */
  const settle = (): void => {
    if (breaker.state === 'closed') return;
    for (const giveUp of [...running]) giveUp('opened');
    if (breaker.state === 'half-open') return;
    stopProbe();
    if (closed) return;
    const at = breaker.nextProbe(clock.now());
    if (at !== null) stopProbe = clock.after(Math.max(0, at - clock.now()), () => void probe());
  };

  const probe = async (): Promise<void> => {
    const ticket = breaker.probe(clock.now());
    if (ticket === null) return settle();
    const abort = new AbortController();
    const stop = clock.after(PROBE_MS, () => abort.abort());
    stopProbe = () => {
      stop();
      abort.abort();
    };
    const answered = await (latestProbe ?? (async () => {}))(abort.signal).then(() => true, isAnswer);
    stop();
    breaker.probed(ticket, clock.now(), answered);
    settle();
  };

  /** Asked once for all who want to know. */
  const alive = (): Promise<boolean> => {
    if (options.alive === undefined) return Promise.resolve(true);
    const at = clock.now();
    if (at < askAgainAt) return Promise.resolve(false);
    asking ??= options
      .alive()
      .then((answered) => {
        if (answered) breaker.sign(at);
        else askAgainAt = clock.now() + ASK_AGAIN_MS;
        return answered;
      })
      .finally(() => {
        asking = null;
      });
    return asking;
  };

  return {
    async run(key, work, { signal, probe: probeWork }) {
      latestProbe = probeWork;
      const admits = breaker.admits(clock.now());
      settle();
      if (admits === 'no') throw refused();
      if (admits === 'ask' && !((await alive()) && breaker.admits(clock.now()) !== 'no')) throw refused();
      const known = timesOf(key);
      const usual = known.value(clock.now());
      const first = known.count(clock.now()) === 0;
      if (first && firsts.has(key)) throw oneAtATime();
      if (first) firsts.add(key);

      const abort = new AbortController();
      let reason: Reason | null = null;
      let giveUp = (_: Reason): void => {};
      const givenUp = new Promise<never>((_, reject) => {
        giveUp = (why) => {
          reason ??= why;
          abort.abort();
          reject(why === 'late' ? late() : refused());
        };
      });
      const startedAt = clock.now();
      const overdue =
        usual === null ? UNKNOWN_OVERDUE_MS : Math.max(SHORTEST_OVERDUE_MS, OVERDUE_FACTOR * usual);
      const waiting = breaker.sent(startedAt, overdue);
      running.add(giveUp);
      const stop =
        usual === null
          ? () => {}
          : clock.after(Math.max(SHORTEST_LIMIT_MS, LIMIT_FACTOR * usual), () => giveUp('late'));
      const over = (how: Parameters<typeof breaker.ended>[2]): void => {
        breaker.ended(waiting, clock.now(), how);
      };
      try {
        const either = signal ? AbortSignal.any([signal, abort.signal]) : abort.signal;
        const result = await Promise.race([work(either), givenUp]);
        known.add(clock.now(), clock.now() - startedAt);
        over('served');
        return result;
      } catch (error) {
        over(reason === 'late' ? 'late' : reason === null && signal?.aborted ? 'given-up' : 'failed');
        // Slow, but not hung: others came back meanwhile. What is usual is at least this much.
        if (reason === 'late' && breaker.state === 'closed') known.add(clock.now(), clock.now() - startedAt);
        throw error;
      } finally {
        stop();
        running.delete(giveUp);
        if (first) firsts.delete(key);
        settle();
      }
    },
    hung() {
      stopProbe();
      breaker.hung(clock.now());
      settle();
    },
    back() {
      breaker.back(clock.now());
      settle();
    },
    health: () => ({
      state: breaker.state,
      since: breaker.since,
      failures: breaker.failures,
      restarts: options.restarts?.() ?? 0,
    }),
    close() {
      closed = true;
      stopProbe();
    },
  };
}

/** A server that refuses what it is asked is there, and has looked at it. */
function isAnswer(error: unknown): boolean {
  return error instanceof UnderstudyError && (error.code === 'bad-input' || error.code === 'not-found');
}

function refused(): UnderstudyError {
  return new UnderstudyError('unavailable', 'The server of small models hangs or is down.', {
    hint: 'It is probed, and asked again when it answers; nothing to do.',
    status: 503,
  });
}

function oneAtATime(): UnderstudyError {
  return new UnderstudyError('overloaded', 'This specialist is being asked for the first time.', {
    hint: 'Try again when it has answered.',
    status: 429,
  });
}

function late(): UnderstudyError {
  return new UnderstudyError('timed-out', 'The server of small models takes far longer than usual.', {
    hint: 'Give it fewer calls, or more threads (serve.threads).',
    status: 504,
  });
}
