/**
 * JSON values as they are written: numbers by their digits, keys of any name. JSON.parse makes the nearest double of a
 * number, so that 9007199254740993 and 9007199254740992 become one; what is compared must keep them apart.
 * Does not: say what is equal (compare.ts).
 */
import { isObject, parseJson } from './json.ts';

/** A number as a decimal without loss: digits × 10^exponent, without zeros at the end of the digits. */
export interface Numeral {
  /** With their sign. */
  readonly digits: string;
  readonly exponent: bigint;
}

export type ExactObject = ReadonlyMap<string, Exact>;
export type Exact = null | boolean | string | Numeral | readonly Exact[] | ExactObject;

export const isNumeral = (value: Exact | undefined): value is Numeral =>
  typeof value === 'object' && value !== null && 'digits' in value;
export const isExactObject = (value: Exact | undefined): value is ExactObject => value instanceof Map;

/** The parsed text, or undefined where parseJson gives none. Of a key that is there twice the last value counts. */
export function parseExact(text: string): Exact | undefined {
  if (parseJson(text) === undefined) return undefined;
  return JSON.parse(text, (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
    if (typeof value === 'number') return numeralOf(context?.source ?? String(value)) ?? String(value);
    // Each object of the text, whatever its keys: a caller's `digits` makes no number of it.
    return isObject(value) ? new Map(Object.entries(value)) : value;
  }) as Exact;
}

const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** Digits of a number or an exponent beyond which it is not reckoned with: that takes more than linear time. */
const MAX_DIGITS = 4096;
const MAX_EXPONENT_DIGITS = 64;

/** The number that a text writes as JSON does; null where it does not. */
export function numeralOf(text: string): Numeral | null {
  const [, sign = '', whole = '', fraction = '', power = '0'] = NUMBER.exec(text) ?? [];
  if (whole === '') return null;
  // No number that anyone means: the same as another only where it is written so.
  if (power.length > MAX_EXPONENT_DIGITS) return { digits: text, exponent: 0n };
  const written = whole + fraction;
  let start = 0;
  let end = written.length;
  while (end > 0 && written[end - 1] === '0') end--;
  while (start < end && written[start] === '0') start++;
  if (end === 0) return { digits: '0', exponent: 0n };
  const exponent = BigInt(power) - BigInt(fraction.length) + BigInt(written.length - end);
  return { digits: sign + written.slice(start, end), exponent };
}

/** Equal for equal numbers, and short: 15e2. */
export const numeralKey = ({ digits, exponent }: Numeral): string => `${digits}e${exponent}`;

/** The number as people write it, where that is short. */
export function showNumeral({ digits, exponent }: Numeral): string {
  if (exponent > 20n || exponent < -20n) return `${digits}e${exponent}`;
  if (exponent >= 0n) return digits + '0'.repeat(Number(exponent));
  const sign = digits.startsWith('-') ? '-' : '';
  const places = Number(-exponent);
  const plain = digits.slice(sign.length).padStart(places + 1, '0');
  return `${sign}${plain.slice(0, -places)}.${plain.slice(-places)}`;
}

/** Beyond this many places between two numbers, they differ by more than any tolerance. */
const MAX_PLACES = 4096n;

/** Whether |a − b| ≤ tolerance, or ≤ tolerance × the larger of |a| and |b|; in decimals, without rounding. */
export function isNear(a: Numeral, b: Numeral, tolerance: Numeral, relative: boolean): boolean {
  const least = [a, b, tolerance].reduce((low, { exponent }) => (exponent < low ? exponent : low), 0n);
  const most = [a, b, tolerance].reduce((high, { exponent }) => (exponent > high ? exponent : high), 0n);
  const isLong = [a, b, tolerance].some(({ digits }) => digits.length > MAX_DIGITS);
  if (isLong || most - least > MAX_PLACES) return numeralKey(a) === numeralKey(b);
  const scaled = ({ digits, exponent }: Numeral): bigint => BigInt(digits) * 10n ** (exponent - least);
  const size = (n: bigint): bigint => (n < 0n ? -n : n);
  const [x, y, limit] = [scaled(a), scaled(b), scaled(tolerance)];
  const gap = size(x - y);
  if (!relative) return gap <= limit;
  // `limit` is scaled by 10^-least, and so must the other side be.
  const isWithin = (whole: bigint): boolean => gap * 10n ** -least <= limit * size(whole);
  return isWithin(x) || isWithin(y);
}

/** Whether a double holds each of the text's numbers without loss; true where the text is not JSON. */
export function isSafeJson(text: string): boolean {
  const value = parseExact(text);
  return value === undefined || isSafe(value);
}

function isSafe(value: Exact): boolean {
  if (isNumeral(value)) {
    // More than a double's 15 decimal digits are safe where the double says them back.
    const back = numeralOf(String(Number(numeralKey(value))).replace('e+', 'e'));
    return back !== null && numeralKey(back) === numeralKey(value);
  }
  if (isExactObject(value)) return [...value.values()].every(isSafe);
  return !Array.isArray(value) || value.every(isSafe);
}

/** Equal for values that are the same JSON whatever the order of their keys and the way their numbers are written. */
export function exactKey(value: Exact, text: (leaf: string) => string = (leaf) => leaf): string {
  if (typeof value === 'string') return JSON.stringify(text(value));
  if (isNumeral(value)) return numeralKey(value);
  if (isExactObject(value)) {
    const entries = [...value].map(([key, item]) => `${JSON.stringify(key)}:${exactKey(item, text)}`);
    return `{${entries.sort().join(',')}}`;
  }
  return Array.isArray(value) ? `[${value.map((item) => exactKey(item, text)).join(',')}]` : String(value);
}
