/** Keyed hashes of short texts. */
import { hash } from 'node:crypto';

/** HMAC-SHA256 (RFC 2104) from one-shot hashes: several times faster on short texts than node's Hmac objects. */
export function hmac(key: Uint8Array, message: string | Uint8Array): Buffer {
  const { inner, outer } = padsOf(key);
  outer.set(hash('sha256', padded(inner, message), 'buffer'), BLOCK);
  return hash('sha256', outer, 'buffer');
}

/** Of SHA-256, in bytes. */
const BLOCK = 64;
/** Messages up to this length are put behind the pad in place. */
const SHORT = 4096;

/** The inner pad with the message behind it. */
function padded(inner: Buffer, message: string | Uint8Array): Buffer {
  // A character takes at most three bytes.
  const most = typeof message === 'string' ? 3 * message.length : message.length;
  if (most > SHORT)
    return Buffer.concat([
      inner.subarray(0, BLOCK),
      typeof message === 'string' ? Buffer.from(message) : message,
    ]);
  let { length } = message;
  if (typeof message === 'string') length = inner.write(message, BLOCK);
  else inner.set(message, BLOCK);
  return inner.subarray(0, BLOCK + length);
}

interface Pads {
  /** With room for a short message. */
  readonly inner: Buffer;
  /** With room for the first hash. */
  readonly outer: Buffer;
}

const pads = new WeakMap<Uint8Array, Pads>();

function padsOf(key: Uint8Array): Pads {
  const known = pads.get(key);
  if (known) return known;
  const short = key.length > BLOCK ? hash('sha256', key, 'buffer') : key;
  const made = { inner: Buffer.alloc(BLOCK + SHORT), outer: Buffer.alloc(BLOCK + 32) };
  made.inner.fill(0x36, 0, BLOCK);
  made.outer.fill(0x5c, 0, BLOCK);
  short.forEach((byte, i) => {
    made.inner[i]! ^= byte;
    made.outer[i]! ^= byte;
  });
  pads.set(key, made);
  return made;
}
