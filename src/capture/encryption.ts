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

export function unpack(packed: Buffer): string {
  const content = packed.subarray(1);
  return (packed[0] === DEFLATED ? inflateRawSync(content) : content).toString('utf8');
}

/** Nonce (12 bytes), ciphertext, tag (16 bytes): AES-256-GCM as in NIST SP 800-38D; `about` is authenticated. */
export function encrypt(key: KeyObject | Uint8Array, plain: Uint8Array, about: string): Buffer {
  const nonce = nextNonce();
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(about));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

let nonces = Buffer.alloc(0);

/** Twelve random bytes, drawn from the system many at a time: one by one costs as much as the encryption. */
function nextNonce(): Buffer {
  if (nonces.length < 12) nonces = randomBytes(12 * 256);
  const nonce = nonces.subarray(0, 12);
  nonces = nonces.subarray(12);
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
