/**
 * National and medical ids that are digits alone, by grouping and check. The sources are the issuers' own
 * descriptions, as collected by python-stdnum. Where a country reserves numbers that nobody gets, surrogates are of those.
 */
import { ean13, isDay, luhnSum, mod11and10, verhoeff, weighted } from './checksums.ts';
import type { Recogniser } from './match.ts';
import { findNumbers, type NumberRule, numberTree } from './numbers.ts';

const pair = (digits: string, at: number): number => Number(digits.slice(at, at + 2));
const yearMonthDay = (digits: string, at = 0): boolean => isDay(pair(digits, at + 2), pair(digits, at + 4));
const dayMonthYear = (digits: string, at = 0): boolean => isDay(pair(digits, at + 2), pair(digits, at));
const same = (digits: string): boolean => /^(\d)\1+$/.test(digits);

/** 11 minus the weighted sum mod 11; `ten` and 11 stand for digits as told. */
const check11 = (digits: string, weights: readonly number[], ten: number): number => {
  const rest = 11 - (weighted(digits, weights) % 11);
  return rest === 11 ? 0 : rest === 10 ? ten : rest;
};
const down = (from: number, to: number): number[] =>
  Array.from({ length: from - to + 1 }, (_, i) => from - i);

/** One digit twice or three times among the first ten, the others at most once. */
function hasTaxIdDigits(digits: string): boolean {
  const counts = new Array<number>(10).fill(0);
  for (const digit of digits.slice(0, 10)) counts[Number(digit)]!++;
  const repeated = counts.filter((count) => count > 1);
  return repeated.length === 1 && (repeated[0] ?? 0) <= 3;
}

const brazil = (digits: string, first: readonly number[], second: readonly number[]): boolean => {
  const digit = (weights: readonly number[]): number => {
    const rest = weighted(digits, weights) % 11;
    return rest < 2 ? 0 : 11 - rest;
  };
  const n = first.length;
  return digit(first) === Number(digits[n]) && digit(second) === Number(digits[n + 1]) && !same(digits);
};

const belgian = (digits: string): boolean => {
  const body = Number(digits.slice(0, 9));
  const check = Number(digits.slice(9));
  return 97 - (body % 97) === check || 97 - ((2e9 + body) % 97) === check;
};

const RULES: readonly NumberRule[] = [
  {
    // United States: social security number.
    kind: 'national-id',
    shapes: '3-2-4',
    announced: '9 3_2_4 3.2.4',
    valid: (d) => !/^(?:000|666|9)/.test(d) && d.slice(3, 5) !== '00' && d.slice(5) !== '0000',
    // No number begins with 9, no ITIN has 0 in its fourth place.
    template: '9DD0DDDDD',
    made: () => true,
  },
  {
    // United States: ITIN.
    kind: 'national-id',
    shapes: '3-2-4',
    announced: '9 3_2_4',
    valid: (d) => /^9\d\d(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])/.test(d),
    template: '9DD0DDDDD',
    made: () => true,
  },
  {
    // United Kingdom: NHS number. 999 is for tests.
    kind: 'medical-id',
    shapes: '',
    announced: '10 3_3_4 3-3-4',
    valid: (d) => !d.startsWith('999') && check11(d, down(10, 2), -1) === Number(d[9]),
    template: '999DDDDDD?',
    made: (d) => check11(d, down(10, 2), -1) === Number(d[9]),
  },
  {
    // Germany: tax id. A leading 0 is for tests.
    kind: 'national-id',
    shapes: '2_3_3_3',
    announced: '11',
    valid: (d) => !d.startsWith('0') && hasTaxIdDigits(d) && mod11and10(d),
    template: '0DDDDDDDDD?',
    made: mod11and10,
  },
  {
    // France: NIR, of social security.
    kind: 'national-id',
    shapes: '15 1_2_2_2_3_3_2 13_2',
    valid: (d) =>
      /^[1278]\d\d(?:0[1-9]|1[0-2]|[2-4]\d|[5-9]\d)/.test(d) &&
      97 - (Number(d.slice(0, 13)) % 97) === Number(d.slice(13)),
    template: '=YYMMDDDDDDDD??',
  },
  {
    // Belgium: national number.
    kind: 'national-id',
    shapes: '2.2.2-3.2 6-3.2',
    announced: '11 6_3_2',
    valid: belgian,
    template: 'YYMMddDDD??',
  },
  {
    // Switzerland: AHV number.
    kind: 'national-id',
    shapes: '3.4.4.2 3_4_4_2',
    announced: '13',
    valid: (d) => d.startsWith('756') && ean13(d),
    template: '756DDDDDDDDD?',
  },
  {
    // Austria: social insurance number.
    kind: 'national-id',
    shapes: '',
    announced: '4_6 4-6 10',
    valid: (d) => dayMonthYear(d, 4) && weighted(d, [3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 === Number(d[3]),
    template: 'DDD?ddMMYY',
  },
  {
    // Poland: PESEL.
    kind: 'national-id',
    shapes: '',
    announced: '11',
    valid: (d) => weighted(d, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0,
    template: 'DDDDDDDDDD?',
  },
  {
    // Sweden: personnummer.
    kind: 'national-id',
    shapes: '6-4 8-4',
    announced: '10 12',
    valid: (d) => yearMonthDay(d.slice(-10)) && luhnSum(d.slice(-10)) === 0,
    template: { 10: 'YYMMddDDD?', 12: '==YYMMddDDD?' },
  },
  {
    // Denmark: CPR number.
    kind: 'national-id',
    shapes: '',
    announced: '6-4 10',
    valid: (d) => dayMonthYear(d),
    template: 'ddMMYYDDDD',
  },
  {
    // Norway: fødselsnummer.
    kind: 'national-id',
    shapes: '11 6_5',
    valid: (d) =>
      isDay(pair(d, 2), pair(d, 0) % 40) &&
      check11(d, [3, 7, 6, 1, 8, 9, 4, 5, 2], -1) === Number(d[9]) &&
      check11(d, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2], -1) === Number(d[10]),
    template: 'ddMMYYDDD??',
  },
  {
    // India: Aadhaar.
    kind: 'national-id',
    shapes: '',
    announced: '12 4_4_4 4-4-4',
    valid: (d) => /^[2-9]/.test(d) && !/000$/.test(d) && verhoeff(d),
    template: '=DDDDDDDDDD?',
  },
  {
    // Brazil: CPF.
    kind: 'national-id',
    shapes: '3.3.3-2',
    announced: '11',
    valid: (d) => brazil(d, down(10, 2), down(11, 2)),
    template: 'DDDDDDDDD??',
  },
  {
    // Brazil: CNPJ.
    kind: 'national-id',
    shapes: '2.3.3/4-2',
    announced: '14',
    valid: (d) => brazil(d, [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]),
    template: 'DDDDDDDD====??',
  },
  {
    // Canada: social insurance number. None begins with 0.
    kind: 'national-id',
    shapes: '',
    announced: '3_3_3 3-3-3 9',
    valid: (d) => !d.startsWith('0') && luhnSum(d) === 0,
    template: '0DDDDDDD?',
    made: (d) => luhnSum(d) === 0,
  },
  {
    // Australia: tax file number.
    kind: 'national-id',
    shapes: '',
    announced: '3_3_3 9',
    valid: (d) => weighted(d, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0,
    template: 'DDDDDDDD?',
  },
  {
    // Australia: Medicare card.
    kind: 'medical-id',
    shapes: '',
    announced: '4_5_1 10',
    valid: (d) => /^[2-6]/.test(d) && weighted(d, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === Number(d[8]),
    template: '=DDDDDDD?D',
  },
  {
    // Australia: business number.
    kind: 'national-id',
    shapes: '',
    announced: '2_3_3_3 11',
    valid: (d) => (weighted(d, [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) - 10) % 89 === 0,
    template: '?DDDDDDDDD?',
  },
  {
    // Portugal: NIF.
    kind: 'national-id',
    shapes: '',
    announced: '9 3_3_3',
    valid: (d) => check11(d, down(9, 2), 0) === Number(d[8]),
    template: '=DDDDDDD?',
  },
  {
    // Netherlands: BSN, by the eleven test.
    kind: 'national-id',
    shapes: '',
    announced: '9 4.2.3 3_3_3',
    valid: (d) => !same(d) && weighted(d, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0,
    template: 'DDDDDDDD?',
  },
  {
    // South Korea: resident registration number.
    kind: 'national-id',
    shapes: '6-7',
    valid: (d) =>
      yearMonthDay(d) &&
      (11 - (weighted(d, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11)) % 10 === Number(d[12]),
    template: 'YYMMdd=DDDDD?',
  },
  {
    // South Africa: identity number.
    kind: 'national-id',
    shapes: '',
    announced: '13',
    valid: (d) => yearMonthDay(d) && luhnSum(d) === 0,
    template: 'YYMMddDDDD0D?',
  },
  {
    // China: resident identity number; one in eleven ends in X, which letter-ids.ts has.
    kind: 'national-id',
    shapes: '18',
    valid: (d) =>
      /^[1-8]\d{5}(?:19|20)/.test(d) &&
      yearMonthDay(d, 8) &&
      (weighted(d, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) + Number(d[17])) % 11 === 1,
    template: '========YYMMddDDD?',
  },
];

const TREE = numberTree(RULES);

export const findNationalNumbers: Recogniser = (scan) =>
  scan.numbers.length === 0 ? [] : findNumbers(scan, TREE);
