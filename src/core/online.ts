/** The interfaces of the online path: who decides on a call, and who writes it down. */
import type { Answer, OutputKind } from './answer.ts';
import type { Call, CallRequest, CallResponse, Served } from './call.ts';
import type { Feedback } from './feedback.ts';

/** A call as the gateway got it. */
export interface IncomingCall {
  readonly id: string;
  /** 'large': longer than is read on a call's way. 'foreign': no request of the dialect. */
  readonly request: CallRequest | 'large' | 'foreign';
  /** As the caller named it; absent where it did not. */
  readonly session?: string;
  /** The caller wants the LLM. */
  readonly llmAskedFor: boolean;
}

/** Who serves a call, and why. */
export interface Decision {
  /** What goes on record and into the response's headers. */
  readonly served: Served;
  /** The specialist's answer; null where the LLM serves. */
  readonly answer: Answer | null;
  /** Measures the specialist on this call; null where that is not wanted, or cannot be had. */
  readonly compare: Compare | null;
  /**
   * Where a specialist serves and the LLM is asked as well: with which probability this call was chosen for it, given all
   * that came before.
   */
  readonly auditProbability?: number;
  /**
   * What the call belongs to with others: the session that its caller named, else the conversation that it continues, or begins;
   * the same as an earlier call that it repeats.
   * Absent where no specialist is in service.
   */
  readonly session?: string;
  /** Of unfamiliar input alone: the session of the first of its repeats, this call's own if it repeats none. */
  readonly repeats?: string;
  /** Is told the LLM's answer to the call, where it is read anyway; it takes no time. Absent where nobody listens. */
  readonly hear?: (llm: CallResponse) => void;
}

/** A call that a specialist in service could be asked about: its task, and what the specialist reads of it. */
export interface Heard {
  readonly taskId: string;
  readonly input: string;
  /** As of its decision. */
  readonly session?: string;
  /** Whether the LLM's answer came to the same as the specialist's, where that was too unsure to be used. */
  readonly agrees?: boolean;
}

/**
 * Compares the specialist's answer with the LLM's to the same call, off the call's way. Where the specialist has not been
 * asked yet (shadow), it is asked now. Never rejects.
 * @param again Asks the LLM once more; null where no answer came. Called only where the two differ and the configuration
 *   has it settled.
 */
export type Compare = (
  llm: CallResponse,
  signal: AbortSignal,
  again?: () => Promise<CallResponse | null>,
) => Promise<void>;

/** A request as a specialist may read it, and the way back for what its answer copies. */
export interface RedactedRequest {
  readonly request: CallRequest;
  /**
   * The same after a model has looked for people, as it has in what specialists were trained on: some milliseconds, off the
   * event loop. Null where there is too much to read. Absent where nothing is left to be read.
   * @param isPatient Waits until the model is open: for a comparison, whose answer nobody waits for. Default: false.
   * @throws UnderstudyError 'overloaded' while it is being opened.
   */
  readonly complete?: (isPatient?: boolean) => Promise<RedactedRequest | null>;
  /** The answer with the caller's own words; null where it holds a surrogate that stands for nothing in the request. */
  reveal(answer: string, kind: OutputKind): string | null;
}

export interface Router {
  /**
   * Decides on a call. Without a specialist to ask it takes less than a millisecond, in memory; with one, no longer than
   * the time limit. Never rejects: anything unexpected becomes a call for the LLM.
   */
  route(call: IncomingCall, signal: AbortSignal): Promise<Decision>;
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
  /** On the LLM's answer to a call that a specialist served. */
  readonly audits?: AuditedCall;
}

/** The call that an audit is about, and the probability with which it was chosen. */
export interface AuditedCall {
  readonly callId: string;
  readonly probability: number;
}

/** Writes calls down. Whoever opens one closes it. */
export interface Recorder {
  /**
   * Redacts, seals and writes one call; resolves when it is on disk. Never rejects: a failure is counted and
   * logged without payload. Resolves with whether it was written.
   * @param sender The API key or address: made into `origin`, a keyed pseudonym, and dropped.
   * @param exchange The same call as bytes, for a recorder that finds it too much work for the event loop.
   * @param onCopied Called once the bytes of the exchange are needed no more.
   * @param onBehind Called where others' calls have delayed it for as long as an agent should wait for them: it is written
   *   all the same, and whoever holds back an answer for it holds it back no longer.
   */
  record(
    call: Call,
    sender: string,
    exchange: () => RawExchange,
    onCopied: () => void,
    onBehind: () => void,
  ): Promise<boolean>;
  /** The same for an exchange that is too large to be read on the event loop: all work is done in another thread. */
  recordExchange(exchange: RawExchange, onCopied: () => void, onBehind: () => void): Promise<boolean>;
  /** The same for feedback that came at `at` (epoch milliseconds), on a call or a session. */
  recordFeedback(feedback: Feedback, at: number): Promise<boolean>;
}
