/**
 * Where imported calls go: into a journal of their own, redacted and sealed as captured ones are. The drain brings them
 * into the store afterwards, so that reading files does not wait for the model that finds people.
 * Does not: read files (import.ts).
 */
import { hash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { Call } from '../../core/call.ts';
import { UnderstudyError } from '../../core/errors.ts';
import type { CallStore } from '../../core/store.ts';
import { openCallWriter } from '../call-writer.ts';
import { closeLeftovers } from '../journal.ts';
import { tryLock } from '../lock.ts';
import { type RedactContext, redactText } from '../redact/redact.ts';
import { dayOf, type Vault } from '../vault.ts';

export interface ImportSink {
  /** A keyed hash of a record's content (24 hex digits), from which its calls' ids are made. */
  pseudonym(text: string): string;
  /**
   * Adds the calls that are not in the store yet, and says how many those were; resolves when they are on disk.
   * @throws as the vault and the journal.
   */
  add(calls: readonly Call[]): Promise<{ readonly added: number }>;
  /** When the latest call since then arrived; null where there is none. */
  latest(since: number): Promise<number | null>;
  close(): void;
}

export interface JournalSinkOptions {
  /** Folder of the imports' journal; one import at a time. */
  readonly dir: string;
  readonly store: Pick<CallStore, 'knownCalls' | 'latestCallAt'>;
  readonly vault: Vault;
  readonly context: RedactContext;
}

/** @throws UnderstudyError 'in-use' where another import is running. */
export function journalSink({ dir, store, vault, context }: JournalSinkOptions): ImportSink {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const lock = tryLock(dir);
  if (lock === null) {
    throw new UnderstudyError('in-use', 'Another import into this data folder is running.', {
      hint: 'Wait for it to end; importing the same files again adds nothing.',
    });
  }
  closeLeftovers(dir);
  const writer = openCallWriter({ dir, sealing: vault, redact: (text) => redactText(text, context) });
  return {
    pseudonym: vault.pseudonym,
    async add(calls) {
      const known = await store.knownCalls(calls.map(({ id }) => id));
      const fresh = calls.filter(({ id }) => !known.has(id));
      for (const day of new Set(fresh.map(({ at }) => dayOf(at)))) await vault.prepare(day);
      await Promise.all(fresh.map((call) => writer.write(call, '')));
      return { added: fresh.length };
    },
    latest: (since) => store.latestCallAt(since),
    close: () => {
      writer.close();
      lock.release();
    },
  };
}

/** Takes everything and keeps nothing. */
export function drySink(): ImportSink {
  return {
    pseudonym: (text) => hash('sha256', text),
    add: async (calls) => ({ added: calls.length }),
    latest: async () => null,
    close: () => {},
  };
}
