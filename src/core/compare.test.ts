import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { renderAnswer } from './answer.ts';
import { compareAnswers } from './compare.ts';
import type { Json } from './json.ts';

const json = (a: Json, b: Json, schema?: Json): boolean | null =>
  compareAnswers('json', JSON.stringify(a), JSON.stringify(b), schema === undefined ? {} : { schema }).right;
const tool = (a: Json, b: Json): boolean | null =>
  compareAnswers('tool', `f ${JSON.stringify(a)}`, `f ${JSON.stringify(b)}`).right;

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
  const schema = { properties: { constructor: { type: 'integer', default: 5 } } };
  assert.equal(json({}, { constructor: 5 }, schema), true);
  assert.equal(json({ constructor: '5' }, { constructor: 5 }, schema), true);
});

test('JSON is equal after normalisation', () => {
  assert.equal(json({ a: 1, b: 'x ' }, { b: 'x', a: 1.0 }), true);
  assert.equal(json({ a: 1, b: null }, { a: 1 }), true);
  assert.equal(json({ a: 1 }, { a: '1' }), false);
  assert.equal(
    json(
      { a: 1, c: 'true' },
      { a: '1', c: true },
      {
        properties: { a: { type: 'number' }, c: { type: 'boolean' } },
      },
    ),
    true,
  );
  assert.equal(json({}, { a: 5 }, { properties: { a: { type: 'integer', default: 5 } } }), true);
  assert.equal(json([1, 2], [2, 1]), false);
  assert.equal(json({ a: 'X' }, { a: 'x' }), false);
});

test('the field score counts equal leaves of both', () => {
  const score = (a: Json, b: Json): number | null =>
    compareAnswers('json', JSON.stringify(a), JSON.stringify(b)).fieldScore;
  assert.equal(score({ a: 1, b: 2 }, { a: 1, b: 3 }), 0.5);
  assert.equal(score({ a: 1 }, { a: 1, b: 3 }), 0.5);
  assert.equal(score({ a: [1, 2], b: { c: 3 } }, { a: [1, 4, 5], b: 3 }), 0.2);
  assert.equal(score({}, []), 1);
  assert.equal(compareAnswers('json', '{"a":1}', 'not json').fieldScore, 0);
});

test('tool arguments by the rules of BFCL', () => {
  assert.equal(tool({ city: 'New York, NY' }, { city: 'new york ny' }), true);
  assert.equal(tool({ n: 5 }, { n: 5.0 }), true);
  assert.equal(tool({ n: 5 }, { n: '5' }), false);
  assert.equal(tool({ n: 5, extra: null }, { n: 5 }), true);
  assert.equal(tool({ date: '2024-01-02' }, { date: '2024/01/02' }), true);
  assert.equal(tool({ price: '1.5' }, { price: '15' }), false);
  assert.equal(tool({ x: '-5' }, { x: '5' }), false);
});

test('parallel calls have no order, but a count', () => {
  const of = (...lines: string[]): string => lines.join('\n');
  const [a, b] = ['f {"x":1}', 'g {"y":2}'];
  assert.equal(compareAnswers('tool', of(a, b), of(b, a)).right, true);
  assert.equal(compareAnswers('tool', of(a, a), of(a, b)).right, false);
  assert.equal(compareAnswers('tool', of(a), of(a, a)).right, false);
  assert.equal(compareAnswers('tool', a, 'f').right, false);
});

test('texts that differ are undecided, an empty one is wrong', () => {
  assert.equal(compareAnswers('text', 'Good  day', 'Good day').right, true);
  assert.equal(compareAnswers('text', 'Good day', 'Hello').right, null);
  assert.equal(compareAnswers('text', 'Good day', '').right, false);
});

test('every JSON answer equals itself in any key order', () => {
  const reversed = (value: Json): Json =>
    Array.isArray(value)
      ? value.map(reversed)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([k, v]) => [k, reversed(v)]),
          )
        : value;
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue()), (object) => {
      const value = JSON.parse(JSON.stringify(object)) as Json;
      const text = renderAnswer({ kind: 'json', value });
      assert.equal(compareAnswers('json', text, JSON.stringify(reversed(value))).right, true);
    }),
  );
});
