/** The second stage, what both stages leave, and what the configuration decides. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CallRequest } from '../../core/call.ts';
import { configSchema } from '../../core/config.ts';
import { ENTITY_KINDS, type Entity, type EntityKind } from '../../core/entity.ts';
import { UnderstudyError } from '../../core/errors.ts';
import {
  compilePolicy,
  entityTexts,
  namesOfEntities,
  obviousNames,
  redactEntities,
  redactText,
  vocabularyOf,
} from './redact.ts';

const key = new Uint8Array(32).fill(3);
const redaction = (value: object = {}) => configSchema.parse({ redaction: value }).redaction;
const context = { key, policy: compilePolicy(redaction()) };

/** A finder that knows some words. */
function find(texts: readonly string[], known: Readonly<Record<string, EntityKind>>): Entity[][] {
  return texts.map((text) =>
    Object.entries(known).flatMap(([word, kind]) => {
      const start = text.indexOf(word);
      return start === -1 ? [] : [{ start, end: start + word.length, kind }];
    }),
  );
}

test('entities of JSON texts are placed where they stand in the text, escaped and nested too', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), fc.boolean(), fc.boolean(), (noise, indent, nested) => {
      const name = 'Mia "Mü\\ller"\n';
      const inner = { note: `${noise} é ${name}`, n: 5 };
      const value = { noise, list: [noise, nested ? JSON.stringify(inner) : inner] };
      const text = JSON.stringify(value, null, indent ? 2 : 0);
      const { texts, place } = entityTexts(text);
      const found = place(find(texts, { [name]: 'person' }));
      assert.equal(found.length, 1);
      let read = text.slice(found[0]?.start, found[0]?.end);
      for (let depth = nested ? 2 : 1; depth > 0; depth--) read = JSON.parse(`"${read}"`) as string;
      assert.equal(read, name);
    }),
    { numRuns: 200 },
  );
});

test('JSON stays JSON of the same shape, whatever a finder takes for an entity', () => {
  const shapeOf = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(shapeOf)
      : typeof value === 'object' && value !== null
        ? Object.values(value).map(shapeOf)
        : typeof value;
  const kinds = fc.constantFrom(...ENTITY_KINDS);
  const places = fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 20 }), kinds), { maxLength: 6 });
  const noise = fc.string({
    unit: fc.constantFrom(...'aB3 "\\\n\té@.-\u0001中'),
    minLength: 5,
    maxLength: 40,
  });
  fc.assert(
    fc.property(noise, noise, places, fc.boolean(), (one, two, spans, ascii) => {
      const text = JSON.stringify({ [one]: two, list: [one, JSON.stringify({ note: one, two })] });
      const written = ascii
        ? text.replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
        : text;
      const { texts, place } = entityTexts(written);
      const found = place(
        texts.map((plain) =>
          spans
            .map(([start, length, kind]) => ({ start, end: Math.min(plain.length, start + length), kind }))
            .filter(({ start, end }) => end > start),
        ),
      );
      const made = redactEntities(written, found, namesOfEntities(written, found), context);
      const read = JSON.parse(made) as { list: string[] };
      assert.deepEqual(shapeOf(read), shapeOf(JSON.parse(text)));
      JSON.parse(read.list[1] ?? '');
    }),
    { numRuns: 500 },
  );
});

test('what a finder sees of JSON are values with their keys, and what it finds in a key is dropped', () => {
  const text = JSON.stringify({ first_name: 'Mia', seats: ['12A', 'window'], Paris: { n: 1, ok: true } });
  const { texts, place } = entityTexts(text);
  assert.deepEqual(texts, ['first name: Mia\nseats: 12A\nseats: window']);
  const [entity] = place(find(texts, { 'name: Mia': 'person' }));
  assert.equal(text.slice(entity?.start, entity?.end), 'Mia');
  assert.deepEqual(place(find(texts, { 'first name': 'person' })), []);
  assert.deepEqual(entityTexts('Hello Mia').texts, ['Hello Mia']);
});

test('entities are replaced, and the names known in the session wherever they stand', () => {
  const text = 'Mia Brandt wrote again. BRANDT is upset; Mia’s lamp broke. Miami is far, brandtig no word.';
  const entities = find([text], { 'Mia Brandt': 'person' })[0] ?? [];
  const names = namesOfEntities(text, entities);
  assert.deepEqual(names, ['Mia Brandt']);
  const made = redactEntities(text, entities, names, context);
  const [, first = '', last = ''] = /^(\S+) (\S+) wrote/.exec(made) ?? [];
  assert.equal(
    made,
    `${first} ${last} wrote again. ${last.toUpperCase()} is upset; ${first}’s lamp broke. Miami is far, brandtig no word.`,
  );
  const other = redactEntities('{"to":"Mia Brandt","Brandt":[1]}', [], names, context);
  assert.equal(other, `{"to":"${first} ${last}","${last}":[1]}`);
});

test('a name that is a common word goes where a whole name or an entity stands, not on its own', () => {
  const names = ['Will Grace', 'Page'];
  const made = redactEntities(
    'Will Grace wrote. Will you read Page 3? Grace period ends.',
    [],
    names,
    context,
  );
  assert.match(made, /^(?!Will)\S+ (?!Grace)\S+ wrote\. Will you read Page 3\? Grace period ends\.$/);
});

test('surrogates of the first stage and brands are no entities', () => {
  const once = redactText('Call +49 171 1234567, ship to 12 Baker Street, or write to mia@web.de.', context);
  const parts = /^Call (.+), ship to (.+), or write to (.+)\.$/.exec(once) ?? [];
  const entities = find([once], {
    [parts[1] ?? '']: 'phone',
    [parts[2] ?? '']: 'address',
    [parts[3] ?? '']: 'email',
  });
  assert.equal(redactEntities(once, entities[0] ?? [], [], context), once);
  const brands = 'Dr. Martens, Adidas and Mr. Clean';
  const found = find([brands], { 'Dr. Martens': 'person', Adidas: 'person', 'Mr. Clean': 'person' })[0] ?? [];
  assert.deepEqual(namesOfEntities(brands, found), []);
  assert.equal(redactEntities(brands, found, [], context), brands);
});

test('words of a span that are no names stay, and make no names', () => {
  const text = 'Hi Mia, the Agent and Customer wrote';
  const spans: Entity[] = [
    { start: 0, end: 6, kind: 'person' },
    { start: 12, end: 17, kind: 'person' },
  ];
  assert.deepEqual(namesOfEntities(text, spans), ['Mia']);
  const made = redactEntities(text, spans, ['Mia'], context);
  assert.match(made, /^Hi (?!Mia)\S+, the Agent and Customer wrote$/);
});

test('organisations go on request alone, and a kind that is off stays', () => {
  const text = 'Mia works at Lampenwerk.';
  const entities = find([text], { Mia: 'person', Lampenwerk: 'organisation' })[0] ?? [];
  assert.match(redactEntities(text, entities, ['Mia'], context), /^(?!Mia)\S+ works at Lampenwerk\.$/);
  const policy = compilePolicy(redaction({ kinds: { organisation: true, person: false } }));
  assert.match(redactEntities(text, entities, ['Mia'], { key, policy }), /^Mia works at (?!Lamp)\S+\.$/);
  const without = compilePolicy(redaction({ kinds: { email: false } }));
  assert.match(redactText('mia@web.de from 84.112.9.40', { key, policy: without }), /^mia@web\.de from 198/);
});

test('kept values stay, and what stands inside them, but not what only resembles them', () => {
  const keep = new Set(['j.olsen@lampenwerk.io', 'Mia Brandt Lamps', '84.112.9.40 is home']);
  const text = 'j.olsen@lampenwerk.io, J.OLSEN@lampenwerk.io, 84.112.9.40 is home, 84.112.9.40 is not.';
  const made = redactText(text, { ...context, keep });
  assert.match(made, /^j\.olsen@lampenwerk\.io, (?!J\.OLSEN).*, 84\.112\.9\.40 is home, (?!84).* is not\.$/);
  const named = redactEntities('Mia Brandt Lamps of Mia Brandt', [], ['Mia Brandt'], { ...context, keep });
  assert.match(named, /^Mia Brandt Lamps of (?!Mia)\S+ (?!Brandt)\S+$/);
  const policy = compilePolicy(redaction({ keep: ['mia@web.de'] }));
  assert.equal(redactText('mia@web.de', { key, policy }), 'mia@web.de');
});

test('whether a place lies in a kept value is found as by looking at each value', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '@'), minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(
      fc.array(letters, { maxLength: 6 }),
      fc.string({ unit: fc.constantFrom('a', 'b', '@', ' '), maxLength: 30 }),
      (values, around) => {
        const text = `${around} mia@web.de ${around}`;
        const keep = new Set([...values, `${around.slice(-2)} mia@web.de`]);
        assert.equal(redactText(text, { ...context, keep }).includes('mia@web.de'), true);
      },
    ),
    { numRuns: 200 },
  );
});

test('own recognisers find what the configuration describes, in time linear in the text', () => {
  const policy = compilePolicy(
    redaction({ recognisers: [{ name: 'badge', pattern: '\\bLW-\\d{5}\\b', kind: 'national-id' }] }),
  );
  const long = `${'x'.repeat(4090)} LW-12345 ${'y '.repeat(3000)} LW-54321`;
  const made = redactText(long, { key, policy });
  assert.equal(made.length, long.length);
  assert.doesNotMatch(made, /LW-12345|LW-54321/);
});

test('patterns that could take very long are refused with a hint', () => {
  const bad = [
    '(a+)+$',
    '(\\d+\\s?)*x',
    '(a|b*)+c',
    '\\w+\\d+$',
    '.*.*x',
    '(.)\\1',
    'a*',
    '[',
    `${'a'.repeat(201)}`,
    '(?:x{2,9}){3,}',
  ];
  for (const pattern of bad) {
    assert.throws(
      () => compilePolicy({ ...redaction(), recognisers: [{ name: 'bad', pattern, kind: 'secret' }] }),
      (error) => error instanceof UnderstudyError && error.code === 'bad-config' && error.hint !== undefined,
      pattern,
    );
  }
  const good = [
    '\\bLW-\\d{5}\\b',
    '(?:EMP|BADGE)[ -]?\\d{4,8}',
    '[A-Z]{2}\\d+-[a-z]+',
    '(?<=id: )\\w{6}',
    'Kunde \\p{L}+, Nr\\. \\d+',
  ];
  for (const pattern of good) {
    compilePolicy({ ...redaction(), recognisers: [{ name: 'good', pattern, kind: 'secret' }] });
  }
});

const request = (over: Partial<CallRequest>): CallRequest => ({
  model: 'm',
  messages: [],
  tools: [],
  stream: false,
  params: {},
  ...over,
});

test('vocabulary is names of tools and properties, enum and const values, and addresses to choose from', () => {
  const tool = {
    name: 'forward',
    description: 'Forwards to mia@web.de',
    parameters: {
      type: 'object',
      properties: {
        to: { enum: ['a.b@lampenwerk.io', 'c.d@lampenwerk.io'] },
        kind: { const: 'Dr. Martens' },
      },
    },
  };
  const responseFormat = {
    type: 'json_schema',
    json_schema: {
      name: 'answer',
      schema: { properties: { brand: { anyOf: [{ enum: ['Mr. Clean', 5] }] } } },
    },
  };
  const words = vocabularyOf(request({ tools: [tool], responseFormat }));
  assert.deepEqual(
    [...words].sort(),
    [
      'Dr. Martens',
      'Mr. Clean',
      'a.b@lampenwerk.io',
      'answer',
      'brand',
      'c.d@lampenwerk.io',
      'forward',
      'kind',
      'to',
    ].sort(),
  );
  const list = 'Answer with one: money m.b@x.io, damage j.o@x.io, anything else support@x.io.';
  assert.deepEqual([...vocabularyOf(request({ messages: [{ role: 'system', content: list }] }))].length, 3);
  const one = vocabularyOf(request({ messages: [{ role: 'system', content: 'The user is mia@web.de.' }] }));
  assert.equal(one.size, 0);
});

test('names in obvious positions are placed in the text that they stand in', () => {
  const text = JSON.stringify({
    note: 'Hi,\n"quoted"\nRegards,\nJohn Doe',
    inner: JSON.stringify({ first_name: 'Mia' }),
  });
  const found = obviousNames(text).map(({ start, end }) => text.slice(start, end));
  assert.deepEqual(found, ['John Doe', 'Mia']);
});
