/** Email addresses of people. Mailboxes of functions (support@) and addresses of example domains stay. */
import { drawDigits, drawFor } from './draw.ts';
import type { Match, Recogniser } from './match.ts';
import { fullSurrogate, isSurrogateName, nameSurrogate } from './surrogate-names.ts';

const LOCAL = /[\p{L}\p{N}._%+'-]/u;
const DOMAIN = /(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}[a-z\p{L}]{2,24}/uy;
/** Mailboxes of functions, not of people. */
const ROLE =
  /^(?:info|support|help|helpdesk|sales|contact|service|customer(?:service|care|support)?|hello|admin|office|team|no-?reply|do-?not-?reply|billing|orders?|returns?|shop|jobs|press|privacy|security|abuse|webmaster|postmaster|root|git|kontakt|feedback|notifications?|news(?:letter)?|mail)$/i;
const FILE_ENDING = /\.(?:png|jpe?g|gif|svg|webp|js|ts|mjs|css|json|html?|md|py|txt|pdf|zip|local)$/i;
const RESERVED = /(?:^|\.)(?:example\.(?:com|org|net|edu)|example|test|invalid)$/i;
const EXAMPLES = ['example.com', 'example.org', 'example.net'];

export const findEmails: Recogniser = (scan) => {
  const { text } = scan;
  const found: Match[] = [];
  for (const at of scan.ats) {
    let start = at;
    while (start > 0 && at - start < 64 && LOCAL.test(text[start - 1] ?? '')) start--;
    scan.steps += at - start;
    // The letter of an escape (\n) is not part of the address.
    if (text[start - 1] === '\\') start++;
    while (start < at && /[.'%+-]/.test(text[start] ?? '')) start++;
    const local = text.slice(start, at);
    if (local === '' || ROLE.test(local)) continue;
    const domain = scan.at(DOMAIN, at + 1)?.[0] ?? '';
    if (domain === '' || RESERVED.test(domain) || FILE_ENDING.test(domain)) continue;
    // package@1.2.beta
    if (/^[\d.]+\.[a-z]+$/i.test(domain) && !/\.(?:com|net|org|cn)$/i.test(domain)) continue;
    const sign = text[at] ?? '@';
    found.push({
      start,
      end: at + 1 + domain.length,
      kind: 'email',
      make: (key) => `${localSurrogate(local, key)}${sign}${domainSurrogate(domain, key)}`,
    });
  }
  return found;
};

/** How many addresses of a text give names: more are a list, whose names stand elsewhere. */
const MAX_OWNERS = 500;

/** "Mia Brandt" in a text with mia.brandt@…: the address says that the words are a name. */
export const findOwners: Recogniser = (scan) => {
  const { text } = scan;
  if (scan.ats.length === 0) return [];
  const owners = new Map<string, Set<string>>();
  for (const at of scan.ats.slice(0, MAX_OWNERS)) {
    const local = /(?<!\p{L})(\p{L}{2,30})[._-](\p{L}{2,30})$/u.exec(text.slice(Math.max(0, at - 64), at));
    if (local === null || ROLE.test(local[1] ?? '')) continue;
    const first = (local[1] ?? '').toLowerCase();
    owners.set(first, (owners.get(first) ?? new Set()).add((local[2] ?? '').toLowerCase()));
  }
  const found: Match[] = [];
  if (owners.size === 0) return found;
  scan.steps += text.length;
  let before: RegExpExecArray | undefined;
  for (const word of text.matchAll(/\p{L}{2,30}/gu)) {
    const second = before === undefined ? undefined : owners.get(before[0].toLowerCase());
    if (before !== undefined && second?.has(word[0].toLowerCase()) && isName(text, before, word)) {
      const start = before.index;
      const name = text.slice(start, word.index + word[0].length);
      found.push({
        start,
        end: start + name.length,
        kind: 'person',
        make: (key) => fullSurrogate(name, key),
      });
    }
    before = word;
  }
  return found;
};

/** Two words with capitals and a space between, of which neither is ours. */
const isName = (text: string, first: RegExpExecArray, second: RegExpExecArray): boolean =>
  text.slice(first.index + first[0].length, second.index) === ' ' &&
  /^\p{Lu}/u.test(first[0]) &&
  /^\p{Lu}/u.test(second[0]) &&
  !isSurrogateName(first[0]) &&
  !isSurrogateName(second[0]);

/** The address with its local part and its domain replaced, each alone, so that colleagues stay colleagues. */
export function emailSurrogate(address: string, key: Uint8Array): string {
  const at = Math.max(address.lastIndexOf('@'), address.lastIndexOf('＠'));
  if (at < 1) return `${localSurrogate(address, key)}@${EXAMPLES[0]}`;
  return (
    localSurrogate(address.slice(0, at), key) + address[at] + domainSurrogate(address.slice(at + 1), key)
  );
}

function domainSurrogate(domain: string, key: Uint8Array): string {
  const lower = domain.toLowerCase();
  if (RESERVED.test(lower)) return domain;
  const host = EXAMPLES[drawFor(key, 'domain', lower).below(EXAMPLES.length)];
  const made = `${nameSurrogate(lower, key)}.${host}`;
  return domain === lower ? made : domain === domain.toUpperCase() ? made.toUpperCase() : made;
}

/** Words become the surrogates that the same words have as names, so that an address still fits its owner. */
function localSurrogate(local: string, key: Uint8Array): string {
  const draw = drawFor(key, 'email', local.toLowerCase());
  return local.replace(/\p{L}+|\p{N}+/gu, (piece) =>
    /^\p{N}/u.test(piece) ? drawDigits(draw, piece.length) : nameSurrogate(piece, key),
  );
}
