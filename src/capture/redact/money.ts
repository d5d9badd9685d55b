/** Card numbers (Luhn) and IBANs (mod 97): only numbers whose check holds, replaced by others whose check holds. */
import { drawFor, withDigits } from './draw.ts';
import { isReference, type Match, type Recogniser } from './match.ts';

/** ISO/IEC 7812-1: 0 for a full number that is valid. */
export function luhnSum(digits: string): number {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    sum += i % 2 === 1 ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10;
}

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

export const findCards: Recogniser = (text, key) => {
  const found: Match[] = [];
  for (const match of text.matchAll(/(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-]|\.\d)/g)) {
    const original = match[0];
    const digits = original.replace(/[ -]/g, '');
    if (!isCard(digits) || isReference(text, match.index)) continue;
    const draw = drawFor(key, 'card', digits);
    // The issuer's first two digits stay, so that the brand does.
    let made = digits.slice(0, 2);
    while (made.length < digits.length - 1) made += draw.digit();
    made += (10 - luhnSum(`${made}0`)) % 10;
    found.push({
      start: match.index,
      end: match.index + original.length,
      surrogate: withDigits(original, made),
    });
  }
  return found;
};

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

/** ISO 7064 mod 97-10 over the rearranged IBAN; 1 for a valid one. */
export function ibanRemainder(iban: string): number {
  let remainder = 0;
  for (const char of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(char, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder;
}

export const findIbans: Recogniser = (text, key) => {
  const found: Match[] = [];
  for (const match of text.matchAll(/(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}/g)) {
    const length = IBAN_LENGTH[match[0].slice(0, 2)];
    if (length === undefined) continue;
    const original = firstCharacters(match[0], length);
    if (original === null || /[A-Za-z0-9]/.test(text[match.index + original.length] ?? '')) continue;
    const iban = original.replace(/[ -]/g, '');
    if (ibanRemainder(iban) !== 1) continue;
    const draw = drawFor(key, 'iban', iban);
    let account = '';
    for (const char of iban.slice(4)) {
      account += /\d/.test(char) ? draw.digit() : String.fromCharCode(65 + draw.below(26));
    }
    const country = iban.slice(0, 2);
    const check = String(98 - ibanRemainder(`${country}00${account}`)).padStart(2, '0');
    const made = country + check + account;
    let i = 0;
    found.push({
      start: match.index,
      end: match.index + original.length,
      surrogate: original.replace(/[A-Z0-9]/g, () => made[i++] ?? ''),
    });
  }
  return found;
};

/** The start of a text that holds so many letters and digits; null where there are fewer. */
function firstCharacters(text: string, count: number): string | null {
  let seen = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== ' ' && text[i] !== '-') seen++;
    if (seen === count) return text.slice(0, i + 1);
  }
  return null;
}
