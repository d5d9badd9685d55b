/** Data folders of earlier versions: what they kept in the clear about calls is sealed when they are opened. */
import type { Store } from '../core/store.ts';
import type { CallAbout } from './sealer.ts';
import { dayOf, type Vault } from './vault.ts';

/** Returns how many calls were sealed. @throws as the store and the vault. */
export function upgradeCalls(store: Pick<Store, 'sealCallsInClear'>, vault: Vault): number {
  return store.sealCallsInClear(({ at, sessionId, model, tags }) => ({
    sessionId: vault.pseudonym(`session ${sessionId}`),
    about: vault.seal(dayOf(at), JSON.stringify({ model, tags } satisfies CallAbout)),
  }));
}
