/**
 * What keys have used, against what they may: requests and tokens per minute (token buckets), dollars per period. In memory;
 * what is kept in the store is read in (`known`) and given out (`taken`).
 * Does not: know prices, or the store.
 */
import type { AccessKey, Budget, KeyUse } from '../core/access.ts';
import { UnderstudyError } from '../core/errors.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3600_000;

/** A bucket that a minute fills. It may be overdrawn where what is taken is known only afterwards. */
interface Bucket {
  left: number;
  at: number;
}

interface Counter {
  readonly requests: Bucket;
  readonly tokens: Bucket;
  /** Dollars by day: as the store has it, and what came since then. */
  readonly kept: Map<string, number>;
  /** By day. */
  fresh: Map<string, { requests: number; tokens: number; usd: number }>;
}

export interface Limits {
  /** @throws UnderstudyError 'rate-limited' (429) where the key has used up one of its limits. */
  begin(key: AccessKey, now: number): void;
  end(key: AccessKey, now: number, use: { readonly tokens: number; readonly usd: number }): void;
  /** What the store has; `taken` is not in it any more. */
  known(uses: readonly KeyUse[]): void;
  /** What has been used since it was last asked for; to be added to the store, or given back with `putBack`. */
  taken(): KeyUse[];
  putBack(uses: readonly KeyUse[]): void;
}

export function keyLimits(): Limits {
  const counters = new Map<string, Counter>();
  const counterOf = (keyId: string): Counter => {
    let counter = counters.get(keyId);
    if (counter === undefined) {
      counter = { requests: fullBucket(), tokens: fullBucket(), kept: new Map(), fresh: new Map() };
      counters.set(keyId, counter);
    }
    return counter;
  };
  const add = (keyId: string, day: string, requests: number, tokens: number, usd: number): void => {
    const { fresh } = counterOf(keyId);
    const use = fresh.get(day) ?? { requests: 0, tokens: 0, usd: 0 };
    fresh.set(day, use);
    use.requests += requests;
    use.tokens += tokens;
    use.usd += usd;
  };
  return {
    begin: (key, now) => {
      const counter = counterOf(key.id);
      const { requestsPerMinute, tokensPerMinute, budget } = key;
      if (budget !== null && spentIn(counter, budget, now) >= budget.usd) throw overBudget(budget, now);
      if (tokensPerMinute !== null) {
        const wait = waitFor(counter.tokens, tokensPerMinute, now, Number.MIN_VALUE);
        if (wait > 0) throw tooMany(`${tokensPerMinute} tokens`, wait);
      }
      if (requestsPerMinute !== null) {
        const wait = waitFor(counter.requests, requestsPerMinute, now, 1);
        if (wait > 0) throw tooMany(`${requestsPerMinute} requests`, wait);
        counter.requests.left--;
      }
      add(key.id, dayOf(now), 1, 0, 0);
    },
    end: (key, now, { tokens, usd }) => {
      if (key.tokensPerMinute !== null) {
        const { tokens: bucket } = counterOf(key.id);
        waitFor(bucket, key.tokensPerMinute, now, 0);
        bucket.left -= tokens;
      }
      add(key.id, dayOf(now), 0, tokens, usd);
    },
    known: (uses) => {
      for (const { kept } of counters.values()) kept.clear();
      for (const { keyId, day, usd } of uses) counterOf(keyId).kept.set(day, usd);
    },
    taken: () => {
      const uses: KeyUse[] = [];
      for (const [keyId, counter] of counters) {
        for (const [day, use] of counter.fresh) {
          uses.push({ keyId, day, ...use });
          // Counted on until the store tells that it has it.
          counter.kept.set(day, (counter.kept.get(day) ?? 0) + use.usd);
        }
        counter.fresh = new Map();
      }
      return uses;
    },
    putBack: (uses) => {
      for (const { keyId, day, requests, tokens, usd } of uses) {
        const { kept } = counterOf(keyId);
        kept.set(day, (kept.get(day) ?? 0) - usd);
        add(keyId, day, requests, tokens, usd);
      }
    },
  };
}

const fullBucket = (): Bucket => ({ left: Number.POSITIVE_INFINITY, at: 0 });

/** Refills the bucket and tells how long, in milliseconds, until `wanted` is in it; 0 where it is. */
function waitFor(bucket: Bucket, perMinute: number, now: number, wanted: number): number {
  bucket.left = Math.min(perMinute, bucket.left + (Math.max(0, now - bucket.at) * perMinute) / MINUTE_MS);
  bucket.at = now;
  return bucket.left >= wanted ? 0 : Math.ceil(((wanted - bucket.left) * MINUTE_MS) / perMinute);
}

function spentIn({ kept, fresh }: Counter, budget: Budget, now: number): number {
  const from = periodStart(budget.period, now);
  let usd = 0;
  for (const [day, spent] of kept) if (day >= from) usd += spent;
  for (const [day, use] of fresh) if (day >= from) usd += use.usd;
  return usd;
}

/** The day of the last time that was asked for: nearly always that of the next. */
let known = { number: Number.NaN, day: '' };

function dayOf(at: number): string {
  const number = Math.floor(at / DAY_MS);
  if (number !== known.number) known = { number, day: new Date(at).toISOString().slice(0, 10) };
  return known.day;
}

/** The first day of the period that `now` is in; '' for all time. */
export function periodStart(period: Budget['period'], now: number): string {
  const today = dayOf(now);
  switch (period) {
    case 'day':
      return today;
    case 'week':
      return dayOf(now - ((new Date(now).getUTCDay() + 6) % 7) * DAY_MS);
    case 'month':
      return `${today.slice(0, 7)}-01`;
    case 'total':
      return '';
  }
}

/** When the period that `now` is in has ended, epoch milliseconds; null for all time. */
function periodEnd(period: Budget['period'], now: number): number | null {
  if (period === 'total') return null;
  const start = new Date(`${periodStart(period, now)}T00:00:00Z`);
  if (period === 'month') return Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1);
  return start.getTime() + (period === 'day' ? 1 : 7) * DAY_MS;
}

function tooMany(limit: string, waitMs: number): UnderstudyError {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new UnderstudyError('rate-limited', `The access key may have ${limit} a minute.`, {
    hint: `Try again in ${retryAfterSeconds} s.`,
    data: { retryAfterSeconds },
    status: 429,
  });
}

/** SDKs try a 429 again by themselves; this one stays until the period ends. */
function overBudget({ usd, period }: Budget, now: number): UnderstudyError {
  const end = periodEnd(period, now);
  return new UnderstudyError(
    'rate-limited',
    `The access key has spent its budget of ${usd} dollars${period === 'total' ? '' : ` a ${period}`}.`,
    {
      hint:
        end === null
          ? 'Ask for a larger budget.'
          : `It begins anew at ${new Date(end).toISOString().slice(0, 10)} 00:00 UTC.`,
      data: {
        shouldRetry: false,
        ...(end === null ? {} : { retryAfterSeconds: Math.ceil((end - now) / 1000) }),
      },
      status: 429,
    },
  );
}
