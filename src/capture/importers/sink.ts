/**
 * Where imported calls go: redacted and sealed like captured ones, into the store. The one place where importing meets
 * sealer and store.
 */
import { hash } from 'node:crypto';
import type { Call } from '../../core/call.ts';
import type { SealedPart, Store, StoredCall } from '../../core/store.ts';
import { createSealer } from '../sealer.ts';
import type { Vault } from '../vault.ts';

export interface ImportSink {
  /** A keyed hash of a record's content (24 hex digits), from which its calls' ids are made. */
  pseudonym(text: string): string;
  /** Adds the calls that are not there yet, and says how many those were. @throws as the store. */
  add(calls: readonly Call[]): Promise<{ readonly added: number }>;
  /** When the latest call since then arrived; null where there is none. */
  latest(since: number): Promise<number | null>;
}

/** The last time that a Date can hold, in milliseconds. */
const LAST_TIME = 8.64e15;

export function storeSink(store: Store, vault: Vault): ImportSink {
  const sealer = createSealer(vault);
  let known: number | null = null;
  return {
    pseudonym: vault.pseudonym,
    async add(calls) {
      known ??= store.countCalls();
      const sealed: StoredCall[] = [];
      const parts = new Map<string, SealedPart>();
      for (const call of calls) {
        const one = sealer.seal(call);
        sealed.push(one.call);
        for (const part of one.parts) parts.set(part.id, part);
      }
      store.addCalls(sealed, [...parts.values()]);
      const before = known;
      known = store.countCalls();
      // A gateway may have added calls of its own meanwhile.
      return { added: Math.min(calls.length, known - before) };
    },
    async latest(since) {
      // The store lists calls oldest first; halving the time finds the last one without listing them.
      let last: number | null = null;
      for (let low = since, high = LAST_TIME; low <= high; ) {
        const middle = low + Math.floor((high - low) / 2);
        const [call] = store.calls({ since: middle, limit: 1 });
        if (call) {
          last = call.at;
          low = call.at + 1;
        } else high = middle - 1;
      }
      return last;
    },
  };
}

/** Takes everything and keeps nothing. */
export function drySink(): ImportSink {
  return {
    pseudonym: (text) => hash('sha256', text),
    add: async (calls) => ({ added: calls.length }),
    latest: async () => null,
  };
}
