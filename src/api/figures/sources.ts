/** What figures are made from. Everything here is read; nothing is changed. */
import type { RedactContext } from '../../capture/redact/redact.ts';
import type { Vault } from '../../capture/vault.ts';
import type { Config } from '../../core/config.ts';
import type { PriceUsed } from '../../core/demo-report.ts';
import type { UpstreamsReport } from '../../core/observe.ts';
import type { SavingsReport } from '../../core/savings.ts';
import type { JournalState } from '../../core/status-report.ts';
import type { Store } from '../../core/store.ts';
import type { AuditBook } from './audit-book.ts';
import type { ModelNames } from './models.ts';
import type { Remembered } from './remember.ts';

export interface FigureSources {
  readonly store: Store;
  readonly vault: Pick<Vault, 'ring'>;
  readonly context: RedactContext;
  readonly config: Pick<Config, 'serve' | 'gate' | 'learn'>;
  readonly audits: AuditBook;
  readonly models: ModelNames;
  readonly remembered: Remembered;
  readonly priceOf: (model: string) => PriceUsed | null;
  /** What is saved since then, net (setup/savings). */
  readonly savings: (since: number) => Promise<SavingsReport>;
  /** Calls that were answered and are not recorded, by reason. */
  readonly lost: () => Readonly<Record<string, number>>;
  readonly journal: () => Promise<JournalState>;
  /** How the gateway's servers are (setup/upstream-states). */
  readonly upstreams: () => UpstreamsReport | null;
  readonly now: () => number;
}

/** A stretch of time, cut into buckets from its beginning on. */
export interface Range {
  /** Epoch milliseconds, included. */
  readonly since: number;
  /** Epoch milliseconds, excluded. */
  readonly until: number;
  readonly bucketMs: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Buckets that a chart can show. */
const MAX_BUCKETS = 400;

/** The range that is asked for; the last seven days by default, in buckets that make a chart of 24 to 48 points. */
export function rangeOf(
  asked: {
    readonly since?: number | undefined;
    readonly until?: number | undefined;
    readonly bucketMs?: number | undefined;
  },
  now: number,
): Range {
  const until = asked.until ?? now + 1;
  const since = Math.min(asked.since ?? until - 7 * DAY, until - 1);
  const span = until - since;
  const suited = span <= 2 * DAY ? HOUR : span <= 12 * DAY ? 6 * HOUR : span <= 60 * DAY ? DAY : 7 * DAY;
  return { since, until, bucketMs: Math.max(asked.bucketMs ?? suited, Math.ceil(span / MAX_BUCKETS)) };
}

/** The beginnings of a range's buckets. */
export function bucketsOf({ since, until, bucketMs }: Range): number[] {
  return Array.from({ length: Math.ceil((until - since) / bucketMs) }, (_, i) => since + i * bucketMs);
}
