/**
 * Making, rotating and revoking access keys. A key's text is given back once, where it is made, and kept nowhere.
 * Does not: write down who did it (the audit trail, by the caller).
 */
import type { AccessKey, AccessStore, KeyLimits, Role } from '../core/access.ts';
import { UnderstudyError } from '../core/errors.ts';
import { keyHash, newKeyId, newKeyText } from './key-text.ts';
import { isInForce } from './keyring.ts';

type Keys = Pick<AccessStore, 'accessKeys' | 'putAccessKey'>;

export interface NewKey extends Partial<KeyLimits> {
  readonly alias: string;
  readonly role: Role;
  /** Epoch milliseconds. Default: never. */
  readonly expiresAt?: number | null;
}

/** A key with its text, which is not kept. */
export interface MadeKey {
  readonly key: AccessKey;
  readonly text: string;
}

/** @throws UnderstudyError 'bad-input' for an alias that is taken, or that cannot be told from an id. */
export async function createKey(store: Keys, wanted: NewKey, now: number): Promise<MadeKey> {
  if (!/^[\w.@ -]{1,64}$/.test(wanted.alias) || /^[\da-f]{16}$/.test(wanted.alias)) {
    throw new UnderstudyError('bad-input', `'${wanted.alias}' cannot be the alias of a key.`, {
      hint: 'It has 1 to 64 letters, digits, spaces or any of . _ - @, and does not look like an id.',
      status: 400,
    });
  }
  const id = newKeyId();
  const text = newKeyText(id);
  const key: AccessKey = {
    id,
    alias: wanted.alias,
    role: wanted.role,
    hash: keyHash(text).toString('hex'),
    previous: null,
    models: wanted.models ?? null,
    budget: wanted.budget ?? null,
    requestsPerMinute: wanted.requestsPerMinute ?? null,
    tokensPerMinute: wanted.tokensPerMinute ?? null,
    createdAt: now,
    rotatedAt: null,
    expiresAt: wanted.expiresAt ?? null,
    revokedAt: null,
  };
  await store.putAccessKey(key);
  return { key, text };
}

/**
 * A new text for the key; the one before is accepted for `graceMs` more.
 * @throws UnderstudyError 'not-found', 'bad-input' for a key that is not in force.
 */
export async function rotateKey(store: Keys, named: string, graceMs: number, now: number): Promise<MadeKey> {
  const key = await findKey(store, named, now);
  if (!isInForce(key, now)) {
    throw new UnderstudyError('bad-input', `The key ${key.alias} is expired or revoked.`, {
      hint: 'Make a new one with `understudy keys create`.',
      status: 400,
    });
  }
  const text = newKeyText(key.id);
  const rotated: AccessKey = {
    ...key,
    hash: keyHash(text).toString('hex'),
    previous: graceMs > 0 ? { hash: key.hash, until: now + graceMs } : null,
    rotatedAt: now,
  };
  await store.putAccessKey(rotated);
  return { key: rotated, text };
}

/** Both texts of a key that is being rotated stop at once. @throws UnderstudyError 'not-found'. */
export async function revokeKey(store: Keys, named: string, now: number): Promise<AccessKey> {
  const key = await findKey(store, named, now);
  const revoked: AccessKey = { ...key, previous: null, revokedAt: key.revokedAt ?? now };
  await store.putAccessKey(revoked);
  return revoked;
}

/** By its id or its alias; of several with that alias, the one in force, else the latest. @throws UnderstudyError 'not-found'. */
export async function findKey(store: Keys, named: string, now: number): Promise<AccessKey> {
  const keys = await store.accessKeys();
  const found = keys.filter(({ id, alias }) => id === named || alias === named);
  const key = found.find((each) => isInForce(each, now)) ?? found.at(-1);
  if (key) return key;
  throw new UnderstudyError('not-found', `There is no key ${named}.`, {
    hint: '`understudy keys list` shows them.',
    status: 404,
  });
}
