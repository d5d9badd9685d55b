/**
 * The one error class. The message says what happened, the hint what to do about it, `data` the facts of both for programs.
 * Does not: format for a dialect (wire/ gives each provider's own error shape) or log.
 */
import type { JsonObject } from './json.ts';

/** Every code is listed here, so that one look tells what can go wrong. */
export type ErrorCode =
  | 'bad-input'
  /** No access key, or none that is valid. */
  | 'unauthenticated'
  /** The access key may not do this, or not from there. */
  | 'forbidden'
  /** The access key has used up what it may for now. */
  | 'rate-limited'
  | 'bad-config'
  | 'not-found'
  | 'unsupported'
  | 'unavailable'
  /** Another process has it. */
  | 'in-use'
  | 'overloaded'
  /** The day's money for it is used up. */
  | 'budget-spent'
  | 'timed-out'
  | 'cancelled'
  | 'corrupt'
  | 'diverged'
  | 'internal';

export interface ErrorFields {
  readonly hint: string;
  /** The facts in message and hint: `{limit, actual}`, `{model}`, `{path}`, …. Never a payload or a key. Default: none. */
  readonly data?: JsonObject;
  /** HTTP status that suits the error where it reaches a client. Default: 500. */
  readonly status?: number;
  readonly cause?: unknown;
}

export class UnderstudyError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly data: JsonObject;
  readonly status: number;

  constructor(code: ErrorCode, message: string, fields: ErrorFields) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = 'UnderstudyError';
    this.code = code;
    this.hint = fields.hint;
    this.data = fields.data ?? {};
    this.status = fields.status ?? 500;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
