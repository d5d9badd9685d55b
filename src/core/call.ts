/**
 * A call: one request to a model and its response, free of any provider's dialect.
 * wire/ makes these from bytes; everything behind the gateway sees nothing else.
 */
import type { CallFeedback } from './feedback.ts';
import type { Json, JsonObject } from './json.ts';

export type Role = 'system' | 'user' | 'assistant' | 'tool';

export interface ToolCall {
  readonly id: string;
  /** '' where the call could not be read. */
  readonly name: string;
  /** The arguments as the model wrote them: JSON text, perhaps invalid; '' where there are none. */
  readonly arguments: string;
  /** A custom tool's call: `arguments` is its input, which is no JSON but free text. */
  readonly custom?: boolean;
}

export interface Message {
  /** `developer` is read as `system`. */
  readonly role: Role;
  /** Text parts joined by a newline; '' where there is none. */
  readonly content: string;
  readonly toolCalls?: readonly ToolCall[];
  /** On role `tool`: which call this answers. */
  readonly toolCallId?: string;
  /** How many parts were not text (images, audio, files). Calls with such parts are not learnt. */
  readonly mediaParts?: number;
}

export interface Tool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly parameters: Json;
}

export interface CallRequest {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  /** As sent: 'auto', 'none', 'required' or a named function. */
  readonly toolChoice?: Json;
  /** As sent: {type: 'json_object'} or {type: 'json_schema', json_schema}. */
  readonly responseFormat?: JsonObject;
  readonly stream: boolean;
  /** Sampling and the rest, by their wire names (temperature, max_tokens, n, logprobs, …). */
  readonly params: JsonObject;
}

export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Those of the prompt tokens that the provider had cached. */
  readonly cachedTokens: number;
}

/** How another answer begins that the LLM might have given, as its log-probabilities tell. */
export interface Alternative {
  /** The answer's own beginning up to some token, then another token. */
  readonly start: string;
  /** Of an answer that begins so; in (0, 1]. All of a response and the answer itself add up to at most 1. */
  readonly probability: number;
}

export interface CallResponse {
  readonly model: string;
  readonly message: Message;
  /** Likeliest first; absent unless the caller asked for log-probabilities, and for long answers. */
  readonly alternatives?: readonly Alternative[];
  /** As the provider says it ('stop', 'MAX_TOKENS', …; see core/ending); null where the response broke off. */
  readonly finishReason: string | null;
  readonly usage: Usage | null;
}

/** Tag of an imported call whose time is unknown: its `at` only keeps the order of the file. */
export const UNTIMED = 'understudy-untimed';

/**
 * Tag of the LLM's answer to a call that a specialist served, asked for at random and recorded as a call of its own (reason
 * 'audit'): the probability with which it was asked for, as a decimal.
 */
export const AUDITED = 'understudy-audit';

/**
 * The probability with which the LLM's answer to such a call is on record: 1, or that of its audit. Calls that a specialist
 * served are on record for one in 1 / probability of them.
 */
export function recordedWith({ served, tags }: Pick<Call, 'served' | 'tags'>): number {
  const probability = served.reason === 'audit' ? Number(tags[AUDITED]) : 1;
  return probability > 0 && probability <= 1 ? probability : 1;
}

/** Longest pause, milliseconds, after which a call with the same input as the one before is still a repeat of it: a retry, a loop. */
export const REPEAT_PAUSE_MS = 600_000;

/** Why a call was handed to the LLM although a specialist stood ready. */
export const ESCALATION_REASONS = [
  'low-confidence',
  'invalid-output',
  'unfamiliar-input',
  'policy',
  'overload',
  /** The session was served as often as its specialist's proof allows. */
  'session-limit',
  'error',
] as const;
export type EscalationReason = (typeof ESCALATION_REASONS)[number];

/** Why the LLM served: an escalation, or one of the ordinary cases. */
export type LlmReason =
  | EscalationReason
  | 'no-specialist'
  /** A person has stopped the task. */
  | 'stopped'
  | 'shadow'
  | 'canary'
  | 'asked-for'
  /** Asked as well, to compare with the specialist that served. */
  | 'audit'
  /** Longer than what is read on the way. */
  | 'too-large'
  | 'pass-through';

export interface Served {
  /** 'llm', or a specialist's id. */
  readonly by: string;
  readonly reason: LlmReason | 'confident';
  readonly taskId?: string;
  readonly confidence?: number;
}

export interface Call {
  readonly id: string;
  /** Arrival, epoch milliseconds. */
  readonly at: number;
  /** One run of an agent: from the client's metadata or trace, else the call's own id. */
  readonly sessionId: string;
  /** Keyed pseudonym of who sent it; '' where nothing identified the sender. */
  readonly origin: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly request: CallRequest;
  /** Null where the upstream failed or the response broke off. */
  readonly response: CallResponse | null;
  /** HTTP status that the agent saw. */
  readonly status: number;
  readonly latencyMs: number;
  readonly served: Served;
  /** What was said of its output afterwards; absent where nothing was. */
  readonly feedback?: CallFeedback;
}
