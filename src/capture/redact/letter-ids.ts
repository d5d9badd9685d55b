/** National ids with letters in them, by build and check letter; the sources are as in national-numbers.ts. */
import { isDay, weighted } from './checksums.ts';
import { CUE } from './cues.ts';
import { drawFor, withCharacters } from './draw.ts';
import type { Match, Recogniser } from './match.ts';
import { redraw } from './redraw.ts';
import { isReference } from './reference.ts';
import { beginsHere, cueBefore, endsHere, type Scan } from './scan.ts';

interface LetterRule {
  /** Sticky; begins at a run of digits, or of letters and digits. */
  readonly pattern: RegExp;
  /** Given the number without separators, in capitals. */
  readonly valid: (id: string) => boolean;
  /** See redraw. */
  readonly template: string;
  /** It counts only after a word that announces a national id. */
  readonly announced?: true;
  /** How many characters before the run belong to it; the pattern has looked at them. */
  readonly back?: number;
}

const DNI = 'TRWAGMYFPDXBNJZSQVHLCKE';
const isDni = (id: string): boolean => DNI[Number(id.slice(0, 8)) % 23] === id[8];
const isNie = (id: string): boolean =>
  DNI[Number('XYZ'.indexOf(id[0] ?? '') + id.slice(1, 8)) % 23] === id[8];

/** Values of the odd places of an Italian tax code, by 0-9 and A-Z (D.M. 23/12/1976). */
const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
function isTaxCode(id: string): boolean {
  let sum = 0;
  for (let i = 0; i < 15; i++) {
    const char = id[i] ?? '';
    const value = /\d/.test(char) ? Number(char) : char.charCodeAt(0) - 65;
    sum += i % 2 === 0 ? (ODD[value] ?? 0) : value;
  }
  return String.fromCharCode(65 + (sum % 26)) === id[15];
}

const HETU = '0123456789ABCDEFHJKLMNPRSTUVWXY';
const isHetu = (id: string): boolean =>
  isDay(Number(id.slice(2, 4)), Number(id.slice(0, 2))) &&
  HETU[Number(id.slice(0, 6) + id.slice(-4, -1)) % 31] === id.at(-1);

function isNric(id: string): boolean {
  const series = id[0] ?? '';
  const sum = weighted(id.slice(1, 8), [2, 7, 6, 5, 4, 3, 2]);
  const offset = series === 'T' || series === 'G' ? 4 : series === 'M' ? 3 : 0;
  const letters = 'ST'.includes(series) ? 'JZIHGFEDCBA' : series === 'M' ? 'XWUTRQPNJLK' : 'XWUTRQPNMLK';
  const rest = (sum + offset) % 11;
  return letters[series === 'M' ? 10 - rest : rest] === id[8];
}

/** ICAO 9303 with weights 7, 3, 1: German identity cards and passports. */
function isGermanCard(id: string): boolean {
  let sum = 0;
  for (let i = 0; i < 9; i++) sum += Number.parseInt(id[i] ?? '0', 36) * ([7, 3, 1][i % 3] ?? 0);
  return sum % 10 === Number(id[9]);
}

const chinese = (id: string): boolean =>
  isDay(Number(id.slice(10, 12)), Number(id.slice(12, 14))) &&
  (weighted(id, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) + 10) % 11 === 1;

const corsican = (id: string): boolean => {
  const body = Number(id.slice(0, 13).replace(/A/, '0').replace(/B/, '0')) - (id[6] === 'A' ? 1e6 : 2e6);
  return 97 - (body % 97) === Number(id.slice(13));
};

/** At a run of letters and digits, by its length. */
const MIXED: Readonly<Record<number, readonly LetterRule[]>> = {
  9: [
    { pattern: /\d{8}[A-Z]/iy, valid: isDni, template: 'DDDDDDDD?' },
    { pattern: /[XYZ]\d{7}[A-Z]/iy, valid: isNie, template: '=DDDDDDD?' },
    { pattern: /[STFGM]\d{7}[A-Z]/y, valid: isNric, template: '=DDDDDDD?' },
    {
      // United Kingdom: national insurance number. No number begins with Q.
      pattern: /(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]/y,
      valid: () => true,
      template: 'QLDDDDDD=',
    },
  ],
  10: [
    { pattern: /[A-Z]{3}P[A-Z]\d{4}[A-Z]/y, valid: () => true, template: 'LLLPLDDDDL' },
    {
      pattern: /[A-Z]{3}[ABCFGHLJT][A-Z]\d{4}[A-Z]/y,
      valid: () => true,
      template: 'LLL=LDDDDL',
      announced: true,
    },
    {
      pattern: /[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8}\d/y,
      valid: isGermanCard,
      template: '=DDDDDDDD?',
      announced: true,
    },
  ],
  11: [{ pattern: /\d{6}A\d{3}[0-9A-FHJ-NPR-Y]/y, valid: isHetu, template: 'ddMMYYDDD?' }],
  15: [
    {
      pattern: /[1278]\d{4}2[AB]\d{8}/iy,
      valid: corsican,
      template: '=YYMM==DDDDDD??',
    },
  ],
  16: [
    {
      pattern: /[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]/iy,
      valid: isTaxCode,
      template: 'LLLLLLYY=DDLDDD?',
    },
  ],
  18: [
    { pattern: /[1-8]\d{5}(?:19|20)\d{9}X/iy, valid: chinese, template: '========YYMMddDDDX' },
    {
      // Mexico: CURP.
      pattern: /[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d/y,
      valid: (id) => isDay(Number(id.slice(6, 8)), Number(id.slice(8, 10))),
      template: 'LLLLYYMMdd=LLLLLDD',
    },
  ],
};

/** At a run of digits, by its length. */
const NUMBERS: Readonly<Record<number, readonly LetterRule[]>> = {
  2: [
    {
      // AB 12 34 56 C, from its digits on.
      pattern:
        /(?<=(?<![A-Za-z0-9])(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] )\d{2} \d{2} \d{2} [A-D]/y,
      valid: () => true,
      template: 'QLDDDDDD=',
      back: 3,
    },
    { pattern: /\d{2}\.\d{3}\.\d{3}-[A-Z]/y, valid: isDni, template: 'DDDDDDDD?' },
  ],
  6: [{ pattern: /\d{6}[-+]\d{3}[0-9A-FHJ-NPR-Y]/y, valid: isHetu, template: 'ddMMYYDDD?' }],
  8: [{ pattern: /\d{8}[- ][A-Z]/y, valid: isDni, template: 'DDDDDDDD?' }],
};

export const findLetterIds: Recogniser = (scan) => {
  const found: Match[] = [];
  const visit = (runs: readonly number[], rules: Readonly<Record<number, readonly LetterRule[]>>): void => {
    for (let i = 0; i < runs.length; i += 2) {
      const start = runs[i] ?? 0;
      for (const rule of rules[(runs[i + 1] ?? 0) - start] ?? []) {
        const match = take(scan, start, rule);
        if (match === undefined) continue;
        found.push(match);
        break;
      }
    }
  };
  visit(scan.mixed, MIXED);
  visit(scan.numbers, NUMBERS);
  return found;
};

function take(scan: Scan, run: number, rule: LetterRule): Match | undefined {
  const { text } = scan;
  const match = scan.at(rule.pattern, run);
  if (match === null) return undefined;
  const start = run - (rule.back ?? 0);
  const end = run + match[0].length;
  const original = text.slice(start, end);
  if (!endsHere(text, end) || !beginsHere(text, start)) return undefined;
  const id = original.replace(/[^A-Za-z0-9]/g, '').toUpperCase();
  // The sign of the century is not part of what is checked.
  const compact = rule.valid === isHetu ? id.slice(0, 6) + id.slice(-4) : id;
  if (!rule.valid(compact)) return undefined;
  if (rule.announced && cueBefore(scan, start, CUE.nationalId) === undefined) return undefined;
  if (isReference(scan, start, true)) return undefined;
  return {
    start,
    end,
    kind: 'national-id',
    make: (key) => {
      const made = redraw(compact, rule.template, drawFor(key, 'national-id', compact), rule.valid);
      const written = original === original.toLowerCase() ? made.toLowerCase() : made;
      if (compact.length === id.length) return withCharacters(original, written);
      return written.slice(0, 6) + (original[6] ?? '') + written.slice(6);
    },
  };
}
