/**
 * Data folders of earlier versions: what they kept in the clear about calls is sealed, in the store when it is opened, in the
 * journal when it is drained; models with labels in them, which nothing can run any more, are removed.
 */
import { chmodSync, closeSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SealedPart, StoredCall } from '../core/store.ts';
import type { OldCall } from './frames.ts';
import type { CallAbout } from './parts.ts';
import { dayOf, type Vault } from './vault.ts';

/** What a store of an earlier version has in the clear, and how it takes it sealed. */
interface InClear<T> {
  list(limit: number): Promise<readonly T[]>;
  seal(sealed: readonly (T & { readonly sessionId: string; readonly about: SealedPart })[]): Promise<void>;
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
    await calls.seal(batch.map((call) => ({ ...call, ...sealedAbout(call, vault) })));
    sealed += batch.length;
  }
}

type CallInClear = Pick<OldCall, 'at' | 'sessionId' | 'model' | 'tags'>;

function sealedAbout(
  { at, sessionId, model, tags }: CallInClear,
  vault: Pick<Vault, 'seal' | 'pseudonym'>,
): { readonly sessionId: string; readonly about: SealedPart } {
  return {
    sessionId: vault.pseudonym(`session ${sessionId}`),
    about: vault.seal(dayOf(at), JSON.stringify({ model, tags } satisfies CallAbout)),
  };
}

/** A call of an old journal as one of today, and the part that holds what it had in the clear. */
export function upgradedCall(
  call: OldCall,
  vault: Pick<Vault, 'seal' | 'pseudonym'>,
): { readonly call: StoredCall; readonly about: SealedPart } {
  const { model: _model, tags: _tags, ...rest } = call;
  const { sessionId, about } = sealedAbout(call, vault);
  return { call: { ...rest, sessionId, aboutPart: about.id }, about };
}

/** How the models of that version began, whose headers hold the labels. */
const OLD_MODEL = Buffer.from('understudy-linear 1\n');
const MODEL_ENDING = '.understudy-linear';

/**
 * Brings `training/` of an earlier version up to what is promised of it: no file that others may read, and none with labels in
 * the clear. Returns how many models went; they are trained again by the next learning run.
 */
export function upgradeTraining(dataDir: string): number {
  let removed = 0;
  const visit = (dir: string): void => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name);
      if (entry.isDirectory()) visit(path);
      if (!entry.isDirectory() && !entry.isFile()) continue;
      if (entry.isFile() && entry.name.includes(MODEL_ENDING) && beginsWith(path, OLD_MODEL)) {
        rmSync(path, { force: true });
        removed++;
      } else if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, entry.isDirectory() ? 0o700 : 0o600);
    }
  };
  try {
    visit(join(dataDir, 'training'));
  } catch {
    // None yet, or another user's: its owner decides.
  }
  return removed;
}

function beginsWith(path: string, start: Uint8Array): boolean {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(start.length);
    return readSync(file, bytes) === start.length && bytes.equals(start);
  } finally {
    closeSync(file);
  }
}
