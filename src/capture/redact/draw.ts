/** Keyed draws: what a surrogate is made of. The same key and subject always draw the same. */
import { hash } from 'node:crypto';

export interface Draw {
  /** Uniform enough in [0, n), for n up to 2^32. */
  below(n: number): number;
  digit(): string;
}

/** Seeds of late, by key: the same domains and first names come again and again. */
const seeds = new WeakMap<Uint8Array, Map<string, Buffer>>();
const MAX_SEEDS = 4096;

function seedFor(key: Uint8Array, subject: string): Buffer {
  let known = seeds.get(key);
  if (known === undefined || known.size >= MAX_SEEDS) {
    known = new Map();
    seeds.set(key, known);
  }
  let seed = known.get(subject);
  if (seed === undefined) {
    seed = hash('sha512-256', Buffer.concat([key, Buffer.from(subject)]), 'buffer');
    known.set(subject, seed);
  }
  return seed;
}

/**
 * Draws for a subject: a keyed hash seeds the generator sfc32 (C. Doty-Humphrey, PractRand) with 128 bits. SHA-512/256 of
 * key and subject is a keyed hash by itself, since its output is a part of its state alone (J.-S. Coron et al.,
 * "Merkle-Damgård Revisited", 2005): half the time of HMAC, which texts full of personal data spend here.
 */
export function drawFor(key: Uint8Array, kind: string, subject: string): Draw {
  const seed = seedFor(key, `${kind}\0${subject}`);
  let a = seed.readInt32LE(0);
  let b = seed.readInt32LE(4);
  let c = seed.readInt32LE(8);
  let counter = seed.readInt32LE(12);
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 8; i++) next();
  const below = (n: number): number => Math.floor((next() / 4294967296) * n);
  return { below, digit: () => String(below(10)) };
}

/** The text with each letter and digit replaced by a drawn one of its class; anything else stays. */
export function drawLike(draw: Draw, text: string): string {
  let out = '';
  for (const char of text) {
    if (char >= '0' && char <= '9') out += draw.digit();
    else if (char >= 'a' && char <= 'z') out += String.fromCharCode(97 + draw.below(26));
    else if (char >= 'A' && char <= 'Z') out += String.fromCharCode(65 + draw.below(26));
    else out += char;
  }
  return out;
}

/** As many drawn digits. */
export function drawDigits(draw: Draw, count: number): string {
  let out = '';
  while (out.length < count) out += draw.digit();
  return out;
}

/** The text with its digits replaced, in order, by those given; anything else stays. */
export function withDigits(text: string, digits: string): string {
  let i = 0;
  return text.replace(/\d/g, (old) => digits[i++] ?? old);
}

/** The text with its ASCII letters and digits replaced, in order, by the characters given; anything else stays. */
export function withCharacters(text: string, characters: string): string {
  let i = 0;
  return text.replace(/[A-Za-z0-9]/g, (old) => characters[i++] ?? old);
}
