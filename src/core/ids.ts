/** Names of things: time-ordered random ids, and hashes of content. */
import { createHash, randomBytes } from 'node:crypto';

/** `prefix_` + 48 bits of time + 64 random bits, in hex: sorts by time, unique without coordination. */
export function newId(prefix: string, now: number = Date.now()): string {
  return `${prefix}_${now.toString(16).padStart(12, '0')}${randomBytes(8).toString('hex')}`;
}

/** SHA-256 of the text, in hex; `length` characters of it. */
export function contentHash(text: string | Uint8Array, length = 64): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}
