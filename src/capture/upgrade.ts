/** Data folders of earlier versions: what they kept in the clear about calls is sealed when they are opened. */
import type { SealedPart } from '../core/store.ts';
import type { CallAbout } from './sealer.ts';
import { dayOf, type Vault } from './vault.ts';

/** What a store of an earlier version has in the clear, and how it takes it sealed. */
interface InClear<T> {
  list(limit: number): Promise<readonly T[]>;
  seal(sealed: readonly (T & { readonly sessionId: string; readonly about: SealedPart })[]): Promise<void>;
}

interface CallInClear {
  readonly at: number;
  readonly sessionId: string;
  readonly model: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Calls sealed in one transaction. */
const BATCH = 1000;

/** Returns how many calls were sealed. @throws as the store and the vault. */
export async function upgradeCalls<T extends CallInClear>(calls: InClear<T>, vault: Vault): Promise<number> {
  let sealed = 0;
  for (;;) {
    const batch = await calls.list(BATCH);
    if (batch.length === 0) return sealed;
    for (const day of new Set(batch.map(({ at }) => dayOf(at)))) await vault.prepare(day);
    await calls.seal(
      batch.map((call) => ({
        ...call,
        sessionId: vault.pseudonym(`session ${call.sessionId}`),
        about: vault.seal(
          dayOf(call.at),
          JSON.stringify({ model: call.model, tags: call.tags } satisfies CallAbout),
        ),
      })),
    );
    sealed += batch.length;
  }
}
