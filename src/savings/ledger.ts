/**
 * The book of what others are paid for single requests: what a judge and models at providers charge, from whichever process.
 * A day's budget is kept against it. Written now and then, not with each request: a process that dies forgets the charges
 * of its last second.
 * Does not: know prices, or decide what may be spent.
 */
import { type Charge, type ChargeFor, type ChargeStore, dollarsOf } from '../core/charge.ts';
import { dayOf } from '../core/job.ts';

export interface Ledger {
  /** @param dollars Null: the price is not known. */
  book(
    what: ChargeFor,
    model: string,
    usage: Pick<Charge, 'promptTokens' | 'completionTokens'>,
    dollars: number | null,
  ): void;
  /** Dollars of today (UTC), by all processes as far as is known; infinite before it is known. */
  spentToday(what: ChargeFor): number;
  /** Writes what is booked, and reads what others have. @throws as the store. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** How often charges are written, and how old what is known of other processes' may be. */
const SYNC_MS = 1000;

/** @param options.store Null while there is none: charges wait. */
export function openLedger(options: {
  readonly store: () => ChargeStore | null;
  readonly now?: () => number;
}): Ledger {
  const { store, now = Date.now } = options;
  let pending = new Map<string, Charge>();
  /** What the store had of `day` when it was last read. */
  let known: { readonly day: string; readonly charges: readonly Charge[] } | null = null;
  const keyOf = ({ day, for: what, model }: Pick<Charge, 'day' | 'for' | 'model'>): string =>
    JSON.stringify([day, what, model]);
  const add = (charge: Charge): void => {
    const before = pending.get(keyOf(charge));
    pending.set(keyOf(charge), before ? sumOf(before, charge) : charge);
  };
  let syncing: Promise<void> | null = null;
  const sync = async (): Promise<void> => {
    const open = store();
    if (open === null) return;
    const written = [...pending.values()];
    pending = new Map();
    try {
      if (written.length > 0) await open.addCharges(written);
    } catch (error) {
      written.forEach(add);
      throw error;
    }
    const day = dayOf(now());
    known = { day, charges: await open.charges(day) };
  };
  const syncOnce = (): Promise<void> => {
    syncing ??= sync().finally(() => {
      syncing = null;
    });
    return syncing;
  };
  let isUsed = false;
  // The next time says the same.
  const timer = setInterval(() => {
    if (isUsed) void syncOnce().catch(() => {});
  }, SYNC_MS).unref();
  return {
    book: (what, model, { promptTokens, completionTokens }, dollars) => {
      isUsed = true;
      add({
        day: dayOf(now()),
        for: what,
        model,
        requests: 1,
        promptTokens,
        completionTokens,
        dollars: dollars ?? 0,
        unpriced: dollars === null ? 1 : 0,
      });
    },
    spentToday: (what) => {
      isUsed = true;
      const day = dayOf(now());
      // A day begins with nothing spent; only of the first one it has to be asked.
      if (known === null) return Number.POSITIVE_INFINITY;
      const own = [...(known.day === day ? known.charges : []), ...pending.values()];
      return dollarsOf(own.filter((charge) => charge.for === what && charge.day === day));
    },
    sync: syncOnce,
    close: async () => {
      clearInterval(timer);
      await syncing?.catch(() => {});
      await sync().catch(() => {});
    },
  };
}

const sumOf = (a: Charge, b: Charge): Charge => ({
  ...a,
  requests: a.requests + b.requests,
  promptTokens: a.promptTokens + b.promptTokens,
  completionTokens: a.completionTokens + b.completionTokens,
  dollars: a.dollars + b.dollars,
  unpriced: a.unpriced + b.unpriced,
});
