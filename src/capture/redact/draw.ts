/** Keyed draws: what a surrogate is made of. The same key and subject always draw the same. */
import { hmac } from '../hmac.ts';

export interface Draw {
  /** Uniform enough in [0, n), for n up to 65,536. */
  below(n: number): number;
  digit(): string;
}

/** Draws for a subject, from HMAC-SHA256 in counter mode. */
export function drawFor(key: Uint8Array, kind: string, subject: string): Draw {
  let block: Buffer = Buffer.alloc(0);
  let at = 0;
  let counter = 0;
  const next16 = (): number => {
    if (at + 2 > block.length) {
      block = hmac(key, `${kind}\0${counter++}\0${subject}`);
      at = 0;
    }
    at += 2;
    return block.readUInt16BE(at - 2);
  };
  const below = (n: number): number => next16() % n;
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

/** The text with its digits replaced, in order, by those given; anything else stays. */
export function withDigits(text: string, digits: string): string {
  let i = 0;
  return text.replace(/\d/g, (old) => digits[i++] ?? old);
}
