import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../core/json.ts';
import { toolText } from './tool-text.ts';

const of = (parameters: Json, description = ''): string => toolText({ name: 'f', description, parameters });
const object = (properties: Json, more: object = {}): Json =>
  ({ type: 'object', properties, ...more }) as Json;

test('a tool is a line, and a line for each argument', () => {
  const parameters = object(
    {
      city: { type: 'string', description: 'Where,\n  by its name.' },
      unit: { type: 'string', enum: ['c', 'f'], default: 'c' },
      days: { type: 'array', items: { type: 'integer' } },
      wind: object({ from: { type: 'string' }, kmh: { type: 'number' } }, { required: ['kmh'] }),
    },
    { required: ['city'], additionalProperties: false },
  );
  assert.equal(
    of(parameters, 'Tells the weather.'),
    [
      'f: Tells the weather.',
      'city: string, Where, by its name.',
      'unit?: "c"|"f" = "c"',
      'days?: integer[]',
      'wind?: { from?: string; kmh: number }',
    ].join('\n'),
  );
});

test('a tool without arguments is its name; a schema that says more than that stays JSON', () => {
  assert.equal(of({ type: 'object' }), 'f');
  assert.equal(of(object({})), 'f');
  for (const schema of [
    null,
    { type: 'string' },
    { $ref: '#/x' },
    object({}, { additionalProperties: true }),
    object({}, { oneOf: [] }),
    object({}, { required: 'all' }),
    object({}, { required: ['a'] }),
  ])
    assert.equal(of(schema), `f\n${JSON.stringify(schema)}`);
  for (const property of [{ type: 'number', minimum: 0 }, { type: ['string', 'null'] }, { anyOf: [] }])
    assert.equal(of(object({ a: property })), `f\na?: ${JSON.stringify(property)}`);
  assert.equal(of(object({ a: true })), 'f\na?: true');
});

test('nothing that a schema says is lost', () => {
  const word = fc.stringMatching(/^[a-z]{4,8}$/);
  const leaf = fc.oneof(
    fc.record({ type: fc.constantFrom('string', 'integer'), description: word }),
    fc.record({ type: fc.constant('string'), enum: fc.array(word, { minLength: 1, maxLength: 3 }) }),
    fc.record({
      type: fc.constant('array'),
      items: fc.record({ type: fc.constant('string'), format: word }),
    }),
    fc.record({ anyOf: fc.array(fc.record({ const: word })), default: word }),
  );
  const schemas = fc.dictionary(
    word,
    fc.oneof(
      leaf,
      fc.dictionary(word, leaf).map((each) => object(each)),
    ),
  );
  fc.assert(
    fc.property(schemas, (properties) => {
      const text = of(object(properties as Json));
      const words = JSON.stringify(properties).match(/[a-z]{4,}/g) ?? [];
      const said = words.filter(
        (each) =>
          ![
            'type',
            'properties',
            'description',
            'enum',
            'items',
            'array',
            'default',
            'string',
            'object',
          ].includes(each),
      );
      for (const each of said) assert.ok(text.includes(each), `${each} is missing in ${text}`);
    }),
  );
});
