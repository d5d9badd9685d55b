/** Card numbers (Luhn) and IBANs (mod 97): only numbers whose check holds, replaced by others whose check holds. */
import { ibanRemainder, luhnSum } from './checksums.ts';
import { CUE } from './cues.ts';
import { drawFor, withCharacters } from './draw.ts';
import type { Match, Recogniser } from './match.ts';
import { findNumbers, numberTree } from './numbers.ts';

/** Lengths by issuer prefix: Visa, Mastercard, American Express, Discover, JCB, Diners, Maestro and UnionPay. */
function isCard(digits: string): boolean {
  const n = digits.length;
  const brand =
    (/^4/.test(digits) && (n === 13 || n === 16 || n === 19)) ||
    (/^(?:5[1-5]|2[2-7])/.test(digits) && n === 16) ||
    (/^3[47]/.test(digits) && n === 15) ||
    (/^(?:6011|65|64[4-9]|35)/.test(digits) && n === 16) ||
    (/^(?:30[0-5]|36|38)/.test(digits) && n === 14) ||
    (/^(?:50|5[6-8]|6)/.test(digits) && n >= 16 && n <= 19);
  return brand && luhnSum(digits) === 0 && !/^(\d)\1+$/.test(digits);
}

const CARDS = numberTree([
  {
    kind: 'card',
    shapes:
      '13 14 15 16 17 18 19 4_4_4_4 4-4-4-4 4.4.4.4 4_6_5 4-6-5 4_6_4 4-6-4 4_4_4_4_3 4-4-4-4-3 4_4_4_1',
    valid: isCard,
    // The issuer's first two digits stay, so that the brand does.
    template: Object.fromEntries(Array.from({ length: 7 }, (_, i) => [13 + i, `==${'D'.repeat(10 + i)}?`])),
    made: (digits) => luhnSum(digits) === 0,
  },
  {
    // Old and rare brands, after the word "card" alone: Maestro of 12 digits, JCB of 15.
    kind: 'card',
    shapes: '',
    announced: '12 13 14 15 16 18 19 4_4_4 4-4-4 4_4_4_4 4-4-4-4',
    cue: CUE.card,
    valid: (digits) => luhnSum(digits) === 0 && !/^(\d)\1+$/.test(digits),
    template: Object.fromEntries(Array.from({ length: 8 }, (_, i) => [12 + i, `==${'D'.repeat(9 + i)}?`])),
  },
]);

export const findCards: Recogniser = (scan) => (scan.numbers.length === 0 ? [] : findNumbers(scan, CARDS));

/** Length by country (the registry of ISO 13616). */
const IBAN_LENGTH: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 ' +
    'FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 ' +
    'LI21 LT20 LU20 LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 ' +
    'SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

const IBAN = /[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}/iy;

export const findIbans: Recogniser = (scan) => {
  const { text, mixed } = scan;
  const found: Match[] = [];
  for (let i = 0; i < mixed.length; i += 2) {
    const start = mixed[i] ?? 0;
    const length = IBAN_LENGTH[text.slice(start, start + 2).toUpperCase()];
    if (length === undefined || (found.at(-1)?.end ?? 0) > start) continue;
    const match = scan.at(IBAN, start);
    const original = match === null ? null : firstCharacters(match[0], length);
    if (original === null || /[A-Za-z0-9]/.test(text[start + original.length] ?? '')) continue;
    const iban = original.replace(/[ -]/g, '').toUpperCase();
    if (ibanRemainder(iban) !== 1) continue;
    found.push({
      start,
      end: start + original.length,
      kind: 'iban',
      make: (key) => ibanSurrogate(original, iban, key),
    });
  }
  return found;
};

function ibanSurrogate(original: string, iban: string, key: Uint8Array): string {
  const draw = drawFor(key, 'iban', iban);
  let account = '';
  for (const char of iban.slice(4)) {
    account += /\d/.test(char) ? draw.digit() : String.fromCharCode(65 + draw.below(26));
  }
  const country = iban.slice(0, 2);
  const check = String(98 - ibanRemainder(`${country}00${account}`)).padStart(2, '0');
  const made = country + check + account;
  return withCharacters(original, original === original.toLowerCase() ? made.toLowerCase() : made);
}

/** The start of a text that holds so many letters and digits; null where there are fewer. */
function firstCharacters(text: string, count: number): string | null {
  let seen = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== ' ' && text[i] !== '-') seen++;
    if (seen === count) return text.slice(0, i + 1);
  }
  return null;
}
