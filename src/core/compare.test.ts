import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareAnswers } from './compare.ts';
import type { Json } from './json.ts';

const json = (a: Json, b: Json, schema?: Json): boolean | null =>
  compareAnswers('json', JSON.stringify(a), JSON.stringify(b), schema === undefined ? {} : { schema }).right;

test('labels are equal or not', () => {
  assert.equal(compareAnswers('label', 'refund', ' refund\n').right, true);
  assert.equal(compareAnswers('label', 'refund', 'Refund').right, false);
  assert.equal(compareAnswers('label', 'refund', '').right, false);
});

test('spellings of one of the task’s labels are that label', () => {
  const labels = ['refund', 'late', ''];
  const same = (a: string, b: string) => compareAnswers('label', a, b, { labels }).right;
  assert.equal(same('**Refund**.', 'refund'), true);
  assert.equal(same('Refund', 'late'), false);
  assert.equal(same('∅', '∅'), true);
  // '' is no answer, not the empty one.
  assert.equal(same('∅', ''), false);
  assert.equal(same('lost', 'Lost'), false);
});

test('properties that every object has are no part of an answer', () => {
  assert.equal(json({}, JSON.parse('{"__proto__":{"a":1}}')), false);
  assert.equal(json({ constructor: 1 }, {}), false);
  assert.equal(json({ toString: 1 }, { toString: 1 }), true);
  const schema: Json = { properties: { constructor: { type: 'integer', default: 5 } } };
  assert.equal(json({}, { constructor: 5 }, schema), true);
  assert.equal(json({ constructor: '5' }, { constructor: 5 }, schema), true);
});

test('a field that differs is named by the schema’s words, and quoted in the reason', () => {
  const properties = { items: { type: 'array', items: { properties: { amount: { type: 'number' } } } } };
  const { reason, field } = compareAnswers(
    'json',
    '{"items":[{"amount":13}]}',
    '{"items":[{"amount":"12"}]}',
    {
      schema: { properties },
    },
  );
  assert.equal(reason, 'field `items[0].amount`: 12 is not 13');
  assert.equal(field, 'answer.items[].amount');
  const tool = compareAnswers('tool', 'f {"by_name":{"Ann":1}}', 'f {"by_name":{"Ann":2}}', {
    toolSchemas: { f: { properties: { by_name: { additionalProperties: { type: 'number' } } } } },
  });
  // A key that the schema does not have may be a caller's word.
  assert.equal(tool.field, 'f.by_name.*');
  assert.equal(tool.reason, 'field `by_name.Ann`: 2 is not 1');
  assert.equal(compareAnswers('tool', 'f {}', 'g {}').field, null);
});

test('what is not known of a schema makes nothing lenient', () => {
  for (const schema of [
    { allOf: [{ properties: { a: { type: 'number' } } }, { $ref: 'https://example.com/rest.json' }] },
    { properties: { a: { type: 'number' } }, allOf: Array.from({ length: 1000 }, () => ({})) },
    { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } },
    { properties: { a: {} }, anyOf: [{ required: ['a'] }, { required: ['a', 'b'] }] },
    JSON.parse('{"properties":{"a":{}},"if":{},"then":{"required":["a"]}}'),
    { properties: { a: {} }, dependentRequired: { b: ['a'] } },
  ] as Json[])
    assert.equal(json({ a: null, b: 1 }, { b: 1 }, schema), false, JSON.stringify(schema));
});

test('a schema that refers to itself without end is read in bounded work', () => {
  const schema: Json = { anyOf: [{ $ref: '#' }, { $ref: '#' }], properties: { a: { $ref: '#' } } };
  assert.equal(json({ a: { a: { a: 1 } } }, { a: { a: { a: 1 } } }, schema), true);
  assert.equal(json({ a: { a: { a: 1 } } }, { a: { a: { a: 2 } } }, schema), false);
});

test('the field score counts equal leaves of both', () => {
  const score = (a: Json, b: Json): number | null =>
    compareAnswers('json', JSON.stringify(a), JSON.stringify(b)).fieldScore;
  assert.equal(score({ a: 1, b: 2 }, { a: 1, b: 3 }), 0.5);
  assert.equal(score({ a: 1 }, { a: 1, b: 3 }), 0.5);
  assert.equal(score({ a: [1, 2], b: { c: 3 } }, { a: [1, 4, 5], b: 3 }), 0.2);
  assert.equal(score({}, []), 1);
  assert.equal(score({ a: 1234567890 }, { a: 1234567891 }), 0);
  assert.equal(compareAnswers('json', '{"a":1}', 'not json').fieldScore, 0);
});

test('an answer that is none equals nothing, itself included', () => {
  for (const kind of ['label', 'json', 'tool', 'text'] as const)
    for (const [a, b] of [
      ['', ''],
      ['x {}', ' '],
      [' \n', 'x'],
    ] as const)
      assert.equal(compareAnswers(kind, a, b, { labels: ['', 'x'] }).right, false, `${kind} ${a}`);
});

test('texts that differ are undecided, an empty one is wrong', () => {
  assert.equal(compareAnswers('text', ' Good day\n', 'Good day').right, true);
  assert.equal(compareAnswers('text', 'Good day', 'Hello').right, null);
  assert.equal(compareAnswers('text', 'Good day', '').right, false);
});

test('what an absent property comes to is looked up once, however many objects lack it', () => {
  let looked = 0;
  const property = {
    get type() {
      looked++;
      return 'string';
    },
  };
  const schema: Json = { type: 'array', items: { type: 'object', properties: { a: property } } };
  const items = (n: number): string => `[${new Array(n).fill('{}').join(',')}]`;
  const after = (n: number): number => {
    looked = 0;
    assert.equal(compareAnswers('json', items(n), items(n), { schema }).right, true);
    return looked;
  };
  assert.equal(after(500), after(1));
});
