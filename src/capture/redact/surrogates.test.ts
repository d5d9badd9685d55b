/** Surrogates: one for each person, of the kind of their original, known again where that is possible. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { configSchema } from '../../core/config.ts';
import { ibanRemainder, luhnSum, mod11and10, verhoeff } from './checksums.ts';
import { dateSurrogate } from './dates.ts';
import { emailSurrogate } from './email.ts';
import { compilePolicy, holdsSurrogate, redactText } from './redact.ts';
import { isSurrogateName, nameSurrogate } from './surrogate-names.ts';

const key = new Uint8Array(32).fill(3);
const context = { key, policy: compilePolicy(configSchema.parse({}).redaction) };

/** Distinct words that look like surnames. */
function surnames(count: number): string[] {
  const syllables = 'ba be bi bo bu da de di do du ka ke ki ko ku la le li lo lu ma me mi mo mu'.split(' ');
  return Array.from({ length: count }, (_, i) => {
    let word = 'Z';
    for (let rest = i, n = 0; n < 4; n++, rest = Math.floor(rest / syllables.length)) {
      word += syllables[rest % syllables.length] ?? '';
    }
    return word;
  });
}

test('5,000 surnames have 5,000 surrogates', () => {
  assert.equal(new Set(surnames(5000).map((name) => nameSurrogate(name, key))).size, 5000);
});

test('100,000 surnames share no more surrogates than chance has it in a pool of 6.5e8', () => {
  const shared = 100_000 - new Set(surnames(100_000).map((name) => nameSurrogate(name, key))).size;
  // n²/2N = 7.7 pairs are expected; of a Poisson variable with that mean, more than 22 have a chance of 1e-5.
  assert.ok(shared <= 22, `${shared} shared`);
});

test('addresses of people with one name at different hosts stay different', () => {
  const hosts = surnames(5000).map((name) => `${name.toLowerCase()}.de`);
  assert.equal(new Set(hosts.map((host) => emailSurrogate(`mia@${host}`, key))).size, 5000);
  assert.equal(new Set(hosts.map((host) => emailSurrogate(`${host.slice(0, -3)}@web.de`, key))).size, 5000);
});

test('a surrogate name is known as one and stays; real names are taken for one in less than a thousandth', () => {
  const names = surnames(20_000);
  for (const name of names.slice(0, 2000)) {
    const made = nameSurrogate(name, key);
    assert.ok(isSurrogateName(made), made);
    assert.equal(nameSurrogate(made, key), made);
    assert.equal(nameSurrogate(name.toUpperCase(), key), made.toUpperCase());
    assert.equal(nameSurrogate(name.toLowerCase(), key), made.toLowerCase());
  }
  assert.ok(names.filter(isSurrogateName).length < 20);
  const words =
    'Schneider Johansson Kowalczyk Fernandez Rossellini Montgomery Papadopoulos Christensen Wagenknecht Baumgartner Castellanos'.split(
      ' ',
    );
  assert.deepEqual(words.filter(isSurrogateName), []);
});

const IDEMPOTENT = [
  'Write to mia.brandt@posteo.de or MIA@WEB.DE.',
  'Login from 84.112.9.40 and fe80::1ff:fe23:4567:890a, MAC 00:1b:44:11:3a:b7.',
  'Call (415) 552-2671 or +1 415-552-2671.',
  'My SSN is 536-22-1234.',
  'AB 12 34 56 C is my national insurance number',
];

test('a second run leaves what the first made, where surrogates are of reserved ranges', () => {
  for (const text of IDEMPOTENT) {
    const once = redactText(text, context);
    assert.notEqual(once, text);
    assert.equal(redactText(once, context), once);
  }
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9_999_999 }), fc.integer({ min: 201, max: 289 }), (line, area) => {
      const text = `Call ${area}-5${String(line).padStart(7, '0').slice(0, 2)}-${String(line).slice(-4).padStart(4, '0')} now`;
      const once = redactText(text, context);
      assert.equal(redactText(once, context), once);
    }),
    { numRuns: 300 },
  );
});

test('a text that holds a surrogate is told from one that holds none', () => {
  for (const text of IDEMPOTENT.slice(0, 4)) {
    assert.ok(holdsSurrogate(redactText(text, context)), text);
    assert.ok(!holdsSurrogate(text), text);
  }
  assert.ok(holdsSurrogate(`Dear ${nameSurrogate('Schmidt', key)},`));
  assert.ok(!holdsSurrogate('The committee recommended an international environmental administration.'));
});

test('numbers with a check have one that holds, and their look', () => {
  const made = (text: string): string => redactText(text, context);
  const digits = (text: string): string => text.replace(/\D/g, '');
  assert.equal(luhnSum(digits(made('card 3782 822463 10005'))), 0);
  assert.equal(ibanRemainder(made('IBAN DE89370400440532013000').slice(5)), 1);
  assert.ok(mod11and10(digits(made('Steuer-ID 65929970489'))));
  assert.ok(verhoeff(digits(made('Aadhaar 2341 2341 2346'))));
  const dni = made('DNI 12345678Z').slice(4);
  assert.equal('TRWAGMYFPDXBNJZSQVHLCKE'[Number(dni.slice(0, 8)) % 23], dni[8]);
  const nir = digits(made('NIR 1 85 05 78 006 084 91'));
  assert.equal(97 - (Number(nir.slice(0, 13)) % 97), Number(nir.slice(13)));
  assert.match(made('CPF 390.533.447-05'), /^CPF \d{3}\.\d{3}\.\d{3}-\d\d$/);
  assert.match(made('HETU 131052-308T'), /^HETU (?:[01]\d|2[0-8])(?:0[1-9]|1[0-2])\d\d-\d{3}[0-9A-Y]$/);
});

test('dates stay dates near their originals, in their own build', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 28 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1930, max: 2015 }),
      (day, month, year) => {
        const two = (n: number): string => String(n).padStart(2, '0');
        const iso = dateSurrogate(`${year}-${two(month)}-${two(day)}`, key);
        assert.ok(!Number.isNaN(Date.parse(`${iso}T00:00:00Z`)), iso);
        assert.ok(Math.abs(Number(iso.slice(0, 4)) - year) <= 3);
        const german = dateSurrogate(`${two(day)}.${two(month)}.${year}`, key);
        assert.match(german, /^\d\d\.\d\d\.\d{4}$/);
        const [d = '', m = '', y = ''] = german.split('.');
        assert.ok(Number(d) >= 1 && Number(d) <= 28 && Number(m) >= 1 && Number(m) <= 12, german);
        assert.ok(Math.abs(Number(y) - year) <= 3 && Number(y) !== year);
      },
    ),
    { numRuns: 300 },
  );
  assert.match(dateSurrogate('14. März 1985', key), /^\d{1,2}\. \p{Lu}\p{Ll}+ 198\d$/u);
  assert.match(dateSurrogate('March 3rd, 1985', key), /^\p{Lu}\p{Ll}+ \d{1,2}rd, 198\d$/u);
});
