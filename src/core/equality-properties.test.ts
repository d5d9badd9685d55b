/** What holds of equality for all answers and schemas: each of them would have found a fault that was there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OutputKind } from './answer.ts';
import { type CompareOptions, compareAnswers } from './compare.ts';
import { isObject, type Json, type JsonObject } from './json.ts';

/** A leaf as it stands in JSON, with the schema that it is of. */
interface Typed {
  readonly schema: Json;
  readonly json: string;
}

// Without white space around, which is lenient, and in one Unicode form.
const word = fc
  .string({ unit: fc.constantFrom(...'abzAZ09-_./*,^ éß√中{}"\\'), minLength: 1, maxLength: 8 })
  .map((text) => `x${text}x`);
const digits = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.bigInt({ min: 1n, max: 10n ** 24n }),
    fc.constantFrom('', '.5', '.25', 'e3', '.75E-2'),
  )
  .map(([sign, whole, rest]) => `${sign}${whole}${rest}`);
const leaf: fc.Arbitrary<Typed> = fc.oneof(
  word.map((text) => ({ schema: { type: 'string' }, json: JSON.stringify(text) })),
  word.map((text) => ({ schema: {}, json: JSON.stringify(text) })),
  fc
    .uniqueArray(word, { minLength: 2 })
    .map((all) => ({ schema: { enum: all }, json: JSON.stringify(all[0]) })),
  digits.map((json) => ({ schema: { type: 'number' }, json })),
  digits.map((json) => ({ schema: { anyOf: [{ type: 'number' }, { type: 'null' }] }, json: `"${json}"` })),
  digits.map((json) => ({ schema: {}, json })),
  fc
    .date({ noInvalidDate: true, min: new Date(0), max: new Date('2999-01-01') })
    .map((date) => ({ schema: { type: 'string', format: 'date-time' }, json: JSON.stringify(date) })),
);

/** An object of such leaves in a random shape, its text split where each leaf and each key stands. */
interface Shaped {
  readonly schema: JsonObject;
  readonly pieces: readonly (string | { readonly leaf: string })[];
}
const key = fc.stringMatching(/^[a-z_]{1,8}$/);
const shaped = fc.letrec<{ object: Shaped; value: Shaped }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    leaf.map(({ schema, json }) => ({ schema: schema as JsonObject, pieces: [{ leaf: json }] })),
    tie('object'),
    fc.array(tie('value'), { minLength: 1, maxLength: 3 }).map((items) => ({
      schema: { type: 'array', prefixItems: items.map(({ schema }) => schema) },
      pieces: ['[', ...items.flatMap(({ pieces }, i) => [...(i > 0 ? [','] : []), ...pieces]), ']'],
    })),
  ),
  object: fc
    .tuple(
      fc.uniqueArray(fc.tuple(key, tie('value'), fc.boolean()), {
        minLength: 1,
        maxLength: 4,
        selector: ([name]) => name,
      }),
      fc.boolean(),
    )
    .map(([entries, isNamed]) => ({
      schema: {
        type: 'object',
        ...(isNamed
          ? {
              properties: Object.fromEntries(entries.map(([name, { schema }]) => [name, schema])),
              required: entries.filter(([, , must]) => must).map(([name]) => name),
            }
          : {}),
      },
      pieces: [
        '{',
        ...entries.flatMap(([name, { pieces }], i) => [
          ...(i > 0 ? [','] : []),
          '"',
          { leaf: name },
          '":',
          ...pieces,
        ]),
        '}',
      ],
    })),
})).object;

const textOf = (pieces: Shaped['pieces']): string =>
  pieces.map((piece) => (typeof piece === 'string' ? piece : piece.leaf)).join('');

/** An answer of the kind with this object in it, and what is known of it. */
function answer(kind: 'json' | 'tool', text: string, schema: Json): [string, CompareOptions] {
  return kind === 'json' ? [text, { schema }] : [`f ${text}`, { toolSchemas: { f: schema } }];
}
const kinds = fc.constantFrom('json' as const, 'tool' as const);

test('an answer with one character or digit of one value, key or choice changed is never right', () => {
  const place = fc.nat();
  const to = fc.constantFrom(...'0123456789abAB-_./*,^ ');
  fc.assert(
    fc.property(
      kinds,
      shaped,
      place,
      place,
      to,
      fc.constantFrom('put', 'add', 'drop'),
      (kind, object, n, at, mark, how) => {
        const leaves = object.pieces.flatMap((piece, i) => (typeof piece === 'string' ? [] : [i]));
        const i = leaves[n % leaves.length]!;
        const { leaf: old } = object.pieces[i] as { leaf: string };
        const isQuoted = old.startsWith('"');
        const inner = isQuoted ? old.slice(1, -1) : old;
        const where = at % inner.length;
        const after = where + (how === 'add' ? 0 : 1);
        const changed = inner.slice(0, where) + (how === 'drop' ? '' : mark) + inner.slice(after);
        // White space around a text, and a zero before or behind a number, say nothing.
        const isNumber = (text: string): boolean => /^-?\d+(\.\d+)?([eE]-?\d+)?$/.test(text);
        if (changed.trim() === inner.trim()) return;
        // Nor does a zero behind the fraction of an instant.
        if (/^\d{4}-/.test(inner) && Date.parse(inner) === Date.parse(changed)) return;
        if (isNumber(inner) && isNumber(changed) && Number(inner) === Number(changed) && how !== 'put')
          return;
        const pieces = object.pieces.with(i, { leaf: isQuoted ? `"${changed}"` : changed });
        const [expected, options] = answer(kind, textOf(object.pieces), object.schema);
        const [actual] = answer(kind, textOf(pieces), object.schema);
        if (actual === expected) return;
        assert.equal(compareAnswers(kind, expected, expected, options).right, true);
        assert.notEqual(compareAnswers(kind, expected, actual, options).right, true, `${expected} ${actual}`);
        assert.notEqual(compareAnswers(kind, actual, expected, options).right, true);
      },
    ),
    { numRuns: 2000 },
  );
});

test('a label or a text with one letter or digit changed is never right', () => {
  const labels = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{2,8}$/), { minLength: 2 });
  fc.assert(
    fc.property(labels, fc.nat(), fc.constantFrom(...'0123456789abyz'), (all, at, mark) => {
      const [label] = all as [string];
      const where = at % label.length;
      const other = label.slice(0, where) + mark + label.slice(where + 1);
      if (other === label) return;
      for (const kind of ['label', 'text', 'tool', 'json'] as const)
        assert.notEqual(compareAnswers(kind, label, other, { labels: all }).right, true, kind);
    }),
  );
});

const anyJson = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json);
/** Schemas at random, of keywords that may speak of the value, and ones that are nonsense. */
const anySchema: fc.Arbitrary<Json> = fc.letrec<{ schema: Json }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Json>(
      {},
      true,
      false,
      null,
      { type: 'number' },
      { type: ['string', 'null'] },
      { $ref: '#' },
      { $ref: '#/properties/a' },
    ),
    fc.record(
      {
        type: fc.constantFrom<Json>('object', 'array', 'string', 'integer', ['object', 'null'], 7),
        properties: fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor'), tie('schema')),
        required: fc.subarray<Json>(['a', 'b', 7]),
        items: tie('schema'),
        anyOf: fc.array(tie('schema')),
        allOf: fc.array(tie('schema')),
        additionalProperties: tie('schema'),
        format: fc.constantFrom('date-time', 'time', 'other'),
        default: anyJson,
        enum: fc.array(anyJson),
        nullable: fc.boolean(),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<Json>,
  ),
})).schema;

const someValue: fc.Arbitrary<Json> = fc.oneof(
  anyJson,
  fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor'), anyJson) as fc.Arbitrary<Json>,
);

test('every answer equals itself, whatever the schema', () => {
  fc.assert(
    fc.property(someValue, anySchema, (value, schema) => {
      const text = JSON.stringify(value);
      const { right, fieldScore } = compareAnswers('json', text, text, { schema });
      assert.equal(right, true);
      assert.equal(fieldScore, 1);
      assert.equal(
        compareAnswers('tool', `f ${text}`, `f ${text}`, { toolSchemas: { f: schema } }).right,
        true,
      );
    }),
  );
});

test('equality has no direction', () => {
  const kind = fc.constantFrom<OutputKind>('json', 'tool', 'label', 'text');
  const text = fc.oneof(
    someValue.map((value) => JSON.stringify(value)),
    fc.string(),
  );
  fc.assert(
    fc.property(kind, text, text, anySchema, (of, a, b, schema) => {
      const wrap = (each: string): string => (of === 'tool' ? `f ${each}` : each);
      const options = { schema, toolSchemas: { f: schema }, labels: ['a', 'b', '{}'] };
      const there = compareAnswers(of, wrap(a), wrap(b), options);
      const back = compareAnswers(of, wrap(b), wrap(a), options);
      assert.equal(there.right, back.right);
      assert.equal(there.fieldScore, back.fieldScore);
      if (of === 'json') assert.equal(there.right === true, there.right === true && there.fieldScore === 1);
    }),
  );
});

test('the order of keys and the space between tokens say nothing', () => {
  const reversed = (value: Json): Json =>
    Array.isArray(value)
      ? value.map(reversed)
      : isObject(value)
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([name, item]) => [name, reversed(item)]),
          )
        : value;
  fc.assert(
    fc.property(someValue, anySchema, (value, schema) => {
      const [a, b] = [JSON.stringify(value), JSON.stringify(reversed(value), null, 2)];
      assert.equal(compareAnswers('json', a, b, { schema }).right, true);
      assert.equal(compareAnswers('json', a, b).right, true);
    }),
  );
});

test('the Unicode form of a text says nothing', () => {
  const accented = fc.string({ unit: fc.constantFrom('é', 'ü', 'ñ', 'Å', '각', 'x', ' '), maxLength: 8 });
  fc.assert(
    fc.property(accented, accented, (name, text) => {
      const json = JSON.stringify({ [`k${name}`]: text, list: [text] });
      for (const [kind, one] of [
        ['json', json],
        ['tool', `f ${json}`],
        ['tool', `f ${JSON.stringify(text)}`],
        ['label', `x${text}`],
        ['text', `x${text}`],
      ] as const) {
        const [a, b] = [one.normalize('NFC'), one.normalize('NFD')];
        assert.equal(
          compareAnswers(kind, a, b, { labels: ['y', `x${text}`.trim()] }).right,
          true,
          `${kind} ${a}`,
        );
        assert.equal(compareAnswers(kind, a, b).right, true, `${kind} ${a}`);
      }
    }),
  );
});

test('a policy makes equal, never unequal, but for `exact`', () => {
  const paths = fc.constantFrom('answer.a', 'answer.b', 'answer.a[]', 'answer.*', 'answer.a.b', 'answer');
  const policies = fc.constantFrom(
    'ignore',
    'case-insensitive',
    'set',
    { absolute: 0.5 },
    { relative: 0.1 },
    'text',
  );
  fc.assert(
    fc.property(someValue, someValue, paths, policies, (a, b, path, policy) => {
      const [x, y] = [JSON.stringify(a), JSON.stringify(b)];
      const options = { policy: { [path]: policy } } as CompareOptions;
      assert.equal(compareAnswers('json', x, x, options).right, true);
      assert.equal(compareAnswers('json', x, y, options).right, compareAnswers('json', y, x, options).right);
      if (compareAnswers('json', x, y).right) assert.equal(compareAnswers('json', x, y, options).right, true);
    }),
  );
});
