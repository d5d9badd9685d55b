/**
 * Erases the oldest days where calls are kept longer, or take more room, than the configuration allows.
 * Does not: erase (erase.ts), or repeat itself (online/drain-process.ts).
 */
import type { EraseReport } from '../core/erase-report.ts';
import type { Store } from '../core/store.ts';
import { eraseDays } from './erase.ts';
import { dayOf } from './vault.ts';

export interface RetentionLimits {
  /** Days for which a call is kept; null: for ever. */
  readonly maxDays: number | null;
  /** Bytes of sealed payload in the store; null: any number. */
  readonly maxBytes: number | null;
}

const DAY_MS = 24 * 3600_000;

/**
 * The last of the days that have to go, all before it with it; null where none has to. The present day stays in any case: a limit
 * that one day exceeds would erase what is being recorded.
 * @param bytes By day.
 */
export function lastToErase(
  days: readonly string[],
  bytes: ReadonlyMap<string, number>,
  { maxDays, maxBytes }: RetentionLimits,
  now: number,
): string | null {
  const today = dayOf(now);
  const past = [...new Set([...days, ...bytes.keys()])].filter((day) => day < today).sort();
  const tooOld = maxDays === null ? '' : dayOf(now - maxDays * DAY_MS);
  let last: string | null = past.filter((day) => day < tooOld).at(-1) ?? null;
  if (maxBytes === null) return last;
  let left = [...bytes].reduce((sum, [day, size]) => (last !== null && day <= last ? sum : sum + size), 0);
  for (const day of past) {
    if (left <= maxBytes) break;
    if (last !== null && day <= last) continue;
    last = day;
    left -= bytes.get(day) ?? 0;
  }
  return last;
}

/** Null where nothing had to go. On record in the audit trail before it happens. */
export async function retain(options: {
  readonly store: Store;
  readonly journals: readonly string[];
  readonly limits: RetentionLimits;
  readonly now: () => number;
}): Promise<EraseReport | null> {
  const { store, journals, limits, now } = options;
  if (limits.maxDays === null && limits.maxBytes === null) return null;
  const days = await store.keyDays();
  const bytes = await store.partBytes();
  const to = lastToErase(days, bytes, limits, now());
  if (to === null) return null;
  await store.appendTrail({
    at: now(),
    actor: { kind: 'program', name: 'retention' },
    action: 'days-erased',
    subject: `the first to ${to}`,
    detail: {},
  });
  return eraseDays({ store, journals, from: null, to, now });
}
