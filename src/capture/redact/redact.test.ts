import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { configSchema } from '../../core/config.ts';
import type { Json } from '../../core/json.ts';
import { ibanRemainder, luhnSum } from './checksums.ts';
import { compilePolicy, namesOfEntities, obviousNames, redactEntities, redactText } from './redact.ts';

const key = new Uint8Array(32).fill(3);
const policy = compilePolicy(configSchema.parse({}).redaction);

/** Both stages without a finder: the second has the names in obvious positions. */
function redact(text: string, key: Uint8Array): string {
  const context = { key, policy };
  const made = redactText(text, context);
  const entities = obviousNames(made);
  return redactEntities(made, entities, namesOfEntities(made, entities), context);
}

const namesOf = (text: string): string[] => [
  ...new Set(obviousNames(text).map(({ start, end }) => text.slice(start, end))),
];

const digits = (min: number, max = min): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: min, maxLength: max }).map((list) => list.join(''));
const from = (alphabet: string, length: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...alphabet), { minLength: length, maxLength: length })
    .map((list) => list.join(''));
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const TOKEN = `${LOWER}${LOWER.toUpperCase()}0123456789`;

const email = fc
  .tuple(
    from(LOWER, 7),
    from(LOWER, 6),
    fc.constantFrom('.', '_', '', '+'),
    fc.constantFrom('gmail.com', 'web.de', 'mail.acme.co.uk'),
  )
  .map(([a, b, sep, host]) => `${a}${sep}${b}@${host}`);
const card = fc
  .tuple(fc.constantFrom('4', '51', '55'), digits(15), fc.constantFrom(' ', '-', ''))
  .map(([start, rest, sep]) => {
    const body = (start + rest).slice(0, 15);
    const number = body + ((10 - luhnSum(`${body}0`)) % 10);
    return (number.match(/.{4}/g) ?? []).join(sep);
  });
const iban = fc
  .tuple(fc.constantFrom('DE:18', 'FR:23', 'NL:14', 'ES:20'), digits(30), fc.boolean())
  .map(([country, account, spaced]) => {
    const [code = '', length = '0'] = country.split(':');
    const body = account.slice(0, Number(length));
    const whole = code + String(98 - ibanRemainder(`${code}00${body}`)).padStart(2, '0') + body;
    return spaced ? (whole.match(/.{1,4}/g) ?? []).join(' ') : whole;
  });
const phone = fc.oneof(
  fc
    .tuple(fc.constantFrom('+49 ', '+44 ', '+1 '), digits(3), digits(7))
    .map(([cc, a, b]) => `${cc}1${a.slice(1)} ${b}`),
  fc.tuple(digits(1), digits(2), digits(4)).map(([a, b, c]) => `(41${a}) 5${b}-${c}`),
  fc.tuple(digits(1), digits(2), digits(4)).map(([a, b, c]) => `41${a}-5${b}-${c}`),
);
const ip = fc
  .tuple(fc.integer({ min: 33, max: 99 }), fc.nat(255), fc.nat(255), fc.nat(255))
  .map((octets) => octets.join('.'));
const secret = fc.oneof(
  from(TOKEN, 30).map((body) => `sk-proj-1${body}`),
  from(TOKEN, 36).map((body) => `ghp_${body}1`),
  from(`${LOWER.toUpperCase()}234567`, 15).map((body) => `AKIA7${body}`),
  from(TOKEN, 20).map((body) => `xoxb-12345678-${body}`),
);
const name = fc
  .tuple(
    fc.constantFrom('Anna', 'Mehmet', 'Giulia', 'Priya', 'Thomas'),
    fc.constantFrom('Schmidt', "O'Hara", 'Kowalska', 'Müller', 'Garcia-Lopez'),
  )
  .map((words) => words.join(' '));
const personal = fc.record({ email, card, iban, phone, ip, secret, name });
type Personal = typeof personal extends fc.Arbitrary<infer T> ? T : never;

const letter = (p: Personal): string =>
  `Dear support,\n\nI paid order 4421486 with card ${p.card} on 2024-05-20, refund to ${p.iban}. ` +
  `Write to ${p.email} or call ${p.phone}; I came from ${p.ip}. My key is ${p.secret}.\n\nBest regards,\n${p.name}\n`;

test('nothing personal survives, and the rest of the text does', () => {
  fc.assert(
    fc.property(personal, (p) => {
      const made = redact(letter(p), key);
      for (const original of [p.email, p.card, p.iban, p.phone, p.ip, p.secret, ...p.name.split(' ')]) {
        assert.ok(!made.includes(original), `${original} in ${made}`);
      }
      assert.match(made, /^Dear support,\n\nI paid order 4421486 with card .* on 2024-05-20, refund to /);
      assert.match(made, / or call .*; I came from .*\. My key is .*\.\n\nBest regards,\n\S+ \S+\n$/);
    }),
    { numRuns: 300 },
  );
});

test('a surrogate has the type, the look and the check digits of its original', () => {
  const shape = (text: string): string => text.replace(/\d/g, '0');
  fc.assert(
    fc.property(personal, (p) => {
      const madeCard = redact(`card ${p.card}`, key).slice(5);
      assert.equal(shape(madeCard), shape(p.card));
      assert.equal(luhnSum(madeCard.replace(/\D/g, '')), 0);
      const madeIban = redact(`to ${p.iban}`, key).slice(3);
      assert.equal(shape(madeIban), shape(p.iban));
      assert.equal(ibanRemainder(madeIban.replaceAll(' ', '')), 1);
      assert.equal(shape(redact(`call ${p.phone}`, key)), shape(`call ${p.phone}`));
      assert.match(redact(p.email, key), /^[a-z0-9._+]+@[a-z]+\.example\.(?:com|org|net)$/);
      assert.match(redact(`from ${p.ip} at`, key), /^from 198\.1[89]\.\d+\.\d+ at$/);
      assert.equal(redact(p.secret, key).length, p.secret.length);
      assert.equal(redact(p.secret, key).slice(0, 3), p.secret.slice(0, 3));
    }),
    { numRuns: 300 },
  );
});

test('the same person is the same surrogate in every text, another under another key', () => {
  fc.assert(
    fc.property(personal, (p) => {
      const one = redact(`Please write to ${p.email}.`, key);
      const surrogate = one.slice('Please write to '.length, -1);
      assert.ok(redact(letter(p), key).includes(`Write to ${surrogate} or`));
      assert.ok(redact(JSON.stringify({ to: p.email, n: 1 }), key).includes(`"${surrogate}"`));
    }),
    { numRuns: 100 },
  );
  const mail = 'Hi, my name is Anna Schmidt.';
  assert.equal(redact(mail, key), redact(mail, key));
  assert.notEqual(redact(mail, key), redact(mail, new Uint8Array(32).fill(4)));
});

test('a name found in one place is replaced in the others, by itself and in the address', () => {
  const made = redact(
    'From: Anna Schmidt <anna.schmidt@web.de>\nANNA SCHMIDT wrote again. Anna wants a refund; Mrs Schmidt is upset.\n\nRegards,\nAnna',
    key,
  );
  const [, first = '', last = ''] = /^From: (\S+) (\S+) </.exec(made) ?? [];
  assert.equal(
    made.replace(/@\w+\.example\.\w+/, '@example.com'),
    `From: ${first} ${last} <${first.toLowerCase()}.${last.toLowerCase()}@example.com>\n${first.toUpperCase()} ${last.toUpperCase()} wrote again. ${first} wants a refund; Mrs ${last} is upset.\n\nRegards,\n${first}`,
  );
});

test('names are found where they obviously stand', () => {
  const found: [string, string[]][] = [
    ['Dear Anna,', ['Anna']],
    ['Hi Mehmet Yılmaz, thanks', ['Mehmet Yılmaz']],
    ['hello anna can you help', ['anna']],
    ['Sehr geehrte Frau Müller,\nvielen Dank', ['Müller']],
    ['This is Karen from Berlin.', ['Karen']],
    ["hi, i'm thomas and i need help", ['thomas']],
    ['My name is Xochitl Quetzal and', ['Xochitl Quetzal']],
    ['Thanks in advance\nKind regards\n\nJohn van der Berg', ['John van der Berg']],
    ['ok thanks,\nkaren', ['karen']],
    ['Cheers, Tom', ['Tom']],
    ['Order late.\n-- Priya', ['Priya']],
    ['Order late.\nKind rgeards,\nTom Romero\nTel. 5', ['Tom Romero']],
    ['Mit freundlichen Grüßen\nJürgen Weiß', ['Jürgen Weiß']],
    ['Passenger name: MIA LI', ['MIA LI']],
    ['Name: Sofia Kim\nOrder: 5', ['Sofia Kim']],
    ['{"first_name": "Mia", "last_name": "Li"}', ['Mia', 'Li']],
    ['{"note": "Regards,\\nJohn Doe"}', ['John Doe']],
    ['text inside {\\"note\\": \\"Regards,\\nJohn Doe\\"}', ['John Doe']],
    ['Grace period ends.\n\nThanks,\nGrace', ['Grace']],
  ];
  for (const [text, names] of found) assert.deepEqual(namesOf(text), names, text);
  assert.match(
    redact('Grace period ends.\n\nThanks,\nGrace', key),
    /^Grace period ends\.\n\nThanks,\n(?!Grace)\S+$/,
  );
});

const CLEAN = [
  'Hi there, Hello World! Dear Customer, Dear Sir or Madam, Hey Team, Thanks Support.',
  'Best,\nThe Support Team',
  'Kind regards,\nCustomer Service\nAcme GmbH',
  'Order 4421486, order #123-456-7890, order no. 4111111111111111, tracking 1Z999AA10123456784.',
  'Invoice 2024-000123 of 20.05.2024 over $1,299.99 (EUR 1.299,99), SKU AB-1234-XY, EAN 4006381333931.',
  'ISBN 978-3-16-148410-0, part 555-123-4567, model X200-4500-1000, batch 0170 1234567.',
  'Version 1.2.3.4, v10.0.19041.1, section 3.2.1.4, 127.0.0.1 and 0.0.0.0, lodash@4.17.21, icon@2x.png.',
  'At 12:30:45 on 2024-05-20T12:30:45Z, UTC+01:00, ratio 16:9, std::vector<int>, a::b::c.',
  'Flights HAT136 and HAT039 from JFK to SEA, 3 bags, 12 of 250 points, 1,000,000 users, +15 %.',
  'Write to support@shop.com or info@acme.de, or user@example.com. @mention, foo@bar.',
  'The token is invalid. Password: must be 8 characters. Your secret key is required. api_key: string',
  'max_tokens: 1024, total_tokens=2048, "token_count": 123456789012, secret: none, password=********',
  'https://shop.com/orders/4421486?ref=mail&page=2, 550e8400-e29b-41d4-a716-446655440000, deadbeefcafe',
  'sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  'I am happy. This is great. I am Looking forward. It is Monday. From: Berlin To: Paris',
  'Name: Blue Shirt, Customer: ACME Corp, Contact: Sales, Agent: Smith & Sons, Product name: Desk',
  'The card ending in 4242 was declined, transaction 7034981723649 failed, amount 100 200 300 400.',
  'Numbers: 200 500 1000, 1234567890123456, 0001 2345, 2023-10-05 to 2023-10-12, 10.05.2023-12.05.2023.',
  'Will you be there in May? Mark it as read. The price may rise. Dear Summer sale fans!',
  'Sincerely hope this helps. Best wishes for 2025. Thanks for the Quick reply. Love the Green one.',
  'Es ist 12 Uhr. Ich bin Kunde. Vielen Dank für Ihre Bestellung 0815-4711. Hallo zusammen,',
  'call me at 10:30 or on 2024-05-20, phone: none, tel: see website, fax ext 12',
];

test('documents without personal data stay as they are', () => {
  for (const text of CLEAN) {
    assert.equal(redact(text, key), text);
    const json = JSON.stringify({ content: text, n: 4421486, list: [text] }, null, 2);
    assert.equal(redact(json, key), json);
  }
});

const BANKING = join(import.meta.dirname, '../../../../shared/data/banking77/train.csv');
test('customer queries without personal data stay as they are', {
  skip: existsSync(BANKING) ? false : 'needs ../shared/data/banking77',
}, () => {
  const lines = readFileSync(BANKING, 'utf8').split('\n');
  const changed = lines.filter((line) => redact(line, key) !== line);
  // One customer tells the age of a son.
  assert.equal(changed.length, 1);
  assert.match(changed[0] ?? '', /turned 13/);
});

test('JSON stays JSON of the same shape, escaped and nested too', () => {
  const shapeOf = (value: Json): unknown =>
    Array.isArray(value)
      ? value.map(shapeOf)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shapeOf(item)]))
        : typeof value;
  fc.assert(
    fc.property(personal, fc.jsonValue(), fc.boolean(), (p, any, indent) => {
      const value = {
        any: any as Json,
        mail: letter(p),
        first_name: p.name,
        inner: JSON.stringify({ note: letter(p), deeper: JSON.stringify([p.email]) }),
        prose: `The result is ${JSON.stringify({ note: letter(p) })}.`,
        card: 4111111111111111,
      } as Json;
      const text = JSON.stringify(value, null, indent ? 2 : 0);
      const made = redact(text, key);
      for (const original of [p.email, p.card, p.iban, p.phone, p.ip, p.secret]) {
        assert.ok(!made.includes(original), `${original} in ${made}`);
      }
      const read = JSON.parse(made) as { inner: string; prose: string; card: number };
      assert.deepEqual(shapeOf(read as unknown as Json), shapeOf(JSON.parse(text) as Json));
      const inner = JSON.parse(read.inner) as { deeper: string };
      assert.equal((JSON.parse(inner.deeper) as string[]).length, 1);
      JSON.parse(read.prose.slice('The result is '.length, -1));
      assert.notEqual(read.card, 4111111111111111);
      assert.equal(luhnSum(String(read.card)), 0);
    }),
    { numRuns: 100 },
  );
});

test('JSON is changed only where it holds personal data: white space and numbers stay as written', () => {
  const text = '{ "b":1.50,\t"a" : "x@web.de",\n "u": "\\u00e9\\/", "n":-0.0e-7 }';
  const made = redact(text, key);
  assert.match(
    made,
    /^\{ "b":1\.50,\t"a" : "[a-z0-9]+@[a-z]+\.example\.\w+",\n "u": "\\u00e9\\\/", "n":-0\.0e-7 \}$/,
  );
});

test('a second pass leaves addresses, names and IPs of the first alone', () => {
  fc.assert(
    fc.property(personal, (p) => {
      const once = redact(`Hi ${p.name}, ${p.email} from ${p.ip}.\n\nRegards,\n${p.name}`, key);
      assert.equal(redact(once, key), once);
    }),
    { numRuns: 200 },
  );
});

test('any text at all is taken, and equal texts give equal results', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      assert.equal(redact(text, key), redact(text, key));
    }),
    { numRuns: 300 },
  );
});

test('tokens, passwords and private keys', () => {
  const lines = [
    ['Authorization: Bearer abcdef1234567890abcdef', 'abcdef1234567890abcdef'],
    ['api_key = "q8Zr4Lw9Xn2Vb7Km5Tj3"', 'q8Zr4Lw9Xn2Vb7Km5Tj3'],
    ['my password is hunter2!', 'hunter2'],
    ['postgres://admin:pa55word@db.acme.com/x', 'pa55word'],
    ['{"token": "q8Zr4Lw9Xn2Vb7Km5Tj3"}', 'q8Zr4Lw9Xn2Vb7Km5Tj3'],
    [
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
      'dBjftJeZ4CVP',
    ],
    [
      '-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA1234\n-----END RSA PRIVATE KEY-----',
      'MIIEpAIBAAKCAQEA1234',
    ],
    ['ip 2a02:8071:2b80:1::5 seen', '2a02:8071'],
    ['phone: 5551234567', '5551234567'],
  ] as const;
  for (const [text, original] of lines) {
    const made = redact(text, key);
    assert.ok(!made.includes(original), made);
    assert.equal(made.slice(0, 3), text.slice(0, 3));
  }
});
