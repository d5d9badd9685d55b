import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { CallResponse } from '../core/call.ts';
import { fieldValues, stringFields } from './field-values.ts';

/** The values of a field that are of few, over answers that each had an input of their own. */
function ofFew(values: readonly string[]): Set<string> {
  const fields = fieldValues();
  return new Set(values.filter((value, i) => fields.isOfFew('.f', value, `input ${i}`)));
}

const answer = (content: string, args?: string): CallResponse => ({
  message: {
    role: 'assistant',
    content,
    ...(args === undefined ? {} : { toolCalls: [{ id: '1', name: 'order', arguments: args }] }),
  },
  model: 'm',
  finishReason: 'stop',
  usage: null,
});

describe('fieldValues', () => {
  it('finds the values of a catalogue', () => {
    const articles = Array.from({ length: 40 }, (_, i) => `Article ${i}`);
    const found = ofFew(Array.from({ length: 800 }, (_, i) => articles[(i * 7) % 40]!));
    assert.deepEqual([...found].sort(), [...articles].sort());
  });

  it('takes no value of a field whose values hardly ever come again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 1000 }), (regulars, seed) => {
        // Some customers write often; most do not. Half of the calls are of people who wrote once.
        const values = Array.from({ length: 600 }, (_, i) =>
          (i + seed) % 2 === 0 ? `customer ${i}` : `regular ${i % regulars}`,
        );
        assert.equal(ofFew(values).size, 0);
      }),
    );
  });

  it('takes no value that one input alone had, however often', () => {
    const fields = fieldValues();
    for (let i = 0; i < 300; i++) fields.isOfFew('.f', `v${i % 5}`, `input ${i}`);
    for (let i = 0; i < 50; i++) assert.equal(fields.isOfFew('.f', 'new', 'the same'), false);
  });

  it('keeps apart the fields of an answer', () => {
    const fields = fieldValues();
    let orders = 0;
    for (let i = 0; i < 400; i++) {
      fields.isOfFew('.article', `a${i % 10}`, `input ${i}`);
      if (fields.isOfFew('.order', `number ${i}`, `input ${i}`)) orders++;
    }
    assert.equal(orders, 0);
    assert.ok(fields.isOfFew('.article', 'a1', 'another input'));
  });
});

describe('stringFields', () => {
  it('reads JSON answers and arguments with the paths of their fields', () => {
    const found = stringFields(answer('{"a":"x","n":2,"list":[{"b":"y"},{"b":"z"}]}', '{"c":"w"}'));
    assert.deepEqual(found, [
      { path: '.a', value: 'x' },
      { path: '.list[].b', value: 'y' },
      { path: '.list[].b', value: 'z' },
      { path: 'order.c', value: 'w' },
    ]);
  });

  it('reads nothing of text, of what is no JSON, and of what is long', () => {
    for (const content of ['a label', '{"a":', `{"a":"${'x'.repeat(5000)}"}`]) {
      assert.deepEqual(stringFields(answer(content)), []);
    }
  });
});
