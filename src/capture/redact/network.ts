/** IP and MAC addresses. Surrogates are of ranges that nobody has. */
import { isIPv6 } from 'node:net';
import { CUE } from './cues.ts';
import { drawFor } from './draw.ts';
import type { Match, Recogniser } from './match.ts';
import { cueBefore, endsHere, type Scan } from './scan.ts';

const IPV4 = /(?:\d{1,3}\.){3}\d{1,3}/y;
/** A path of a URL or an agent's version: Chrome/126.0.0.0. */
const BEFORE = /[\w.\-/]$/;
const URL = /:\/\/(?:[^\s/@]{1,80}@)?$/;

function findIpv4(scan: Scan): Match[] {
  const { text, numbers } = scan;
  const found: Match[] = [];
  for (let i = 0; i + 7 < numbers.length; i += 2) {
    const start = numbers[i] ?? 0;
    if (text[numbers[i + 1] ?? 0] !== '.' || (numbers[i + 1] ?? 0) - start > 3) continue;
    if (start < (found.at(-1)?.end ?? 0)) continue;
    const match = scan.at(IPV4, start);
    if (match === null) continue;
    const end = start + match[0].length;
    if (!endsHere(text, end) && !/^\/\d{1,2}(?!\d|\/|\.)/.test(text.slice(end, end + 4))) continue;
    const before = text.slice(Math.max(0, start - 90), start);
    if (BEFORE.test(before) && !URL.test(before) && !/\\[nrt]$/.test(before)) continue;
    const address = match[0];
    const octets = address.split('.').map(Number);
    if (octets.some((octet) => octet > 255) || /(?:^|\.)0\d/.test(address)) continue;
    if (isNobodys(octets)) continue;
    // Small numbers are versions and sections, unless the words before say otherwise; and the other way round.
    const host = cueBefore(scan, start, CUE.host, 24);
    if (host === undefined) {
      if (octets.every((octet) => octet < 32)) continue;
      if (cueBefore(scan, start, CUE.version, 48) !== undefined) continue;
    }
    found.push({ start, end, kind: 'ip', make: (key) => ipv4Surrogate(address, key) });
  }
  return found;
}

/** Loopback, any, multicast, documentation (RFC 5737) and benchmarking (RFC 2544) addresses. */
function isNobodys([a = 0, b = 0, c = 0]: readonly number[]): boolean {
  return (
    a === 0 ||
    a === 127 ||
    a >= 224 ||
    (a === 198 && (b === 18 || b === 19)) ||
    (a === 192 && b === 0 && c === 2) ||
    (a === 198 && b === 51 && c === 100) ||
    (a === 203 && b === 0 && c === 113)
  );
}

function ipv4Surrogate(address: string, key: Uint8Array): string {
  const draw = drawFor(key, 'ip', address);
  return `198.${18 + draw.below(2)}.${draw.below(256)}.${1 + draw.below(254)}`;
}

const IPV6 = /[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,8}/iy;
const MAC = /[0-9a-f]{2}(?::[0-9a-f]{2}){5}(?![\w:])/iy;
const DASHED_MAC = /[0-9a-f]{2}(?:-[0-9a-f]{2}){5}(?![\w-])/iy;
/** Octets of letters alone before the first that has a digit. */
const OCTETS_BEFORE = /(?<![\w-])(?:[a-f]{2}-){1,5}$/i;
/** As switches write it: 001b.6384.45e6. */
const DOTTED_MAC = /[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?![\w.-]\w|\w)/iy;
/** The first three octets of surrogates: a prefix of local administration. */
const OURS = /^02[:-]00[:-]5e/i;
const OURS_DOTTED = /^0200\.5e/i;

function findColons(scan: Scan): Match[] {
  const { text } = scan;
  const found: Match[] = [];
  let done = 0;
  for (const colon of scan.colons) {
    if (colon < done) continue;
    let start = colon;
    while (start > 0 && colon - start < 4 && /[0-9a-f]/i.test(text[start - 1] ?? '')) start--;
    if (text[start - 1] === ':' && start === colon) start--;
    const before = text[start - 1] ?? '';
    if (/[\w:.]/.test(before) && !(/[nrt]/.test(before) && text[start - 2] === '\\')) {
      continue;
    }
    const mac = scan.at(MAC, start);
    if (mac !== null) {
      done = start + mac[0].length;
      if (!OURS.test(mac[0]) && !/^(?:00[:-]){5}|^(?:ff[:-]){5}/i.test(mac[0]))
        found.push(macMatch(start, mac[0]));
      continue;
    }
    const match = scan.at(IPV6, start);
    if (match === null) continue;
    const address = match[0].toLowerCase().replace(/(?<=[0-9a-f]):$/, '');
    const end = start + address.length;
    done = Math.max(colon + 1, end);
    if (!isIPv6(address) || !/\d/.test(address) || address.startsWith('2001:db8:')) continue;
    if (/[\w]/.test(text[end] ?? '') || address.replace(/[^0-9a-f]/g, '').length < 6) continue;
    found.push({ start, end, kind: 'ip', make: (key) => ipv6Surrogate(address, key) });
  }
  return found;
}

/** RFC 3849: for documentation. */
function ipv6Surrogate(address: string, key: Uint8Array): string {
  const draw = drawFor(key, 'ip', address);
  return `2001:db8::${Array.from({ length: 4 }, () => draw.below(65536).toString(16)).join(':')}`;
}

function macMatch(start: number, original: string): Match {
  return { start, end: start + original.length, kind: 'mac', make: (key) => macSurrogate(original, key) };
}

function macSurrogate(original: string, key: Uint8Array): string {
  const plain = original.toLowerCase().replace(/[^0-9a-f]/g, '');
  const draw = drawFor(key, 'mac', (plain.match(/../g) ?? []).join(':'));
  const octets = ['02', '00', '5e', ...[0, 0, 0].map(() => draw.below(256).toString(16).padStart(2, '0'))];
  const made = original.includes('.')
    ? (octets.join('').match(/.{4}/g) ?? []).join('.')
    : octets.join(original[2] ?? ':');
  return original === original.toUpperCase() ? made.toUpperCase() : made;
}

function findDashedMacs(scan: Scan): Match[] {
  const { text } = scan;
  const found: Match[] = [];
  for (const runs of [scan.numbers, scan.mixed]) {
    for (let i = 0; i < runs.length; i += 2) {
      const run = runs[i] ?? 0;
      const width = (runs[i + 1] ?? 0) - run;
      if (width === 4 && text[run + 4] === '.') {
        const dotted = /[\w.-]/.test(text[run - 1] ?? '') ? null : scan.at(DOTTED_MAC, run);
        if (
          dotted !== null &&
          /[a-f]/i.test(dotted[0]) &&
          /\d/.test(dotted[0]) &&
          !OURS_DOTTED.test(dotted[0])
        )
          found.push(macMatch(run, dotted[0]));
        continue;
      }
      if (width !== 2 || !(text[run + 2] === '-' || text[run - 1] === '-')) continue;
      const letters = OCTETS_BEFORE.exec(text.slice(Math.max(0, run - 16), run))?.[0].length ?? 0;
      const start = run - letters;
      if (/[\w-]/.test(text[start - 1] ?? '')) continue;
      const match = scan.at(DASHED_MAC, start);
      // Pairs of digits alone may be a date, a time or a phone.
      if (match !== null && /[a-f]/i.test(match[0]) && !OURS.test(match[0]))
        found.push(macMatch(start, match[0]));
    }
  }
  return found;
}

export const findNetworkAddresses: Recogniser = (scan) => [
  ...findIpv4(scan),
  ...(scan.colons.length > 0 ? findColons(scan) : []),
  ...findDashedMacs(scan),
];
