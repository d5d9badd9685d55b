/** Email addresses, phone numbers and IP addresses. */
import { isIPv6 } from 'node:net';
import { drawFor, withDigits } from './draw.ts';
import { isReference, type Match, type Recogniser } from './match.ts';
import { nameSurrogate } from './surrogate-names.ts';

const LOCAL = /[\p{L}\p{N}._%+'-]/u;
const DOMAIN = /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}[a-z\p{L}]{2,24}/u;
/** Mailboxes of functions, not of people. */
const ROLE =
  /^(?:info|support|help|helpdesk|sales|contact|service|customer(?:service|care|support)?|hello|admin|office|team|no-?reply|do-?not-?reply|billing|orders?|returns?|shop|jobs|press|privacy|security|abuse|webmaster|postmaster|root|git|kontakt|feedback|notifications?|news(?:letter)?|mail)$/i;
const FILE_ENDING = /\.(?:png|jpe?g|gif|svg|webp|js|ts|mjs|css|json|html?|md|py|txt|pdf|zip|local)$/i;
const RESERVED = /(?:^|\.)(?:example\.(?:com|org|net|edu)|example|test|invalid)$/i;
const EXAMPLES = ['example.com', 'example.org', 'example.net'];

export const findEmails: Recogniser = (text, key) => {
  const found: Match[] = [];
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    let start = at;
    while (start > 0 && at - start < 64 && LOCAL.test(text[start - 1] ?? '')) start--;
    // The letter of an escape (\n) is not part of the address.
    if (text[start - 1] === '\\') start++;
    while (start < at && /[.'%+-]/.test(text[start] ?? '')) start++;
    const local = text.slice(start, at);
    const domain = DOMAIN.exec(text.slice(at + 1, at + 255))?.[0] ?? '';
    if (local === '' || domain === '' || ROLE.test(local)) continue;
    if (RESERVED.test(domain) || FILE_ENDING.test(domain)) continue;
    // package@1.2.beta
    if (/^[\d.]+\.[a-z]+$/i.test(domain) && !/\.(?:com|net|org|cn)$/i.test(domain)) continue;
    const host = EXAMPLES[drawFor(key, 'domain', domain.toLowerCase()).below(EXAMPLES.length)] ?? '';
    found.push({
      start,
      end: at + 1 + domain.length,
      surrogate: `${localSurrogate(local, domain, key)}@${host}`,
    });
  }
  return found;
};

/** Words become the surrogates that the same words have as names, so that an address still fits its owner. */
function localSurrogate(local: string, domain: string, key: Uint8Array): string {
  const draw = drawFor(key, 'email', `${local}@${domain}`.toLowerCase());
  let words = 0;
  let digits = 0;
  const made = local.replace(/\p{L}+|\p{N}+/gu, (piece) => {
    if (/^\p{N}/u.test(piece)) {
      digits++;
      return Array.from(piece, () => draw.digit()).join('');
    }
    words++;
    if (piece.length === 1) return String.fromCharCode(97 + draw.below(26));
    return nameSurrogate(piece, key);
  });
  // One word alone has few surrogates; two digits keep different addresses apart.
  return words < 2 && digits === 0 ? `${made}${draw.digit()}${draw.digit()}` : made;
}

const INTERNATIONAL =
  /(?<![\w+])(?:\+|00)[1-9]\d{0,2}[ .\-/]?(?:\(\d{1,4}\)[ .\-/]?)?\d{1,4}(?:[ .\-/]?\d{2,4}){1,5}(?![\w-])/g;
const NORTH_AMERICAN =
  /(?<![\w.\-#/])(?:1[ .-])?(?:\([2-9]\d{2}\) ?[2-9]\d{2}[ .-]\d{4}|[2-9]\d{2}-[2-9]\d{2}-\d{4}|[2-9]\d{2}\.[2-9]\d{2}\.\d{4})(?![\w-])/g;
const NATIONAL = /(?<![\w.\-+#/])\(?0[1-9]\d{1,3}\)?[ /-]\d{3,8}(?:[ -]?\d{2,5}){0,2}(?![\w-]|\.\d)/g;
const NAMED =
  /(?<![a-z])(?:(?:tele)?phone|tel|telefon\w*|mobile|mobil|cell|fax|whatsapp|handy\w*|call(?: me)?(?: back)? (?:at|on|under)|reach me (?:at|on|under)|text me (?:at|on)|sms)(?:[ _-]?(?:number|nummer|num|no|nr))?\.?["']?\s{0,2}(?:is|:|=|at|on|to)?\s{0,2}["']?((?:\+|\()?\d[\d ().\-/]{5,18}\d)(?![\w-])/gi;
const DATE = /^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(?!\d)/;

/** Every phone number holds a stretch like this. */
const DIGITS = /\d[\d ().\-/]{5,}\d/;

export const findPhones: Recogniser = (text, key) => {
  const found: Match[] = [];
  if (!DIGITS.test(text)) return found;
  const add = (start: number, original: string, least: number): void => {
    const digits = original.replace(/\D/g, '');
    if (digits.length < least || digits.length > 15 || DATE.test(original)) return;
    if (isReference(text, start)) return;
    found.push({ start, end: start + original.length, surrogate: phoneSurrogate(original, digits, key) });
  };
  for (const match of text.matchAll(INTERNATIONAL)) {
    // Without a plus, 00 counts only where the number is written in groups.
    if (match[0].startsWith('+') || /[ -]/.test(match[0])) add(match.index, match[0], 9);
  }
  for (const match of text.matchAll(NORTH_AMERICAN)) add(match.index, match[0], 10);
  for (const match of text.matchAll(NATIONAL)) add(match.index, match[0], 9);
  for (const match of text.matchAll(NAMED)) {
    const number = match[1] ?? '';
    add(match.index + match[0].length - number.length, number, 7);
  }
  return found;
};

/** The last digits are drawn from themselves alone, so that a number is the same with and without its country. */
function phoneSurrogate(original: string, digits: string, key: Uint8Array): string {
  const drawn = Math.min(8, digits.length - 1);
  const draw = drawFor(key, 'phone', digits.slice(-drawn));
  let tail = String(2 + draw.below(8));
  while (tail.length < drawn) tail += draw.digit();
  return withDigits(original, digits.slice(0, -drawn) + tail);
}

const IPV4 = /(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)/g;
const IPV6 = /(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){4,8}(?![\w:])/gi;

export const findAddresses: Recogniser = (text, key) => {
  const found: Match[] = [];
  for (const match of text.matchAll(IPV4)) {
    const address = match[0];
    const octets = address.split('.').map(Number);
    if (octets.some((octet) => octet > 255) || address.split('.').some((octet) => /^0\d/.test(octet)))
      continue;
    const [a = 0, b = 0, c = 0] = octets;
    // Nobody's: loopback, any, broadcast, documentation (RFC 5737) and benchmarking (RFC 2544) addresses.
    if (a === 0 || a === 127 || a >= 224 || (a === 198 && (b === 18 || b === 19))) continue;
    if ((a === 192 && b === 0 && c === 2) || (a === 198 && b === 51 && c === 100)) continue;
    if (a === 203 && b === 0 && c === 113) continue;
    // Small numbers are versions and sections, unless the words before say otherwise.
    const before = text.slice(Math.max(0, match.index - 24), match.index);
    if (/(?:v|version|release|build|section|chapter|§)[\s.:]*$/i.test(before)) continue;
    if (octets.every((octet) => octet < 32) && !/\b(?:ip|host|address|server|from|client)\b/i.test(before))
      continue;
    const draw = drawFor(key, 'ip', address);
    found.push({
      start: match.index,
      end: match.index + address.length,
      surrogate: `198.${18 + draw.below(2)}.${draw.below(256)}.${1 + draw.below(254)}`,
    });
  }
  if (!text.includes(':')) return found;
  for (const match of text.matchAll(IPV6)) {
    const address = match[0].toLowerCase();
    if (!isIPv6(address) || !/\d/.test(address) || address.startsWith('2001:db8:')) continue;
    if (address.replace(/[^0-9a-f]/g, '').length < 6) continue;
    const draw = drawFor(key, 'ip', address);
    const groups = Array.from({ length: 4 }, () => draw.below(65536).toString(16));
    found.push({
      start: match.index,
      end: match.index + address.length,
      // RFC 3849: for documentation.
      surrogate: `2001:db8::${groups.join(':')}`,
    });
  }
  return found;
};
