/**
 * Values to fill templates with: seeded, of the formats of each language's countries, with right check digits where a
 * number has any (or nobody could tell it from another number).
 */
import { createHash } from 'node:crypto';
import type { EntityKind } from '../../src/core/entity.ts';
import type { Random } from '../../src/core/random.ts';
import { type Language, NAMES } from './names.ts';

export type Split = 'dev' | 'test';

/** What a template may ask for. `place` is a town alone: neither right nor wrong. `=…` is not personal. */
export type Slot =
  | EntityKind
  | 'place'
  | 'given'
  | 'surname'
  | '=order'
  | '=amount'
  | '=date'
  | '=time'
  | '=company';

export interface ValueSource {
  readonly random: Random;
  readonly language: Language;
  readonly split: Split;
}

/** Every second one, from the first for development and from the second for the test. */
export function half<T>(items: readonly T[], split: Split): readonly T[] {
  return items.filter((_, i) => i % 2 === (split === 'dev' ? 0 : 1));
}

type Maker = (source: ValueSource) => string;

export function makeValue(slot: Slot, source: ValueSource): string {
  return MAKERS[slot](source);
}

const pick = ({ random, split }: ValueSource, items: readonly string[]): string =>
  random.pick(half(items, split));
/** Each # a digit, each A a capital, each x a hex digit, each * a letter or digit. */
const form = ({ random }: ValueSource, pattern: string): string =>
  pattern.replace(/[#Ax*]/g, (c) => {
    if (c === '#') return String(random.below(10));
    if (c === 'A') return 'ABCDEFGHJKLMNPRSTUVWXYZ'[random.below(23)]!;
    if (c === 'x') return '0123456789abcdef'[random.below(16)]!;
    return 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'[random.below(62)]!;
  });
/** Patterns are values too: half of them are seen in development. */
const anyForm = (source: ValueSource, patterns: readonly string[]): string =>
  form(source, patterns.length === 1 ? patterns[0]! : pick(source, patterns));

const given: Maker = (source) => pick(source, NAMES[source.language].given);
const surname: Maker = (source) => pick(source, NAMES[source.language].surnames);

function person(source: ValueSource): string {
  const { random, language } = source;
  const roll = random.next();
  const [first, last] = [given(source), surname(source)];
  if (language === 'es' || (language === 'pt' && roll < 0.6)) return `${first} ${last} ${surname(source)}`;
  if (roll < 0.06) return `${first} ${form(source, 'A')}. ${last}`;
  if (roll < 0.1) return `${first}-${given(source)} ${last}`;
  return `${first} ${last}`;
}

const ascii = (text: string): string =>
  text
    .replaceAll('ß', 'ss')
    .normalize('NFD')
    .replace(/[^a-zA-Z]/g, '')
    .toLowerCase();

function handle(source: ValueSource): string {
  const [first, last] = [ascii(given(source)), ascii(surname(source))];
  const number = 1 + source.random.below(98);
  return source.random.pick([
    `${first}.${last}`,
    `${first}_${last}${number}`,
    `${first[0]}${last}`,
    `${first}${number}`,
  ]);
}

/** Made up; addresses at example.com and its like would be known for examples. */
const HOSTS: Readonly<Record<Language, readonly string[]>> = {
  en: ['brightpost-mail.com', 'zentravox.com', 'nordikbox.co.uk', 'lumenpost.net'],
  de: ['blaupost-mail.de', 'kranichbox.de', 'nordpostamt.com', 'brieftaube24.de'],
  fr: ['courriel-azur.fr', 'lettrebleue.fr', 'postclair.com', 'boitelibre.fr'],
  es: ['correoluna.es', 'cartalibre.es', 'buzonverde.com', 'postasol.es'],
  it: ['postaviva.it', 'letterablu.it', 'casellaverde.com', 'postanova.it'],
  pt: ['correioazul.pt', 'cartanova.com.br', 'postalivre.pt', 'caixaverde.com.br'],
  nl: ['postduif-mail.nl', 'briefvogel.nl', 'groenepost.com', 'brievenbus24.nl'],
};

const email: Maker = (source) => `${handle(source)}@${pick(source, HOSTS[source.language])}`;

const STATES = ['OH', 'AZ', 'WI', 'CA', 'OR', 'ID', 'NE', 'TX'];

function address(source: ValueSource): string {
  const { random, language } = source;
  const street = pick(source, NAMES[language].streets);
  const town = pick(source, NAMES[language].towns);
  const number = 1 + random.below(180);
  const f = (pattern: string): string => form(source, pattern);
  switch (language) {
    case 'en':
      return random.next() < 0.5
        ? `${number} ${street}, ${town}, ${random.pick(STATES)} ${f('4####')}`
        : `${random.next() < 0.4 ? `Flat ${1 + random.below(20)}, ` : ''}${number} ${street}, ${town} ${f('AA# #AA')}`;
    case 'de':
      return `${street} ${number}${random.pick(['', '', 'a', 'b'])}, ${f('8####')} ${town}`;
    case 'fr':
      return `${number}${random.pick(['', '', ' bis'])} ${street}, ${f('3####')} ${town}`;
    case 'es':
      return `${street} ${number}${random.pick(['', `, ${1 + random.below(9)}º ${f('A')}`])}, ${f('2####')} ${town}`;
    case 'it':
      return `${street} ${number}, ${f('4####')} ${town}`;
    case 'pt':
      return `${street}, ${number}, ${f('4###-###')} ${town}`;
    case 'nl':
      return `${street} ${number}${random.pick(['', '-2', 'A'])}, ${f('3### AA')} ${town}`;
  }
}

const PHONES: Readonly<Record<Language, readonly string[]>> = {
  en: [
    '(415) 278-41##',
    '+1 212-643-07##',
    '07700 900###',
    '+44 7700 900###',
    '020 7946 0###',
    '312-478-22##',
  ],
  de: [
    '+49 170 39###7#',
    '0171 39##45#',
    '+49 (0)30 23125 ###',
    '030 23125###',
    '0221/4710###',
    '+4989123#####',
  ],
  fr: [
    '06 39 98 ## ##',
    '+33 6 39 98 ## ##',
    '01 99 00 ## ##',
    '0639 98 ####',
    '+33 (0)1 99 00 ## ##',
    '06.39.98.##.##',
  ],
  es: ['612 34 ## ##', '+34 612 34# ###', '91 123 ## ##', '911 23# ###', '+34 91 123 ####', '6123#####'],
  it: ['+39 347 12# ####', '347 12#####', '06 6982 ####', '+39 06 6982####', '02-4851####', '347/12#####'],
  pt: [
    '912 34# ###',
    '+351 912 34# ###',
    '21 793 ####',
    '(11) 91234-####',
    '+55 11 91234-####',
    '+351 21 793 ####',
  ],
  nl: ['06-12######', '+31 6 12######', '020-123 ####', '06 1234 ####', '+31 (0)20 123 ####', '0612######'],
};

const digitsOf = (text: string): number[] => [...text].map(Number);

function luhn(start: string, length: number, { random }: ValueSource): string {
  let digits = start;
  while (digits.length < length - 1) digits += random.below(10);
  const sum = digitsOf(digits)
    .reverse()
    .reduce((total, d, i) => total + (i % 2 === 0 ? (d * 2 > 9 ? d * 2 - 9 : d * 2) : d), 0);
  return digits + ((10 - (sum % 10)) % 10);
}

function card(source: ValueSource): string {
  const number = source.random.pick([
    luhn('4539', 16, source),
    luhn('5425', 16, source),
    luhn('3782', 15, source),
  ]);
  if (number.length === 15)
    return source.random.pick([number, `${number.slice(0, 4)} ${number.slice(4, 10)} ${number.slice(10)}`]);
  return source.random.pick([
    number,
    number.replace(/(.{4})(?=.)/g, '$1 '),
    number.replace(/(.{4})(?=.)/g, '$1-'),
  ]);
}

const mod97 = (text: string): number =>
  [...text].reduce((rest, c) => Number(`${rest}${Number.parseInt(c, 36)}`) % 97, 0);

const IBANS: Readonly<Record<Language, string>> = {
  en: 'GB NWBK##############',
  de: 'DE ##################',
  fr: 'FR #######################',
  es: 'ES ####################',
  it: 'IT A######################',
  pt: 'PT #####################',
  nl: 'NL ABNA##########',
};

function iban(source: ValueSource): string {
  const [country = '', pattern = ''] = IBANS[source.language].split(' ');
  const body = pattern.replace(/#/g, () => String(source.random.below(10))).replace(/^A#/, 'X#');
  const check = String(98 - mod97(`${body}${country}00`)).padStart(2, '0');
  const whole = `${country}${check}${body}`;
  return source.random.next() < 0.5 ? whole : whole.replace(/(.{4})(?=.)/g, '$1 ');
}

/** A number whose last digit makes the weighted sum a multiple of eleven. */
function weighted(weights: readonly number[], random: Random, check: (sum: number) => number): string {
  for (;;) {
    const digits = weights.map((_, i) => (i === 0 ? 1 + random.below(9) : random.below(10)));
    const last = check(digits.reduce((sum, d, i) => sum + d * weights[i]!, 0) % 11);
    if (last >= 0 && last < 10) return digits.join('') + last;
  }
}

function cpf({ random }: ValueSource): string {
  const digits = Array.from({ length: 9 }, () => random.below(10));
  for (const start of [10, 11]) {
    const rest = digits.reduce((sum, d, i) => sum + d * (start - i), 0) % 11;
    digits.push(rest < 2 ? 0 : 11 - rest);
  }
  return digits.join('').replace(/(...)(...)(...)(..)/, '$1.$2.$3-$4');
}

function codiceFiscale(source: ValueSource): string {
  const odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
  const month = 'ABCDEHLMPRST'[source.random.below(12)]!;
  const day = String(1 + source.random.below(28)).padStart(2, '0');
  const body = `${form(source, 'AAAAAA##')}${month}${day}${form(source, 'A###')}`;
  const value = (c: string): number => (/\d/.test(c) ? Number(c) : c.charCodeAt(0) - 65);
  const sum = [...body].reduce((total, c, i) => total + (i % 2 === 0 ? odd[value(c)]! : value(c)), 0);
  return body + String.fromCharCode(65 + (sum % 26));
}

function steuerId({ random }: ValueSource): string {
  // Ten digits of which exactly one stands twice, and a check digit (ISO 7064, mod 11, 10).
  const digits = random.shuffle([1, 2, 3, 4, 5, 6, 7, 8, 9, 0]);
  digits[9] = digits[random.below(9)]!;
  if (digits[0] === 0) digits[0] = digits[1]!;
  let product = 10;
  for (const d of digits) {
    const sum = (d + product) % 10 || 10;
    product = (sum * 2) % 11;
  }
  return `${digits.join('')}${(11 - product) % 10}`;
}

function nationalId(source: ValueSource): string {
  const { random, language } = source;
  switch (language) {
    case 'en':
      return random.next() < 0.6
        ? `${101 + random.below(560)}-${form(source, '4#')}-${1000 + random.below(8999)}`
        : form(source, 'CE ## ## ## C').replace('CE', 'AB');
    case 'de':
      return steuerId(source);
    case 'fr': {
      const body = `${1 + random.below(2)}${form(source, '8#')}${String(1 + random.below(12)).padStart(2, '0')}${form(source, '7######')}`;
      const key = String(97 - Number(BigInt(body) % 97n)).padStart(2, '0');
      return `${body[0]} ${body.slice(1, 3)} ${body.slice(3, 5)} ${body.slice(5, 7)} ${body.slice(7, 10)} ${body.slice(10)} ${key}`;
    }
    case 'es': {
      const number = 10_000_000 + random.below(89_999_999);
      return `${number}${random.pick(['', '-'])}${'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}`;
    }
    case 'it':
      return codiceFiscale(source);
    case 'pt':
      return random.next() < 0.5
        ? cpf(source)
        : weighted([9, 8, 7, 6, 5, 4, 3, 2], random, (sum) => (sum < 2 ? 0 : 11 - sum));
    case 'nl':
      return weighted([9, 8, 7, 6, 5, 4, 3, 2], random, (sum) => sum);
  }
}

const PASSPORTS: Readonly<Record<Language, readonly string[]>> = {
  en: ['5########', 'A########'],
  de: ['C01X####7', 'CFGH####8'],
  fr: ['##AV#####', '##CK#####'],
  es: ['AAA######', 'PA######'],
  it: ['YA#######', 'AA#######'],
  pt: ['CA######', 'FB######'],
  nl: ['NW#PL###6', 'BH#KR###4'],
};
const LICENCES: Readonly<Record<Language, readonly string[]>> = {
  en: ['A#######', 'MORGA6##########'],
  de: ['B072RRE2I55', 'N0704578####'],
  fr: ['##AB#####', '98##########'],
  es: ['########-A', 'AB-######'],
  it: ['U1A######A', 'MI#######B'],
  pt: ['L-#######', 'LX-######'],
  nl: ['54########', '33########'],
};
const PLATES: Readonly<Record<Language, readonly string[]>> = {
  en: ['AB## AAA', '7ABC###'],
  de: ['M-AB ####', 'HH AB ###'],
  fr: ['AA-###-AA', 'AB-###-CD'],
  es: ['#### BBB', '#### KLM'],
  it: ['AA ###AA', 'FB###ZX'],
  pt: ['AA-##-AA', '##-AB-##'],
  nl: ['AA-###-A', '##-ABB-#'],
};

function nhs({ random }: ValueSource): string {
  const number = weighted([10, 9, 8, 7, 6, 5, 4, 3, 2], random, (sum) => (sum === 0 ? 0 : 11 - sum));
  return number.replace(/(...)(...)(....)/, '$1 $2 $3');
}

function birthDate({ random, language }: ValueSource): string {
  const [d, m, y] = [1 + random.below(28), 1 + random.below(12), 1940 + random.below(66)];
  const [dd, mm] = [String(d).padStart(2, '0'), String(m).padStart(2, '0')];
  if (language === 'en')
    return random.pick([`${mm}/${dd}/${y}`, `${y}-${mm}-${dd}`, `${d} ${MONTHS[m - 1]} ${y}`]);
  if (language === 'de') return `${dd}.${mm}.${y}`;
  if (language === 'nl') return `${dd}-${mm}-${y}`;
  return `${dd}/${mm}/${y}`;
}
const MONTHS = 'January,February,March,April,May,June,July,August,September,October,November,December'.split(
  ',',
);

/** Base58Check of version 0 and 20 random bytes. */
function bitcoin({ random }: ValueSource): string {
  const payload = Buffer.from([0, ...Array.from({ length: 20 }, () => random.below(256))]);
  const sha = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
  let number = BigInt(`0x${Buffer.concat([payload, sha(sha(payload)).subarray(0, 4)]).toString('hex')}`);
  let out = '';
  for (; number > 0n; number /= 58n)
    out = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'[Number(number % 58n)]! + out;
  return `1${out}`;
}

/** Letters of AWS's key ids. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** First bytes of makers' hardware addresses. */
const MAKER_BYTES = ['3c:22:fb', 'a4:83:e7', 'b8:27:eb', 'f0:18:98', 'dc:a6:32', '00:1b:63'];

const MAKERS: Readonly<Record<Slot, Maker>> = {
  person,
  given,
  surname,
  address,
  place: (source) => pick(source, NAMES[source.language].towns),
  email,
  phone: (source) => anyForm(source, PHONES[source.language]),
  'birth-date': birthDate,
  age: ({ random }) => String(18 + random.below(70)),
  'national-id': nationalId,
  passport: (source) => anyForm(source, PASSPORTS[source.language]),
  'driving-licence': (source) => anyForm(source, LICENCES[source.language]),
  'licence-plate': (source) => anyForm(source, PLATES[source.language]),
  'medical-id': (source) => (source.language === 'en' ? nhs(source) : form(source, 'A#########')),
  iban,
  account: (source) => anyForm(source, ['0########', '4#######', '1#########', '00########']),
  card,
  wallet: (source) => (source.random.next() < 0.5 ? `0x${form(source, 'x'.repeat(40))}` : bitcoin(source)),
  ip: (source) =>
    source.random.next() < 0.75
      ? [source.random.pick([81, 92, 134, 151, 176, 185]), 1, 2, 3]
          .map((n) => (n > 80 ? n : source.random.below(255)))
          .join('.')
      : form(source, '2a02:81##:xxxx:xxxx::xxxx'),
  mac: (source) => {
    const address = `${source.random.pick(MAKER_BYTES)}:${form(source, 'xx:xx:xx')}`;
    return source.random.pick([address, address.toUpperCase().replaceAll(':', '-')]);
  },
  username: handle,
  secret: (source) =>
    source.random.pick([
      form(source, `sk-${'*'.repeat(40)}`),
      form(source, `ghp_${'*'.repeat(36)}`),
      `AKIA${Array.from({ length: 16 }, () => BASE32[source.random.below(32)]).join('')}`,
      form(source, '*'.repeat(14)),
    ]),
  organisation: (source) => MAKERS['=company'](source),
  '=order': (source) => anyForm(source, ['########', 'ORD-#####', '#######', 'B-######']),
  '=amount': ({ random }) => `${1 + random.below(900)}.${10 + random.below(89)}`,
  '=date': ({ random }) => `2026-0${1 + random.below(9)}-${10 + random.below(18)}`,
  '=time': ({ random }) => `${10 + random.below(13)}:${10 + random.below(49)}`,
  '=company': ({ random }) => random.pick(['Northwind', 'Contoso', 'Acme', 'Globex', 'Initech']),
};
