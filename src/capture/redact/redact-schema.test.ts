import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../core/json.ts';
import { schemaCompiler } from '../../route/schemas.ts';
import { redactSchema } from './redact-schema.ts';

const shout = (text: string): string => text.toUpperCase();

test('a schema keeps its own words, and its names, choices and prose are redacted', () => {
  const format = {
    type: 'json_schema',
    json_schema: {
      name: 'order',
      strict: true,
      schema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        properties: {
          type: { type: ['integer', 'null'], description: 'how many' },
          who: { $ref: '#/$defs/person' },
          kind: { enum: ['a', { type: 'integer' }], default: { type: 'string' } },
        },
        required: ['type', 'who'],
        $defs: { person: { type: 'string', examples: ['anna'] } },
      },
    },
  };
  assert.deepEqual(redactSchema(format, shout), {
    type: 'json_schema',
    json_schema: {
      name: 'ORDER',
      strict: true,
      schema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        properties: {
          TYPE: { type: ['integer', 'null'], description: 'HOW MANY' },
          WHO: { $ref: '#/$defs/PERSON' },
          KIND: { enum: ['A', { TYPE: 'INTEGER' }], default: { TYPE: 'STRING' } },
        },
        required: ['TYPE', 'WHO'],
        $defs: { PERSON: { type: 'string', examples: ['ANNA'] } },
      },
    },
  });
});

test('names and choices are told from prose', () => {
  const words: string[] = [];
  const prose: string[] = [];
  redactSchema(
    {
      type: 'object',
      title: 'A title',
      properties: { color: { enum: ['red'], description: 'A colour' } },
      required: ['color'],
    },
    (text, isWord) => {
      (isWord ? words : prose).push(text);
      return text;
    },
  );
  assert.deepEqual(
    [words, prose],
    [
      ['color', 'red', 'color'],
      ['A title', 'A colour'],
    ],
  );
});

test('a schema that compiles does so after redaction, whatever its names and texts become', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 });
  const { schema } = fc.letrec<{ schema: JsonObject }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<JsonObject>(
        { type: 'integer', minimum: 1 },
        { type: ['string', 'null'], format: 'date', maxLength: 9 },
        { $ref: '#/$defs/ab' },
        { type: 'boolean', description: 'yes' },
      ),
      fc
        .dictionary(name, tie('schema'), { maxKeys: 3 })
        .map(
          (properties) => ({ type: 'object', properties, required: Object.keys(properties) }) as JsonObject,
        ),
      tie('schema').map((items) => ({ type: 'array', items }) as JsonObject),
      fc
        .array(tie('schema'), { minLength: 1, maxLength: 2 })
        .map((anyOf) => ({ anyOf }) as unknown as JsonObject),
      fc
        .array(name, { minLength: 1, maxLength: 3 })
        .map((values) => ({ enum: [...new Set(values)] }) as JsonObject),
    ),
  }));
  fc.assert(
    fc.property(schema, fc.integer({ min: 1, max: 1000 }), (drawn, salt) => {
      const whole = { ...drawn, $defs: { ab: { type: 'string' } } };
      const changed = redactSchema(whole, (text) => `${text}-${salt}`) as JsonObject;
      const compile = schemaCompiler();
      assert.ok(compile(whole, JSON.stringify(whole)));
      assert.ok(compile(changed, JSON.stringify(changed)), JSON.stringify(changed));
    }),
    { numRuns: 100 },
  );
});
