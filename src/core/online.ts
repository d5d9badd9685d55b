/** The interfaces of the online path: who decides on a call, who tries to answer it, who writes it down. */
import type { Answer, OutputKind } from './answer.ts';
import type { Call, CallRequest, CallResponse, EscalationReason, LlmReason } from './call.ts';
import type { Stage } from './deployment.ts';

/** What came of asking a specialist. It was used only if it was sure enough and its answer was valid. */
export type Attempted =
  | { readonly used: true; readonly answer: Answer; readonly confidence: number }
  | {
      readonly used: false;
      readonly reason: EscalationReason;
      readonly confidence?: number;
      readonly answer?: Answer;
    };

/** One specialist asked about one call. Nothing happens before `run`, which never rejects. */
export interface Attempt {
  readonly taskId: string;
  readonly specialistId: string;
  readonly deploymentId: string;
  /** The deployment's stage when the call came in; it may have moved since. */
  readonly stage: Stage;
  run(signal?: AbortSignal): Promise<Attempted>;
}

export type Decision =
  /** The LLM serves. With an attempt: ask the specialist too, off the call's path, and report the comparison. */
  | { readonly to: 'llm'; readonly reason: LlmReason; readonly taskId?: string; readonly compare?: Attempt }
  /** The specialist is asked first. With audit: the LLM is asked too, off the call's path, and compared. */
  | { readonly to: 'specialist'; readonly attempt: Attempt; readonly audit: boolean };

/** A request as a specialist may read it, and the way back for what its answer copies. */
export interface RedactedRequest {
  readonly request: CallRequest;
  /** The answer with the caller's own words; null where it holds a surrogate that stands for nothing in the request. */
  reveal(answer: string, kind: OutputKind): string | null;
}

export interface Router {
  /** In memory, under a millisecond, never throws: anything unexpected is {to: 'llm', reason: 'error'}. */
  decide(callId: string, request: CallRequest): Decision;
  /** The LLM's answer to a call that a specialist was asked about as well. */
  compared(callId: string, attempt: Attempt, attempted: Attempted, llm: CallResponse): void;
}

/** The bytes of a body, as they came. */
export interface RawBody {
  readonly chunks: readonly Uint8Array[];
  /** The content coding ('gzip', 'br', …); '' for none. */
  readonly encoding: string;
}

/** An exchange as it went by: a call that nobody has read yet. */
export interface RawExchange extends Pick<Call, 'id' | 'at' | 'latencyMs' | 'served'> {
  /** Name of the dialect. */
  readonly dialect: string;
  /** By name in lower case; they tell session, tags and sender (wire/source). */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The peer's. */
  readonly address: string;
  readonly request: RawBody;
  /** Null where there was none, or none that was a success. */
  readonly response: (RawBody & { readonly events: boolean }) | null;
  /** HTTP status that the agent saw. */
  readonly status: number;
  /** The status that stands where the response proves to be incomplete: 499 where the agent broke off, 502, …. */
  readonly brokenStatus: number;
}

export interface Recorder {
  /**
   * Redacts, seals and writes one call; resolves when it is on disk. Never rejects: a failure is counted and
   * logged without payload. Resolves with whether it was written. `sender` (the API key or address) is made into `origin`, a keyed pseudonym, and dropped.
   * @param exchange The same call as bytes, for a recorder that finds it too much work for the event loop.
   * @param onCopied Called once the bytes of the exchange are needed no more.
   */
  record(call: Call, sender: string, exchange: () => RawExchange, onCopied: () => void): Promise<boolean>;
  /** The same for an exchange that is too large to be read on the event loop: all work is done in another thread. */
  recordExchange(exchange: RawExchange, onCopied: () => void): Promise<boolean>;
  close(): Promise<void>;
}
