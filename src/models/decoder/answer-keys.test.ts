import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { answerKeysOf, withKeys, withoutKeys } from './answer-keys.ts';

const answers = ['{"order":"12345","pieces":null}', '{"order":null,"pieces":{"red":[1,2]}}'];

test('the values alone are what is learnt, and come back whole', () => {
  const keys = answerKeysOf(answers)!;
  assert.deepEqual(keys, ['order', 'pieces']);
  assert.equal(withoutKeys(keys, answers[0]!), '"12345"\nnull');
  for (const answer of answers) assert.equal(withKeys(keys, withoutKeys(keys, answer)!), answer);
});

test('keys that differ, come in another order, or are not there at all are left alone', () => {
  const other = [
    '{"order":"1"}',
    '{"pieces":null,"order":"1"}',
    'lookup {"order":"1"}',
    'damaged_item',
    '[]',
  ];
  for (const answer of other) {
    assert.equal(answerKeysOf([...answers, answer]), null);
    assert.equal(withoutKeys(['order', 'pieces'], answer), null);
  }
  assert.equal(answerKeysOf(['{}', '{}']), null);
  assert.equal(answerKeysOf([]), null);
  // Numbers that JSON.parse changes would not come back as they were.
  assert.equal(answerKeysOf(['{"n":12345678901234567890}']), null);
});

test('what a model writes beside the form is no answer', () => {
  for (const text of ['', '"12345"', '"12345"\nnull\nnull', '"12345\nnull', 'order\nnull'])
    assert.equal(withKeys(['order', 'pieces'], text), '');
});

test('any JSON object comes back as it was', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue(), { minKeys: 1 }), (value) => {
      const answer = JSON.stringify(value);
      const keys = answerKeysOf([answer]);
      if (keys !== null) assert.equal(withKeys(keys, withoutKeys(keys, answer)!), answer);
    }),
  );
});
