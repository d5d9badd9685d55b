/**
 * Phone numbers: international ones by their country code; national ones by the ways in which a dozen countries write
 * them; others only after a word that announces a phone.
 */
import { luhnSum } from './checksums.ts';
import { CUE } from './cues.ts';
import { drawDigits, drawFor, withDigits } from './draw.ts';
import type { Match, Recogniser } from './match.ts';
import { isReference } from './reference.ts';
import { cueBefore, type Scan } from './scan.ts';

/** Digits in groups, with what may stand between the groups of a phone. Bounded; begins at a digit. */
const GROUPS = /\d{1,15}(?:(?:[ \u00a0.\-/‑–]|\) ?|\)-|[ -]?\()\d{1,12}){0,8}/uy;
const DATE =
  /^(?:(?:19|20)\d\d[-/. ](?:0?[1-9]|1[0-2])[-/. ](?:0?[1-9]|[12]\d|3[01])|\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)\d{2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2}(?![-/.]))(?!\d)/;
/** Country codes of ITU-T E.164. */
const COUNTRY =
  /^(?:1|7|20|2[1-69]\d|27|3[0-469]|3[578]\d|4[013-9]|42\d|5[1-8]|5[09]\d|6[0-6]|6[7-9]\d|8[1246]|8[0578]\d|9[0-58]|9[679]\d)/;

/** National formats that count wherever they stand, as digits 0, groups by what is between them. */
const NATIONAL: readonly RegExp[] = [
  // North America
  /^\([2-9]\d\d\)[ -]?[2-9]\d\d[ .-]\d{4}$|^[2-9]\d\d([-.])[2-9]\d\d\1\d{4}$/,
  /^1[ .-]\(?[2-9]\d\d\)?[ .-]?[2-9]\d\d[ .-]\d{4}$/,
  // With a trunk 0: Germany, Austria, Switzerland, United Kingdom, Italy, Netherlands, Belgium, Australia, …
  /^\(?0[1-9]\d{1,3}\)?[ /-]{1,2}\d{3,8}(?:[ -]?\d{2,5}){0,2}$/,
  /^\(?0[1-9]\)?[ /-]\d{6,8}$/,
  /^\(?0[1-9]\)? \d{3,4} \d{3,4}$/,
  /^\(?0[1-9]\d{1,3}\)?(?: \d{2,4}){2,4}$/,
  /^\(?0[1-9]\d{1,2}\)?[-/]\d{2,4}(?: \d{2,3}){1,3}$/,
  // France
  /^0[1-9](?: \d\d){4}$|^0[1-9](?:\.\d\d){4}$/,
  // Spain
  /^[6789]\d\d \d\d \d\d \d\d$|^[89]\d \d{3} \d\d \d\d$/,
  // Brazil
  /^\([1-9]\d\) ?9?\d{4}[- ]\d{4}$/,
  // Italy, mobile
  /^3[2-9]\d\/\d{6,7}$/,
  // Italy and Spain, mobile, and others in parentheses
  /^\(0\d{1,4}\) ?\d{5,8}$/,
];
/** National formats that need a word before them that is about calling. */
const CALLED: readonly RegExp[] = [
  /^[2-9]\d\d[ .-]?\d{3}[ .-]?\d{4}$/,
  /^1[2-9]\d{9}$/,
  /^0[1-9]\d{8,10}$/,
  /^0[1-9](?:-\d\d){4}$/,
  /^[6-9]\d{4}[ -]?\d{5}$/,
  /^[6789]\d\d[ .]?\d{3}[ .]?\d{3}$/,
  /^3\d\d[ .]?\d{3}[ .]?\d{3,4}$|^3\d\d[ .]?\d{6,7}$/,
  /^9[1-9]\d[ .]?\d{3}[ .]?\d{3}$|^2\d\d ?\d{3} ?\d{3}$|^2\d \d{3} \d{4}$/,
  /^[1-9]\d[ -]9?\d{4}[ -]\d{4}$|^[1-9]\d9\d{8}$/,
  /^1[3-9]\d[ -]?\d{4}[ -]?\d{4}$/,
  /^6[ -]?\d{8}$/,
];

export const findPhones: Recogniser = (scan) => {
  const { numbers } = scan;
  const found: Match[] = [];
  let done = 0;
  for (let i = 0; i < numbers.length; i += 2) {
    const first = numbers[i] ?? 0;
    if (first < done) continue;
    const match = phoneAt(scan, first, numbers[i + 1] ?? 0);
    if (match === undefined) continue;
    found.push(match);
    done = match.end;
  }
  return found;
};

function phoneAt(scan: Scan, first: number, firstEnd: number): Match | undefined {
  const { text } = scan;
  let start = first;
  let before = text[start - 1] ?? '';
  const plus = before === '+' || before === '＋' || (before === '(' && text[start - 2] === '+');
  if (plus) start -= before === '(' ? 2 : 1;
  else if (before === '(') start--;
  before = text[start - 1] ?? '';
  // The number goes on to the left, or is a part of something else.
  if (/[\w.\-#/+$€£@,]/.test(before) && !isBreak(text, start)) return undefined;
  const width = firstEnd - first;
  // A group of three or more, or of one or two where more follows.
  if (width < 6 && !/[ \u00a0.\-/)(‑–]/.test(text[firstEnd] ?? '')) return undefined;
  // Tables are full of numbers: most of them are seen to be no phones here.
  const bare = !plus && text[first - 1] !== '(' && text[first] !== '0';
  if (bare && !BEGINS.test(text.slice(first, first + 4)) && !isCalled(scan, start)) return undefined;
  const groups = scan.at(GROUPS, first)?.[0] ?? '';
  let body = groups;
  for (;;) {
    const digits = body.replace(/\D/g, '');
    if (digits.length < 6) return undefined;
    if (digits.length <= 15 && !goesOn(text, first + body.length)) {
      const original = text.slice(start, first + body.length);
      const match = accept(scan, start, original, digits, plus);
      // Pairs that go on are a dump of bytes.
      if (match !== undefined && body !== groups && PAIRS.test(body)) return undefined;
      if (match !== undefined) return match;
    }
    // Perhaps the last group is another number.
    const cut = /^(.{1,80}\d)[ \u00a0/–]\(?\d{1,12}$/su.exec(body);
    if (cut === null) return undefined;
    body = cut[1] ?? '';
  }
}

/** How a number without a plus, a trunk 0 and parentheses begins where no word before it is about calling. */
const BEGINS = /^(?:[2-9]\d\d\D|1[ .-]|[89]\d )/;

const isCalled = (scan: Scan, start: number): boolean =>
  cueBefore(scan, start, CUE.phone | CUE.call, 40) !== undefined || isAnswer(scan, start);

/** How far back the question may begin that a line answers. */
const QUESTION = 120;
/** Who says it, where a transcript has that. */
const ANSWER =
  /[?？]["'”»]?[ \t]{0,3}(?:\r?\n|\\n)[ \t]{0,3}(?:[*_]{0,2}\p{L}[\p{L}\p{N} .'’_-]{0,24}[*_]{0,2}[ ]?[:>][*_]{0,2}[ ]{0,2})?(?:(?:it['’]?s|it is|my number is|sure|yes|sí|oui|ja|sì|sim|claro)[,:.]? )?[+(]{0,2}$/iu;

/** "On which number can we reach you?" on the line before. */
function isAnswer(scan: Scan, start: number): boolean {
  const from = Math.max(0, start - QUESTION);
  const asked = ANSWER.exec(scan.text.slice(Math.max(from, start - 44), start));
  if (asked === null) return false;
  const end = Math.max(from, start - 44) + asked.index;
  return cueBefore(scan, end, CUE.phone | CUE.call, end - from) !== undefined;
}

/** As France writes phones, and tools write bytes. */
const PAIRS = /^\d\d(?: \d\d){4}$/;

const isBreak = (text: string, start: number): boolean => {
  const before = text[start - 1] ?? '';
  if (/[nrt]/.test(before)) return text[start - 2] === '\\';
  return before === ','
    ? !/\d/.test(text[start - 2] ?? '') || text[start] === '+'
    : before === '.' && /[a-z]/i.test(text[start - 2] ?? '');
};

const goesOn = (text: string, end: number): boolean => {
  const next = text[end] ?? '';
  if (/[\p{L}\p{N}_]/u.test(next) && !/[\u2e80-\u9fff]/.test(next))
    return !/^(?:x|ext)/i.test(text.slice(end, end + 4));
  if (next === ':' || next === '%' || next === '€' || next === '$')
    return /\d/.test(text[end + 1] ?? '') || next !== ':';
  return /[.\-/@]/.test(next) && /[\w]/.test(text[end + 1] ?? '');
};

function accept(
  scan: Scan,
  start: number,
  original: string,
  digits: string,
  plus: boolean,
): Match | undefined {
  const written = original.replaceAll(/[\u00a0]/g, ' ').replaceAll(/[‑–]/g, '-');
  if ((written.match(/\(/g) ?? []).length !== (written.match(/\)/g) ?? []).length) return undefined;
  const match: Match = {
    start,
    end: start + original.length,
    kind: 'phone',
    make: (key) => phoneSurrogate(original, key),
  };
  if (isSurrogatePhone(written) || /[. ]\d$/.test(written)) return undefined;
  if (PAIRS.test(written) && /[0-9a-f]{2} $/i.test(scan.text.slice(start - 3, start))) return undefined;
  if (plus) {
    const ok = digits.length >= 9 && COUNTRY.test(digits);
    return ok && !isReference(scan, start, true) ? match : undefined;
  }
  if (DATE.test(written)) return undefined;
  // Without a plus, 00 counts only where the number is written in groups.
  if (/^00[1-9]\d/.test(written) && digits.length >= 11 && /[ -]/.test(written)) {
    return isReference(scan, start, false) ? undefined : match;
  }
  if (digits.length > 13) return undefined;
  if (NATIONAL.some((format) => format.test(written)) && digits.length >= 9)
    return isReference(scan, start, false) ? undefined : match;
  if (isReference(scan, start, false)) return undefined;
  const cue = cueBefore(scan, start, CUE.phone | CUE.call, 40);
  if (cue === undefined)
    return digits.length >= 7 && digits.length <= 12 && isAnswer(scan, start) ? match : undefined;
  const gap = scan.text.slice(cue.end, start);
  if ((cue.cue.families & CUE.phone) !== 0 && isDirect(gap)) return match;
  if (digits.length < 7) return undefined;
  if (CALLED.some((format) => format.test(written))) return match;
  // "Call me at 416 1567", "you can call 557 408 535": whatever its format, but for dates without signs.
  const called = /^(?:call|reach|ring|text|dial|contact)$/.test(cue.cue.word);
  return called && CALL_AT.test(gap) && !/^(?:19|20)\d{6}(?:\d{4})?$/.test(written) ? match : undefined;
}

const CALL_AT = /^ (?:(?:me|us|him|her|them|back|now) ){0,2}(?:(?:at|on|under|to) )?$/;

/** Nothing but filler stands between "phone" and its number. */
const isDirect = (gap: string): boolean =>
  /^(?:[\s.:"'=([*`#&-]|number|nummer|num|no|nr|is|at|on|or|to|under|me|back|my|new|our|ist|lautet|est|es|è|é|unter|au|al|ao|op|n[°º]|de|numéro|número|numero|home|work|office|private|mobile|cell){0,12}$/iu.test(
    gap,
  );

/**
 * Surrogates of North American numbers have an area code with a 9 in the middle, which is reserved, and Luhn's check digit
 * at their end: by both they are known again.
 */
export const isSurrogatePhone = (written: string): boolean =>
  /^(?:\+?1[ .-]?)?\(?[2-8]9\d\)?[ .-]{0,2}[2-9]\d\d[ .-]\d{4}$|^\+?1[2-8]9\d[2-9]\d{6}$/.test(written) &&
  luhnSum(written.replace(/\D/g, '').slice(-10)) === 0;

/** The last digits are drawn from themselves alone, so that a number is the same with and without its country. */
export function phoneSurrogate(original: string, key: Uint8Array): string {
  const digits = original.replace(/\D/g, '');
  if (isNorthAmerican(original, digits)) {
    const draw = drawFor(key, 'phone', digits.slice(-10));
    const made = `${2 + draw.below(7)}9${draw.digit()}${2 + draw.below(8)}${drawDigits(draw, 5)}`;
    return withDigits(original, digits.slice(0, -10) + made + ((10 - luhnSum(`${made}0`)) % 10));
  }
  const drawn = Math.max(1, Math.min(8, digits.length - 1));
  const draw = drawFor(key, 'phone', digits.slice(-drawn));
  const tail = String(2 + draw.below(8)) + drawDigits(draw, drawn - 1);
  return withDigits(original, digits.slice(0, -drawn) + tail);
}

const isNorthAmerican = (original: string, digits: string): boolean =>
  /^1?[2-9]\d\d[2-9]\d{6}$/.test(digits) &&
  (digits.length === 11 || !original.startsWith('+')) &&
  !/^[6-9]\d{4} \d{5}$/.test(original);
