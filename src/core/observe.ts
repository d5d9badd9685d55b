/** What became of the calls through a gateway, as metrics and traces are told it. Beside the calls: an observer never throws. */
import type { CallRequest, CallResponse, Served } from './call.ts';
import type { Provider } from './config-upstreams.ts';

/** When what happened to a call, in milliseconds of `performance.now()`; 0 where it did not happen. */
export interface CallTimes {
  /** The request's body was there. */
  readonly read: number;
  /** The LLM was asked. */
  asked: number;
  /** The first byte of its answer came. */
  firstByte: number;
  /** Its answer was there. */
  answered: number;
}

export interface ObservedCall {
  readonly callId: string;
  /** Arrival, epoch milliseconds. */
  readonly at: number;
  readonly dialect: string;
  readonly served: Served;
  /** HTTP status that the client saw; of an audit, the LLM's. */
  readonly status: number;
  readonly latencyMs: number;
  /** Null where the LLM was not asked, or did not answer. */
  readonly times: CallTimes | null;
  /** When all was done, the record included, as the times. */
  readonly doneAt: number;
  /** Whether the call is recorded: the caller has not asked that it be left out, and may be who it says. */
  readonly isKept: boolean;
  /** Null where they were not read. They hold payload. */
  readonly request: CallRequest | null;
  readonly response: CallResponse | null;
  /** The header of W3C Trace Context, as the client sent it; '' where it did not. */
  readonly traceparent: string;
}

export interface Observer {
  call(call: ObservedCall): void;
  /** A request that was passed on unread. */
  passed(status: number): void;
}

/**
 * What happens at the servers behind a gateway, where there are several. Attempts by their outcome: busy is 429, 503 or 529;
 * broken ended after its head. again: a call is sent once more, to this server, which is the one before or another.
 */
export type UpstreamEvent =
  | {
      readonly kind: 'attempt';
      readonly upstream: string;
      readonly outcome: 'answered' | 'busy' | 'failed' | 'unreachable' | 'timed-out' | 'broken' | 'cancelled';
    }
  | { readonly kind: 'again'; readonly upstream: string; readonly isSame: boolean }
  | {
      readonly kind: 'circuit';
      readonly upstream: string;
      readonly state: 'closed' | 'open' | 'half-open';
      readonly failures: number;
    };

/** How one of several servers is. */
export interface UpstreamState {
  readonly name: string;
  /** Whether calls go there; open: passed over while another can be asked. */
  readonly state: 'closed' | 'open' | 'half-open';
  /** Of the last change, epoch milliseconds. */
  readonly since: number;
  /** In a row. */
  readonly failures: number;
  readonly inFlight: number;
  /** Until when it has last asked a caller to be left alone, epoch milliseconds; null where it has not, or has answered since. */
  readonly waitsUntil: number | null;
}

/** The same, of a gateway's servers of all APIs. */
export type GatewayUpstream = UpstreamState & {
  /** Whose calls it takes. */
  readonly for: Provider;
};

/** How a running gateway's servers are. */
export interface UpstreamsReport {
  /** When that was, epoch milliseconds. */
  readonly at: number;
  readonly servers: readonly GatewayUpstream[];
}
