/**
 * Asking a specialist within its time, a few calls at once: whatever goes wrong becomes a reason to ask the LLM.
 * Does not: decide whether to ask, or whether the answer is used (decision.ts).
 */
import { UnderstudyError } from '../core/errors.ts';

export interface AskLimits {
  /** Longest wait for an answer, milliseconds. */
  readonly timeoutMs: number;
  /** Calls at once of one specialist, so that a slow one does not crowd out the others; one more is an 'overload'. */
  readonly maxInFlight: number;
}

/**
 * Runs `work` for a specialist. Never rejects, and resolves within the time limit, or when `signal` is aborted,
 * even where `work` does not: until that ends, it counts as in flight.
 */
export type Ask = <T>(
  specialistId: string,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
) => Promise<T | 'overload' | 'error'>;

export function createAsk({ timeoutMs, maxInFlight }: AskLimits): Ask {
  const inFlight = new Map<string, number>();
  const count = (id: string, by: number): void => {
    inFlight.set(id, (inFlight.get(id) ?? 0) + by);
  };
  return <T>(id: string, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal) => {
    type Settled = T | 'overload' | 'error';
    if (signal.aborted || (inFlight.get(id) ?? 0) >= maxInFlight) return Promise.resolve<Settled>('overload');
    count(id, 1);
    return new Promise<Settled>((resolve) => {
      const limit = new AbortController();
      const settle = (outcome: Settled): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        resolve(outcome);
      };
      const giveUp = (): void => {
        limit.abort();
        settle('overload');
      };
      const timer = setTimeout(giveUp, timeoutMs);
      signal.addEventListener('abort', giveUp, { once: true });
      Promise.resolve()
        .then(() => work(limit.signal))
        .then(settle, (error: unknown) => settle(reasonOf(error)))
        .finally(() => count(id, -1));
    });
  };
}

function reasonOf(error: unknown): 'overload' | 'error' {
  const isSlow =
    error instanceof UnderstudyError && (error.code === 'overloaded' || error.code === 'timed-out');
  return isSlow ? 'overload' : 'error';
}
