/** What stands around personal data stays as it is, in both stages. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { configSchema } from '../../core/config.ts';
import { ENTITY_KINDS, type Entity } from '../../core/entity.ts';
import { compilePolicy, redactEntities, redactText } from './redact.ts';

const context = { key: new Uint8Array(32).fill(3), policy: compilePolicy(configSchema.parse({}).redaction) };

const digits = (length: number): fc.Arbitrary<string> =>
  fc.array(fc.nat(9), { minLength: length, maxLength: length }).map((list) => list.join(''));
const phone = fc.oneof(
  fc.constant('+33 6 12 34 56 78'),
  fc.tuple(fc.constantFrom('6', '7'), digits(8)).map(([a, b]) => `+33 ${a} ${b.match(/../g)!.join(' ')}`),
  digits(7).map((b) => `+49 170 ${b}`),
  digits(4).map((b) => `+1 415 555 ${b}`),
  digits(4).map((b) => `(415) 555-${b}`),
  digits(6).map((b) => `+44 20 7946 ${b.slice(2)}`),
);
const personal = fc.oneof(
  { arbitrary: phone, weight: 3 },
  { arbitrary: digits(4).map((n) => `ana.k${n}@web.de`), weight: 1 },
  { arbitrary: fc.constantFrom('4111 1111 1111 1111', 'DE89 3704 0044 0532 0130 00'), weight: 1 },
);
/** Words and small numbers that are nobody's. */
const plain = fc
  .array(
    fc.constantFrom('rooms', 'of', 'open', 'items', 'the', 'is', '1', '2', '12', '3.5', 'per cent', 'and'),
    { maxLength: 5 },
  )
  .map((words) => words.join(' '));
const before = fc.constantFrom('', 'Call ', 'tel: ', 'It is ', '1. ', 'Room 2: ', '(', '"', 'Item 7, ', '\n');
const after = fc.constantFrom(
  '',
  '. ',
  ', ',
  '; ',
  ' - ',
  ': ',
  '! ',
  ') ',
  '\n',
  '. 1 ',
  ', 2 ',
  '" ',
  '\t',
);

describe('redactText', () => {
  it('changes nothing around what it replaces', () => {
    fc.assert(
      fc.property(before, personal, after, plain, (lead, value, sign, rest) => {
        const tail = sign === '' || rest === '' ? '' : `${sign}${rest}`;
        const made = redactText(`${lead}${value}${tail}`, context);
        const shown = JSON.stringify([lead, value, tail, made]);
        assert.ok(made.startsWith(lead), shown);
        assert.ok(made.endsWith(tail), shown);
        assert.equal(made.length - lead.length - tail.length > 0, true, shown);
        // A second look finds nothing more.
        assert.equal(redactEntities(made, [], [], context), made);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('redactEntities', () => {
  it('changes nothing outside the entities that it is given', () => {
    const word = fc.oneof(plain, personal, fc.constantFrom('Ana Kovač', 'O’Hara', '12 Main Street', 'Łódź'));
    const sign = fc.constantFrom(' ', ', ', '. ', '\n', ' - ', '; ');
    const span = fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 30 }), fc.constantFrom(...ENTITY_KINDS));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(word, sign), { minLength: 1, maxLength: 8 }),
        fc.array(span, { maxLength: 4 }),
        (words, spans) => {
          const text = words.flat().join('');
          const entities: Entity[] = [];
          let at = 0;
          for (const [gap, length, kind] of spans) {
            const start = at + (gap % 20);
            const end = Math.min(text.length, start + length);
            if (end > start) entities.push({ start, end, kind });
            at = end + 1;
          }
          const made = redactEntities(text, entities, [], context);
          // What is between them stands in the result, in this order.
          let place = 0;
          let last = 0;
          for (const { start, end } of [...entities, { start: text.length, end: text.length }]) {
            const between = text.slice(last, start);
            const found = made.indexOf(between, place);
            assert.ok(found !== -1, JSON.stringify([text, entities, made, between]));
            place = found + between.length;
            last = end;
          }
          if (entities.length === 0) assert.equal(made, text);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
