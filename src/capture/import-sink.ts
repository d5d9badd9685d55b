/**
 * Where imported calls go: into a journal of their own, redacted and sealed as captured ones are. The drain brings them into
 * the store afterwards, so that reading files does not wait for the model that finds people.
 * Does not: read files (importers/).
 */
import { mkdirSync } from 'node:fs';
import type { Call } from '../core/call.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { Store } from '../core/store.ts';
import { openCallWriter } from './call-writer.ts';
import { tryLock } from './lock.ts';
import { closeLeftovers } from './recorder.ts';
import { type RedactContext, redactText } from './redact/redact.ts';
import { dayOf, type Vault } from './vault.ts';

export interface ImportSink {
  /** Journals those that are not in the store; resolves when they are on disk. @throws as the vault and the journal. */
  add(calls: readonly Call[]): Promise<{ readonly added: number }>;
  close(): void;
}

export interface ImportSinkOptions {
  readonly dir: string;
  readonly store: Pick<Store, 'knownCalls'>;
  readonly vault: Vault;
  readonly context: RedactContext;
}

/** @throws UnderstudyError 'in-use' where another import is running. */
export function openImportSink({ dir, store, vault, context }: ImportSinkOptions): ImportSink {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const lock = tryLock(dir);
  if (lock === null) {
    throw new UnderstudyError('in-use', 'Another import into this data folder is running.', {
      hint: 'Wait for it to end; importing the same files again adds nothing.',
    });
  }
  closeLeftovers(dir);
  const writer = openCallWriter({ dir, sealing: vault, redact: (text) => redactText(text, context) });
  const prepared = new Set<string>();
  return {
    async add(calls) {
      const known = store.knownCalls(calls.map(({ id }) => id));
      const fresh = calls.filter(({ id }) => !known.has(id));
      for (const day of new Set(fresh.map(({ at }) => dayOf(at)))) {
        if (!prepared.has(day)) vault.prepare(day);
        prepared.add(day);
      }
      await Promise.all(fresh.map((call) => writer.write(call, '')));
      return { added: fresh.length };
    },
    close: () => {
      writer.close();
      lock.release();
    },
  };
}
