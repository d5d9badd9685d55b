/** What may be tried again, and when. Pure. */
import type { RetrySettings } from '../../core/config-upstream-servers.ts';
import { headerOf } from '../headers.ts';
import type { ResponseHead } from '../upstream.ts';

/** Too many requests; unavailable; overloaded, as Anthropic says it: the server did nothing, and says so. */
const BUSY: ReadonlySet<number> = new Set([429, 503, 529]);

export const isBusy = ({ status }: Pick<ResponseHead, 'status'>): boolean => BUSY.has(status);

/** Causes that say that nothing was sent, by their codes. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Whether the connection was not even made, so that whatever was asked can be asked again. */
export function wasNeverSent(error: unknown): boolean {
  const { cause } = error as { readonly cause?: { readonly code?: unknown } };
  return typeof cause?.code === 'string' && NEVER_SENT.has(cause.code);
}

/**
 * How long the server wants to be left alone, milliseconds: `retry-after-ms`, which OpenAI's clients know, or `retry-after` in
 * seconds or as a date (RFC 9110, section 10.2.3). Null where it says nothing.
 */
export function retryAfterMs(head: Pick<ResponseHead, 'headers'>, now: number): number | null {
  const ms = Number(headerOf(head.headers, 'retry-after-ms') ?? Number.NaN);
  if (ms >= 0) return ms;
  const text = headerOf(head.headers, 'retry-after')?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = text === '' ? Number.NaN : Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

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
