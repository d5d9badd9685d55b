import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { modelNames } from './model-names.ts';

const names = (text: string): readonly string[] => modelNames(Buffer.from(text));

test('the model of any JSON object is found, whatever stands around it', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.string(),
      fc.boolean(),
      (rest, model, last) => {
        const { model: _, ...others } = rest;
        const text = JSON.stringify(last ? { ...others, model } : { model, ...others }, null, last ? 2 : 0);
        assert.deepEqual(names(text), [model]);
      },
    ),
  );
});

test('a model within another value, or in a text, is none', () => {
  assert.deepEqual(names('{"a":{"model":"inner"},"b":[{"model":"x"}],"c":"\\"model\\":\\"y\\""}'), []);
});

test('each of two models counts, however its name is escaped', () => {
  assert.deepEqual(names('{"model":"a","\\u006dodel" : "b"}'), ['a', 'b']);
});

test('what is no object with a model that is a text has none', () => {
  for (const text of [
    '',
    '[{"model":"a"}]',
    '{"model":1}',
    '{"model":"a","model":null}',
    '{"model":"a',
    'null',
  ])
    assert.deepEqual(names(text), [], text);
});

test('any bytes are read without an error', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => Array.isArray(modelNames(bytes))));
});
