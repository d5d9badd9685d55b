/**
 * Texts deflated where that pays, and AES-256-GCM. Does not: know what keys are for (vault.ts).
 */
import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

const RAW = 0;
const DEFLATED = 1;
/** Below this, deflating saves too little for its time: to begin it takes as long as to encrypt 100 KB. */
const DEFLATE_FROM = 2048;

export function pack(plain: Buffer): Buffer {
  if (plain.length >= DEFLATE_FROM) {
    const deflated = deflateRawSync(plain, { level: 1 });
    if (deflated.length < plain.length * 0.9) return Buffer.concat([Buffer.of(DEFLATED), deflated]);
  }
  return Buffer.concat([Buffer.of(RAW), plain]);
}

/** Texts up to this number of characters are written in one place, again and again. */
const SHORT = 8192;
const scratch = Buffer.alloc(1 + 3 * SHORT);

/** A text's bytes, and as pack has them. Both are gone with the next call. */
export function packText(text: string): { readonly plain: Buffer; readonly packed: Buffer } {
  if (text.length > SHORT) {
    const plain = Buffer.from(text, 'utf8');
    return { plain, packed: pack(plain) };
  }
  scratch[0] = RAW;
  const end = 1 + scratch.write(text, 1);
  const plain = scratch.subarray(1, end);
  return { plain, packed: plain.length < DEFLATE_FROM ? scratch.subarray(0, end) : pack(plain) };
}

export function unpack(packed: Buffer): string {
  const content = packed.subarray(1);
  return (packed[0] === DEFLATED ? inflateRawSync(content) : content).toString('utf8');
}

/** Nonce (12 bytes), ciphertext, tag (16 bytes): AES-256-GCM as in NIST SP 800-38D; `about` is authenticated. */
export function encrypt(key: KeyObject | Uint8Array, plain: Uint8Array, about: string): Buffer {
  const nonce = nextNonce();
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(about));
  const sealed = kept(NONCE + plain.length + TAG);
  sealed.set(nonce);
  sealed.set(cipher.update(plain), NONCE);
  // GCM gives all at once: nothing is left for the end.
  cipher.final();
  sealed.set(cipher.getAuthTag(), NONCE + plain.length);
  return sealed;
}

/** Bytes of a nonce and of a tag. */
const [NONCE, TAG] = [12, 16];
/** Where short sealed texts lie, one behind the other. */
const SLAB = 8 * 1024;
const MAX_IN_SLAB = 2048;
let slab = Buffer.alloc(0);

/**
 * Memory for what is sealed, which is often kept for long. Node's own pool would put it beside what is gone at once, and keep that
 * as well; memory of its own costs the collector more than its bytes.
 */
function kept(size: number): Buffer {
  if (size > MAX_IN_SLAB) return Buffer.allocUnsafeSlow(size);
  if (slab.length < size) slab = Buffer.allocUnsafeSlow(SLAB);
  const own = slab.subarray(0, size);
  slab = slab.subarray(size);
  return own;
}

let nonces = Buffer.alloc(0);

/** Twelve random bytes, drawn from the system many at a time: one by one costs as much as the encryption. */
function nextNonce(): Buffer {
  if (nonces.length < NONCE) nonces = randomBytes(NONCE * 256);
  const nonce = nonces.subarray(0, NONCE);
  nonces = nonces.subarray(NONCE);
  return nonce;
}

/** Null where key, text or `about` are not those of the encryption. */
export function decrypt(key: KeyObject | Uint8Array, sealed: Buffer, about: string): Buffer | null {
  if (sealed.length < 28) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12), { authTagLength: 16 })
    .setAAD(Buffer.from(about))
    .setAuthTag(sealed.subarray(-16));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
  } catch {
    return null;
  }
}
