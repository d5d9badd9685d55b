/**
 * A call sent to one server: its answer goes to the client, or nothing does and there is another attempt. Which of the two is
 * settled when the head of the answer is there.
 * Does not: say where the next attempt goes (several.ts).
 */
import { UnderstudyError } from '../../core/errors.ts';
import type { UpstreamEvent } from '../../core/observe.ts';
import type { Listener, ResponseHead, Upstream, UpstreamRequest } from '../upstream.ts';
import { isBusy, retryAfterMs, wasNeverSent } from './again.ts';
import type { Circuit } from './circuit.ts';
import { type StreamEnd, streamEndOf } from './stream-error.ts';

type Outcome = Extract<UpstreamEvent, { kind: 'attempt' }>['outcome'];

export interface AttemptOptions<Next> {
  readonly listener: Listener;
  readonly signal: AbortSignal;
  /** Longest wait for the head, once the request is on a connection; and before that, for one. */
  readonly limitMs: number;
  /** Whether the limit is what is left of all attempts' time: then to reach it says nothing about the server. */
  readonly isCut: boolean;
  /** What the limit is when the request gets its connection. */
  readonly startLimitMs: () => number;
  /** Whether it has to wait for one of our connections. */
  readonly isQueued: boolean;
  /** Whether the call may be sent again, though a server has had it. */
  readonly isFree: boolean;
  /** Whether there is no other attempt, whatever comes. */
  readonly isLast: boolean;
  /** Asked at the end of an attempt that failed; null where nothing is left to try. */
  readonly next: () => Next | null;
  /** How it ended; told once, and not where no server was asked. */
  readonly onOutcome: (outcome: Outcome) => void;
  /** The server wants to be left alone for so long. */
  readonly onWait: (ms: number) => void;
  /** Its connection is free again. */
  readonly onEnd: () => void;
  /** The head is an answer: not busy, no failure. */
  readonly onAnswer: () => void;
  readonly now: () => number;
  /** As SeveralOptions. */
  readonly after: (ms: number, then: () => void) => () => void;
}

/** What is left of an answer that is not passed on is read for this long, so that its connection can be used again. */
const REST_MS = 1000;
const REST_BYTES = 64 * 1024;

/** @throws UnderstudyError as Upstream.send, where nothing is left to try. */
export function attempt<Next>(
  { circuit, upstream }: { readonly circuit: Circuit; readonly upstream: Pick<Upstream, 'send'> },
  request: UpstreamRequest,
  options: AttemptOptions<Next>,
): Promise<{ readonly trailers: readonly string[] } | { readonly next: Next }> {
  const { listener, signal, isFree, next, now, after, onOutcome } = options;
  return new Promise((resolve, reject) => {
    const verdict = circuit.begin(now());
    const life = new AbortController();
    let outcome: Outcome | null = null;
    let isDropped = false;
    let isStarted = false;
    let rest = 0;
    let end: StreamEnd | null = null;
    let stop = after(options.limitMs, () => life.abort());
    const onHead = (head: ResponseHead): void => {
      stop();
      outcome = isBusy(head) ? 'busy' : head.status >= 500 ? 'failed' : 'answered';
      const wait = isBusy(head) ? retryAfterMs(head, now()) : null;
      if (wait !== null) options.onWait(wait);
      if (outcome === 'answered') options.onAnswer();
      verdict(head.status >= 500 ? 'failed' : head.status === 429 ? 'neutral' : 'answered', now());
      const following = isBusy(head) && isFree ? next() : null;
      if (following === null) {
        end = streamEndOf(head);
        listener.onHead(head);
        return;
      }
      isDropped = true;
      stop = after(REST_MS, () => life.abort());
      onOutcome('busy');
      resolve({ next: following });
    };
    const onData = (chunk: Buffer): Promise<void> | undefined => {
      if (!isDropped) {
        end?.add(chunk);
        return listener.onData(chunk);
      }
      rest += chunk.length;
      if (rest > REST_BYTES) life.abort();
      return undefined;
    };
    const onError = (error: unknown): void => {
      if (isDropped) return;
      const isClients = signal.aborted;
      const isSlow = life.signal.aborted && !isClients;
      const failure = isSlow ? tooSlow(error) : error;
      const isQueueFull = isSlow && !isStarted && options.isQueued;
      const saysNothing = isClients || isQueueFull || (isSlow && options.isCut);
      if (isRefused(failure)) {
        verdict('neutral', now());
        reject(failure);
        return;
      }
      if (outcome === null || outcome === 'answered') verdict(saysNothing ? 'neutral' : 'failed', now());
      onOutcome(isClients ? 'cancelled' : outcome !== null ? 'broken' : failureOf(failure));
      const mayFollow = outcome === null && !isClients && (isFree || isQueueFull || wasNeverSent(error));
      const following = mayFollow ? next() : null;
      if (following === null) reject(failure);
      else resolve({ next: following });
    };
    upstream
      .send(
        request,
        {
          onStart: () => {
            if (isStarted || life.signal.aborted || outcome !== null) return;
            isStarted = true;
            stop();
            stop = after(options.startLimitMs(), () => life.abort());
          },
          onInformation: (head) => {
            // What is said beforehand cannot be taken back.
            if (options.isLast) listener.onInformation?.(head);
          },
          onHead,
          onData,
        },
        AbortSignal.any([signal, life.signal]),
      )
      .then((trailers) => {
        if (outcome === 'answered' && end?.isError()) outcome = 'broken';
        if (outcome === 'answered' || outcome === 'broken')
          verdict(outcome === 'broken' ? 'failed' : 'whole', now());
        if (!isDropped && outcome !== null) onOutcome(outcome);
        resolve({ trailers });
      }, onError)
      .finally(() => {
        stop();
        options.onEnd();
      });
  });
}

/** Whether the request was refused before a server was asked. */
function isRefused(error: unknown): boolean {
  return error instanceof UnderstudyError && error.status < 499;
}

function failureOf(error: unknown): Outcome {
  return error instanceof UnderstudyError && error.code === 'timed-out' ? 'timed-out' : 'unreachable';
}

function tooSlow(cause: unknown): UnderstudyError {
  return new UnderstudyError('timed-out', 'The upstream took too long to answer.', {
    hint: 'Raise upstreams.retry.attemptTimeoutMs, or look at the provider.',
    status: 504,
    cause,
  });
}
