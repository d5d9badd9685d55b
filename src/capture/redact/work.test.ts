/** What redaction costs: steps are counted, and grow no faster than the text, whatever the text. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configSchema } from '../../core/config.ts';
import { findKnownNames } from './known-names.ts';
import { stepsOfNames } from './names.ts';
import { RECOGNISERS } from './recognise.ts';
import {
  compilePolicy,
  entityTexts,
  namesOfEntities,
  obviousNames,
  redactEntities,
  redactText,
} from './redact.ts';
import { scanText } from './scan.ts';

const context = {
  key: new Uint8Array(32).fill(3),
  policy: compilePolicy(configSchema.parse({}).redaction),
};

/** Texts made of one piece again and again: what a careless pattern would walk many times. */
const PIECES: readonly string[] = [
  'a@',
  '@',
  'a.a@a.de ',
  'a.',
  '1',
  '12 ',
  '1234 ',
  '1.2.',
  '+49 171 1234567 ',
  '[',
  '(',
  '{"a":',
  '"',
  '\\',
  '\\n',
  '\\"',
  'Hello Mia, ',
  'Best regards,\n',
  'name: ',
  'Dear Mr. Aaaa ',
  'I am ',
  ' ',
  '\n',
  '-',
  '-----BEGIN ',
  '-----BEGIN PRIVATE KEY-----',
  ' --password ',
  'password=',
  'password is ',
  'api_key_token: ',
  'Bearer ',
  'Cookie: a=bcdef;',
  'a=bcdef;',
  'curl -u ',
  'mysql ',
  '://',
  '&key=',
  'a',
  'A',
  'Aa',
  'Aa ',
  'a1',
  'A1 ',
  'eyJa1.',
  'sk-1',
  '::',
  '0a:',
  '0a-',
  'born in Aa ',
  'date of birth: ',
  '12 Aaaa Aaaa ',
  '1 rue de la Aa-Aa-',
  'Calle Aaaaa 1 ',
  'Aaaastraße ',
  'ssn ',
  'passport number ',
  "driver's license number ",
  'license plate AB ',
  'user name: @',
  'zip code ',
  'order no. ',
  'aged 12 years old ',
  'DE89 ',
  '4111 ',
  'user ',
  'login a.a ',
  'user a from ',
  'date of birth?\n',
  'phone?\nA: 1234567 ',
  'hombre de 12 años, ',
  'wird 12 ',
  'AA-',
  'AA-0',
  '001b.6384.',
  'wallet=0x1234567890abcdef1234567890abcdef12345678=',
  'registration AB12 ',
  'Aa Aa (12) ',
  'password is Ab1',
  'ü',
  '👋',
  '电话',
];

const repeated = (piece: string, length: number): string => piece.repeat(Math.ceil(length / piece.length));
/** Text that is JSON inside JSON, escaped again at each level. */
const nested = (length: number): string => {
  const row = {
    note: 'Mia "B." of\n12 Baker Street',
    inner: JSON.stringify({ mail: 'mia@web.de', deeper: JSON.stringify(['a\\b"']) }),
  };
  return JSON.stringify(Array.from({ length: Math.ceil(length / 160) }, () => JSON.stringify(row)));
};
const LENGTH = 8000;

test('each recogniser takes steps in proportion to the text', () => {
  for (const piece of PIECES) {
    for (const recogniser of RECOGNISERS) {
      const steps = (length: number): number => {
        const scan = scanText(repeated(piece, length));
        recogniser(scan);
        return scan.steps;
      };
      const once = steps(LENGTH);
      const twice = steps(2 * LENGTH);
      assert.ok(twice <= 2.1 * once + 1000, `${recogniser.name} on ${piece}: ${once}, then ${twice} steps`);
      assert.ok(once <= 100 * LENGTH, `${recogniser.name} on ${piece}: ${once} steps`);
    }
  }
});

test('the search for names takes steps in proportion to the text', () => {
  for (const piece of PIECES) {
    const once = stepsOfNames(repeated(piece, LENGTH));
    const twice = stepsOfNames(repeated(piece, 2 * LENGTH));
    assert.ok(twice <= 2.1 * once + 1000, `${piece}: ${once}, then ${twice} steps`);
    assert.ok(once <= 100 * LENGTH, `${piece}: ${once} steps`);
  }
});

/** Processor time, in µs, the least of some runs: what counted steps do not see, inside one match of a pattern. */
function processorTime(run: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 4; i++) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  return least;
}

test('four times the text costs less than eight times the processor', () => {
  for (const piece of ['nested JSON', ...PIECES]) {
    const cost = (length: number): number => {
      const text = piece === 'nested JSON' ? nested(length) : repeated(piece, length);
      return processorTime(() => {
        const made = redactText(text, context);
        obviousNames(made);
      });
    };
    const small = cost(12_000);
    const large = cost(48_000);
    // Below a millisecond, it is the clock that is measured.
    assert.ok(large < 8 * Math.max(small, 1000), `${piece}: ${small} µs, then ${large} µs`);
  }
});

test('known names are found by one pass, whatever their number', () => {
  const word = (i: number): string =>
    `Q${[...String(i)].map((digit) => 'aeioulnrst'[Number(digit)]).join('')}x`;
  const names = Array.from({ length: 4000 }, (_, i) => `${word(i)} ${word(i + 5000)}`);
  let reads = 0;
  const counted = new Proxy(names, {
    get(target, property, receiver) {
      if (typeof property === 'string' && /^\d+$/.test(property)) reads++;
      return Reflect.get(target, property, receiver);
    },
  });
  const text = names.slice(0, 500).join(', ');
  assert.equal(findKnownNames(text, counted).length, 500);
  for (let i = 0; i < 50; i++) findKnownNames(text, counted);
  assert.equal(reads, names.length);
});

test('a thousand customers are replaced by what they were said to be, all of them', () => {
  const word = (i: number): string =>
    `Q${[...String(i + 1000)].map((digit) => 'aeioulnrst'[Number(digit)]).join('')}x`;
  const customers = Array.from({ length: 1000 }, (_, i) => ({
    first_name: word(i),
    last_name: word(i + 3000),
    email: `${word(i)}.${word(i + 3000)}@web.de`.toLowerCase(),
    phone: `+49 171 ${2000000 + i * 37}`,
  }));
  const once = redactText(JSON.stringify(customers), context);
  const entities = obviousNames(once);
  const made = redactEntities(once, entities, namesOfEntities(once, entities), context);
  const read = JSON.parse(made) as typeof customers;
  read.forEach((customer, i) => {
    for (const [field, value] of Object.entries(customer)) {
      assert.notEqual(value, customers[i]?.[field as keyof typeof customer]);
    }
    assert.equal(customer.email.split('@')[0], `${customer.first_name}.${customer.last_name}`.toLowerCase());
  });
  assert.equal(new Set(read.map((customer) => customer.phone)).size, 1000);
});

test('the texts for a finder hold each character once', () => {
  const rows = Array.from({ length: 2000 }, (_, i) => ({ note: `Row ${i} of Mia`, n: i }));
  const text = JSON.stringify(rows);
  const { texts } = entityTexts(text);
  assert.ok(texts.join('').length <= text.length);
  assert.ok(texts.length <= text.length / 500);
});

test('a text that only begins as JSON is not parsed', (t) => {
  const parsed = t.mock.method(JSON, 'parse');
  redactText('[see below] The order {"id": 1} came late.', context);
  redactText('{"id": 1} (again)', context);
  assert.equal(parsed.mock.callCount(), 0);
  redactText(' {"id": 1}\n ', context);
  assert.equal(parsed.mock.callCount(), 1);
});
