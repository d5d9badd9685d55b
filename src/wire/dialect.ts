/**
 * What a provider's dialect must offer: bytes ⇄ calls, both ways, streamed or not. Pure: no I/O, no clock, no
 * random; ids and times come in with the reply.
 * Implementations: wire/openai-chat, wire/openai-responses, wire/anthropic-messages.
 */
import type { CallRequest, CallResponse } from '../core/call.ts';
import type { Provider } from '../core/config-upstreams.ts';

/** Collects a streamed response while its bytes pass by; chunk boundaries may fall anywhere. */
export interface StreamAccumulator {
  push(bytes: Uint8Array): void;
  /** What has arrived; its finishReason is null where the stream broke off. Null where nothing of use came. */
  end(): CallResponse | null;
}

/** An answer of ours, to be said in the client's dialect. */
export interface Reply {
  /** Without the dialect's prefix. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly request: CallRequest;
  readonly response: CallResponse;
}

/** An error of ours, to be said in the client's dialect. */
export interface WireError {
  readonly status: number;
  readonly message: string;
  /** Short and stable, for programs. */
  readonly code: string;
}

export interface Dialect {
  readonly name: string;
  /** Whose upstream its calls go to. */
  readonly provider: Provider;
  /** `path` without its query. */
  matches(method: string, path: string): boolean;
  /** Null where the bytes are not a request of this dialect that we understand as a whole. */
  parseRequest(body: Uint8Array): CallRequest | null;
  /**
   * As parseRequest, for one request after the other: what came before, as an agent's conversation does, is not read anew, and
   * is the same objects as before. Nobody may change them. Bounded in memory.
   */
  requestReader(): (body: Uint8Array) => CallRequest | null;
  parseResponse(body: Uint8Array): CallResponse | null;
  streamAccumulator(): StreamAccumulator;
  renderResponse(reply: Reply): string;
  /** The whole event stream, one string per event. */
  renderStream(reply: Reply): string[];
  renderError(error: WireError): string;
}
