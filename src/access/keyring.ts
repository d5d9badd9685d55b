/**
 * The access keys in memory: a key is found by the id in its text, in constant time, and its hash is compared in constant
 * time. Nothing is read from the store on the path of a call.
 * Does not: say what a key may do (core/access.ts), or count (limits.ts).
 */
import { timingSafeEqual } from 'node:crypto';
import type { AccessKey } from '../core/access.ts';
import { idOf, keyHash } from './key-text.ts';

export interface Keyring {
  /** The key in force that this is the text of. */
  find(text: string, now: number): AccessKey | null;
  /** How many there have ever been, revoked ones too. */
  readonly size: number;
}

interface Entry {
  readonly key: AccessKey;
  readonly hash: Buffer;
  readonly previous: Buffer | null;
}

/** Compared with where there is no such id, so that this takes as long. */
const NOBODY = Buffer.alloc(32);

export function keyringOf(keys: readonly AccessKey[]): Keyring {
  const entries = new Map<string, Entry>();
  for (const key of keys) {
    entries.set(key.id, {
      key,
      hash: Buffer.from(key.hash, 'hex'),
      previous: key.previous && Buffer.from(key.previous.hash, 'hex'),
    });
  }
  return {
    size: entries.size,
    find: (text, now) => {
      const id = idOf(text);
      if (id === null) return null;
      const given = keyHash(text);
      const entry = entries.get(id);
      const isCurrent = timingSafeEqual(given, entry?.hash ?? NOBODY);
      const isPrevious = timingSafeEqual(given, entry?.previous ?? NOBODY);
      if (entry === undefined || !isInForce(entry.key, now)) return null;
      if (isCurrent) return entry.key;
      return isPrevious && entry.key.previous !== null && now < entry.key.previous.until ? entry.key : null;
    },
  };
}

export function isInForce({ revokedAt, expiresAt }: AccessKey, now: number): boolean {
  return revokedAt === null && (expiresAt === null || now < expiresAt);
}
