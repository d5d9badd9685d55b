/** Addresses of Bitcoin (base58check, bech32) by their checks, and of Ethereum (0x and 40 digits, varied or after a word). */
import { createHash } from 'node:crypto';
import { CUE } from './cues.ts';
import { drawFor } from './draw.ts';
import type { Match, Recogniser } from './match.ts';
import { cueBefore, type Scan } from './scan.ts';

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const BECH32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const LEGACY = /[13LMD][1-9A-HJ-NP-Za-km-z]{25,34}(?![A-Za-z0-9])/y;
const SEGWIT = /(?:bc|tb|ltc)1[02-9ac-hj-np-z]{11,87}(?![A-Za-z0-9])/iy;
const ETHEREUM = /0x[0-9a-f]{40}(?![A-Za-z0-9])/iy;

export const findWallets: Recogniser = (scan) => {
  const { text, mixed } = scan;
  const found: Match[] = [];
  for (let i = 0; i < mixed.length; i += 2) {
    const start = mixed[i] ?? 0;
    const width = (mixed[i + 1] ?? 0) - start;
    if (width < 14 || width > 91 || isInside(text, start)) continue;
    const first = text[start] ?? '';
    let original = '';
    if (first === '0') {
      original = scan.at(ETHEREUM, start)?.[0] ?? '';
      if (original !== '' && !isMixedCase(original) && !isSaidOrVaried(scan, start, original)) continue;
    } else if (/[btl]/i.test(first) && /^(?:bc|tb|ltc)1/i.test(text.slice(start, start + 4))) {
      const made = scan.at(SEGWIT, start)?.[0] ?? '';
      if (isBech32(made.toLowerCase())) original = made;
    } else {
      const made = scan.at(LEGACY, start)?.[0] ?? '';
      if (made !== '' && isBase58Check(made)) original = made;
    }
    if (original === '') continue;
    found.push({
      start,
      end: start + original.length,
      kind: 'wallet',
      make: (key) => walletSurrogate(original, key),
    });
  }
  return found;
};

/** Whether a longer word goes on there. An assignment ("wallet=…") and a path (".../address/…") may end in an address. */
const isInside = (text: string, start: number): boolean => /[\w+-]/.test(text[start - 1] ?? '');

/** Twenty bytes in one case: said to be an address, or as varied as a hash is. Constants that count or repeat are none. */
const isSaidOrVaried = (scan: Scan, start: number, address: string): boolean =>
  new Set(address.slice(2).toLowerCase()).size >= VARIED ||
  cueBefore(scan, start, CUE.wallet, 60) !== undefined;
/** Of 16 hexadecimal digits; fewer are in one of 10,000 hashes of 40. */
const VARIED = 11;

/** Capitals and small letters both: EIP-55's checksum. (Keccak is not available in node:crypto; hashes are written in one case.) */
const isMixedCase = (address: string): boolean =>
  /[a-f]/.test(address.slice(2)) && /[A-F]/.test(address.slice(2));

function isBase58Check(address: string): boolean {
  const bytes = base58(address);
  if (bytes === null) return false;
  return checksum(bytes.subarray(0, 21)).equals(bytes.subarray(21));
}

const checksum = (payload: Uint8Array): Buffer => {
  const once = createHash('sha256').update(payload).digest();
  return createHash('sha256').update(once).digest().subarray(0, 4);
};

function base58(address: string): Buffer | null {
  let value = 0n;
  for (const char of address) value = value * 58n + BigInt(BASE58.indexOf(char));
  const hex = value.toString(16).padStart(50, '0');
  return hex.length === 50 ? Buffer.from(hex, 'hex') : null;
}

function toBase58(bytes: Uint8Array): string {
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let out = '';
  for (; value > 0n; value /= 58n) out = (BASE58[Number(value % 58n)] ?? '') + out;
  for (const byte of bytes) {
    if (byte !== 0) break;
    out = `1${out}`;
  }
  return out;
}

/** BIP 173 and BIP 350. */
function polymod(values: readonly number[]): number {
  let check = 1;
  for (const value of values) {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ value;
    [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3].forEach((constant, i) => {
      if ((top >>> i) & 1) check ^= constant;
    });
  }
  return check >>> 0;
}

const expanded = (prefix: string): number[] => [
  ...[...prefix].map((char) => char.charCodeAt(0) >> 5),
  0,
  ...[...prefix].map((char) => char.charCodeAt(0) & 31),
];

const BECH32_ENDS: readonly number[] = [1, 0x2bc830a3];

function isBech32(address: string): boolean {
  const one = address.indexOf('1');
  if (one < 1 || address.length < 14) return false;
  const data = [...address.slice(one + 1)].map((char) => BECH32.indexOf(char));
  return !data.includes(-1) && BECH32_ENDS.includes(polymod([...expanded(address.slice(0, one)), ...data]));
}

export function walletSurrogate(original: string, key: Uint8Array): string {
  const draw = drawFor(key, 'wallet', original);
  if (/^0x/i.test(original)) {
    const digits = isMixedCase(original) ? '0123456789abcdefABCDEF' : '0123456789abcdef';
    return `0x${Array.from(original.slice(2), () => digits[draw.below(digits.length)] ?? '').join('')}`;
  }
  const lower = original.toLowerCase();
  if (isBech32(lower)) {
    const one = lower.indexOf('1');
    const prefix = lower.slice(0, one);
    const data = Array.from({ length: lower.length - one - 7 }, () => draw.below(32));
    data[0] = BECH32.indexOf(lower[one + 1] ?? 'q');
    const end = BECH32_ENDS[data[0] === 0 ? 0 : 1] ?? 1;
    const check = polymod([...expanded(prefix), ...data, 0, 0, 0, 0, 0, 0]) ^ end;
    for (let i = 0; i < 6; i++) data.push((check >>> (5 * (5 - i))) & 31);
    const made = `${prefix}1${data.map((value) => BECH32[value] ?? '').join('')}`;
    return original === lower ? made : made.toUpperCase();
  }
  const bytes = base58(original);
  if (bytes === null) return original.replace(/[1-9A-Za-z]/g, () => BASE58[draw.below(58)] ?? '');
  const payload = Uint8Array.from(bytes.subarray(0, 21), (byte, i) => (i === 0 ? byte : draw.below(256)));
  return toBase58(Buffer.concat([payload, checksum(payload)]));
}
