import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { choicesOf, constraintsOf, schemaOfFormat, structureHash } from './format.ts';
import type { Json, JsonObject } from './json.ts';

const formatOf = (schema: JsonObject, name = 'x'): JsonObject => ({
  type: 'json_schema',
  json_schema: { name, strict: true, schema },
});

const desk = (choices: readonly string[], more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties: { desk: { type: 'string', enum: [...choices], ...more }, urgent: { type: 'boolean' } },
  required: ['desk'],
});

test('names, choices and descriptions of a request are no other structure', () => {
  const texts = fc.string();
  fc.assert(
    fc.property(fc.array(texts), texts, texts, texts, (choices, name, description, fallback) => {
      const made = formatOf(
        desk(choices, { description, default: fallback, examples: [fallback], title: name }),
        name,
      );
      assert.equal(structureHash(made), structureHash(formatOf(desk(['a', 'b']))));
    }),
  );
});

test('other properties and types are another structure', () => {
  const schemas: JsonObject[] = [
    desk(['a']),
    { ...desk(['a']), properties: { desk: { type: 'number' }, urgent: { type: 'boolean' } } },
    { ...desk(['a']), properties: { shelf: { type: 'string' }, urgent: { type: 'boolean' } } },
    { type: 'array', items: desk(['a']) },
    { anyOf: [desk(['a']), { type: 'null' }] },
    { type: 'object', $defs: { d: desk(['a']) }, properties: { desk: { $ref: '#/$defs/d' } } },
    { properties: { constructor: { type: 'string' }, ['__proto__']: { type: 'string' } } },
  ];
  const hashes = [undefined, { type: 'json_object' }, ...schemas.map((schema) => formatOf(schema))].map(
    structureHash,
  );
  assert.equal(new Set(hashes).size, hashes.length);
  assert.equal(structureHash({ type: 'text' }), '');
});

test('formats allow the same answers where only names and descriptions differ', () => {
  const one = formatOf(desk(['a', 'b'], { description: 'of Monday' }), 'monday');
  assert.equal(
    constraintsOf(one),
    constraintsOf(formatOf(desk(['a', 'b'], { description: 'of Friday' }), 'friday')),
  );
  assert.notEqual(constraintsOf(one), constraintsOf(formatOf(desk(['a', 'c']))));
  assert.notEqual(constraintsOf(one), constraintsOf(formatOf({ ...desk(['a', 'b']), required: [] })));
  // A property may have the name of a keyword.
  const named = (type: string) => formatOf({ properties: { description: { type } } });
  assert.notEqual(constraintsOf(named('string')), constraintsOf(named('number')));
});

test('the choices of a schema are told a line each', () => {
  assert.equal(choicesOf(formatOf(desk(['a', 'b']))), 'desk: a|b');
  assert.equal(choicesOf(formatOf({ items: { const: 3 } })), 'answer: 3');
  assert.equal(choicesOf({ type: 'json_object' }), '');
});

test('a schema stands in its wrapper or beside the type', () => {
  assert.deepEqual(schemaOfFormat(formatOf({ type: 'object' })), { type: 'object' });
  assert.deepEqual(schemaOfFormat({ type: 'json_object', schema: { type: 'array' } }), { type: 'array' });
  assert.equal(schemaOfFormat({ type: 'json_object' }), undefined);
});

test('any format has a structure and choices, and nothing throws', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      for (const value of [
        JSON.parse(text),
        { properties: JSON.parse(text), enum: JSON.parse(text) },
      ] as Json[]) {
        const format = formatOf(value as JsonObject);
        assert.match(structureHash(format), /^[0-9a-f]{16}$/);
        constraintsOf(format);
        choicesOf(format);
      }
    }),
  );
});
