/** What may be tried again, and when. Pure. */
import type { RetrySettings } from '../../core/config-upstream-servers.ts';
import { headerOf } from '../headers.ts';
import type { ResponseHead } from '../upstream.ts';

/** Too many requests; unavailable; overloaded, as Anthropic says it: the server did nothing, and says so. */
const BUSY: ReadonlySet<number> = new Set([429, 503, 529]);

export const isBusy = ({ status }: Pick<ResponseHead, 'status'>): boolean => BUSY.has(status);

/** Longest time for which a server that wants to be left alone is. */
const MAX_WAIT_MS = 300_000;

/** Causes that say that there is no connection, where they come from making one. */
const UNCONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
]);

/** Whether the connection was not even made, so that whatever was asked can be asked again. */
export function wasNeverSent(error: unknown): boolean {
  const { cause } = error as { readonly cause?: Failure };
  if (cause?.code === 'UND_ERR_CONNECT_TIMEOUT') return true;
  // Where a name has several addresses, there is an error for each.
  const errors = Array.isArray(cause?.errors) ? (cause.errors as Failure[]) : cause ? [cause] : [];
  return errors.length > 0 && errors.every(isUnconnected);
}

interface Failure {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly errors?: unknown;
}

const isUnconnected = ({ code, syscall }: Failure): boolean =>
  typeof code === 'string' && UNCONNECTED.has(code) && (syscall === 'connect' || syscall === 'getaddrinfo');

/**
 * How long the server wants to be left alone, milliseconds: `retry-after-ms`, which OpenAI's clients know, or `retry-after` in
 * seconds or as a date (RFC 9110, section 10.2.3), MAX_WAIT_MS at most. Null where it says nothing.
 */
export function retryAfterMs(head: Pick<ResponseHead, 'headers'>, now: number): number | null {
  const ms = headerOf(head.headers, 'retry-after-ms')?.trim() ?? '';
  if (DIGITS.test(ms)) return Math.min(Number(ms), MAX_WAIT_MS);
  const text = headerOf(head.headers, 'retry-after')?.trim() ?? '';
  if (DIGITS.test(text)) return Math.min(Number(text) * 1000, MAX_WAIT_MS);
  const date = text === '' ? Number.NaN : Date.parse(text);
  return Number.isNaN(date) ? null : Math.min(Math.max(0, date - now), MAX_WAIT_MS);
}

const DIGITS = /^\d+(\.\d+)?$/;

const MAX_BACKOFF_MS = 30_000;

/**
 * The wait before attempt `attempt` + 1 at the same server: half of what doubles each time, and a random part of the other half.
 * @param random In [0, 1).
 */
export function backoffMs({ backoffMs: base }: RetrySettings, attempt: number, random: number): number {
  const most = Math.min(base * 2 ** (attempt - 1), MAX_BACKOFF_MS);
  return most / 2 + (random * most) / 2;
}

/** How long the caller's client waits, as those of OpenAI and Anthropic say (in seconds); infinite where it says nothing. */
export function callerWaitsMs(headers: readonly string[]): number {
  const told = ['x-stainless-timeout', 'x-stainless-read-timeout'].map((name) => {
    const seconds = Number(headerOf(headers, name) ?? Number.NaN);
    return seconds > 0 ? seconds * 1000 : Number.POSITIVE_INFINITY;
  });
  return Math.min(...told);
}
