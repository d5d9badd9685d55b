/**
 * Which model a call asked for: its name stands in a sealed part, which many calls share. Opened once.
 * Does not: open anything else of a call.
 */

import type { CallAbout } from '../../capture/parts.ts';
import type { Vault } from '../../capture/vault.ts';
import { boundedCache } from '../../core/bounded-cache.ts';
import type { CallStore } from '../../core/store.ts';

export interface ModelNames {
  /** The models' names by part; without those whose day was erased. */
  of(parts: Iterable<string>): Promise<ReadonlyMap<string, string>>;
}

/** Most names that are kept. */
const MAX_NAMES = 100_000;

export function modelNames(store: Pick<CallStore, 'parts'>, vault: Pick<Vault, 'ring'>): ModelNames {
  const known = boundedCache<string>(MAX_NAMES, () => 1);
  return {
    of: async (wanted) => {
      const found = new Map<string, string>();
      const missing: string[] = [];
      for (const id of new Set(wanted)) {
        const name = known.get(id);
        if (name === undefined) missing.push(id);
        else found.set(id, name);
      }
      const parts = await store.parts(missing);
      const ring = await vault.ring([...parts.values()].map(({ day }) => day));
      for (const [id, part] of parts) {
        const text = ring.open(part);
        if (text === null) continue;
        const { model } = JSON.parse(text) as CallAbout;
        known.set(id, model);
        found.set(id, model);
      }
      return found;
    },
  };
}
