/** Names of things: time-ordered random ids, and hashes of content. */
import { hash, randomBytes } from 'node:crypto';

/** `prefix_` + 48 bits of time + 64 random bits, in hex: sorts by time, unique without coordination. */
export function newId(prefix: string, now: number = Date.now()): string {
  return `${prefix}_${now.toString(16).padStart(12, '0')}${randomHex()}`;
}

const RANDOM_BYTES = 8;
let drawn = Buffer.alloc(0);

/** Drawn from the system for many ids at a time: one by one they take as long as parsing the call that they name. */
function randomHex(): string {
  if (drawn.length < RANDOM_BYTES) drawn = randomBytes(RANDOM_BYTES * 256);
  const hex = drawn.toString('hex', 0, RANDOM_BYTES);
  drawn = drawn.subarray(RANDOM_BYTES);
  return hex;
}

/** SHA-256 of the text, in hex; `length` characters of it. */
export function contentHash(text: string | Uint8Array, length = 64): string {
  return hash('sha256', text, 'hex').slice(0, length);
}
