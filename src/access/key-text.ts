/**
 * The text of an access key: `sk-understudy-` + its id (16 hex digits) + `-` + 256 random bits (base64url). The prefix is
 * for secret scanners and for the gateway, which never lets such a text reach a provider.
 * Does not: look keys up (keyring.ts).
 */
import { hash, randomBytes } from 'node:crypto';

export const KEY_PREFIX = 'sk-understudy-';

const ID_CHARS = 16;
const ID_END = KEY_PREFIX.length + ID_CHARS;
const KEY_CHARS = ID_END + 1 + 43;

export function newKeyId(): string {
  return randomBytes(ID_CHARS / 2).toString('hex');
}

export function newKeyText(id: string): string {
  return `${KEY_PREFIX}${id}-${randomBytes(32).toString('base64url')}`;
}

/** The id in a key's text; null for anything else. */
export function idOf(text: string): string | null {
  if (text.length !== KEY_CHARS || !text.startsWith(KEY_PREFIX) || text[ID_END] !== '-') return null;
  return text.slice(KEY_PREFIX.length, ID_END);
}

/**
 * SHA-256 of the text. Slow hashes (scrypt, argon2) are for passwords, which can be guessed; 256 random bits cannot, however
 * fast the hash, and this one is computed for every call.
 */
export function keyHash(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
