import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countCaseVariants, foldSpellings, indexOfLabel, labelOf } from './label.ts';

const counts = (texts: Readonly<Record<string, number>>): Map<string, number> =>
  new Map(Object.entries(texts));

test('spellings of one label are counted together, under the most frequent one', () => {
  const folded = foldSpellings(
    counts({ refund: 5, Refund: 2, 'refund.': 1, '**refund**': 3, '"refund"': 1, late: 9, LATE: 1, '': 4 }),
  );
  assert.deepEqual(
    [...folded],
    [
      ['refund', 12],
      ['late', 10],
      ['', 4],
    ],
  );
});

test('JSON labels are one label however they are written, and marks on one side are part of a label', () => {
  assert.deepEqual(
    [...foldSpellings(counts({ '{"a": 1}': 3, '{"a":1}': 2, '{"a":2}': 1 }))],
    [
      ['{"a": 1}', 5],
      ['{"a":2}', 1],
    ],
  );
  assert.equal(labelOf(['{"a": 1}', 'x'], '{"a":1.0}'), '{"a": 1}');
  for (const [a, b] of [
    ['_private', 'private'],
    ['__init__', 'init'],
    ['*args', 'args'],
    ['"x', 'x'],
  ] as const)
    assert.equal(foldSpellings(counts({ [a]: 2, [b]: 3 })).size, 2, a);
});

test('labels that differ in more than case and marks around them stay apart', () => {
  const labels = {
    C: 2,
    'C+': 2,
    'C++': 2,
    'a-b': 2,
    'a b': 2,
    no: 2,
    not: 2,
    '?': 2,
    '-': 2,
    '+': 2,
    ä: 2,
    a: 2,
  };
  assert.equal(foldSpellings(counts(labels)).size, Object.keys(labels).length);
});

test('labels that the prompt itself has in two cases stay apart', () => {
  const texts = { Polish: 4, polish: 3, '"polish"': 2 };
  assert.deepEqual(
    [...foldSpellings(counts(texts), 'Is it Polish, or is it about polish?')],
    [
      ['polish', 5],
      ['Polish', 4],
    ],
  );
  assert.equal(countCaseVariants(['late', 'polish', 'Polish', 'lost']), 2);
  assert.equal(countCaseVariants(['late', 'lost', '']), 0);
  for (const prompt of ['Label polish.\n- Polish: shoes.', 'polish? Polish it.', '**Polish**: or polish.'])
    assert.equal(foldSpellings(counts(texts), prompt).size, 1, prompt);
  assert.deepEqual([...foldSpellings(counts(texts), 'Is it polished, polish?')], [['Polish', 9]]);
});

test('a text is the label that it spells; what is none, or could be two, stays as it is', () => {
  const labels = ['refund', 'Polish', 'polish', 'constructor', ''];
  for (const [text, label] of [
    ['refund', 'refund'],
    [' **Refund**.\n', 'refund'],
    ['polish', 'polish'],
    ['"Polish"', 'Polish'],
    ['POLISH', 'POLISH'],
    [' lost ', 'lost'],
    ['Constructor', 'constructor'],
    ['toString', 'toString'],
    ['  ', ''],
  ] as const)
    assert.equal(labelOf(labels, text), label, text);
  assert.equal(indexOfLabel(labels, 'toString'), -1);
});

test('folding keeps every count, and each text spells a label that was counted', () => {
  const text = fc.oneof(
    fc.constantFrom('a', 'A', 'a.', '"a"', 'b', '*b*', '', '.', '""', '__proto__', '**'),
    fc.string({ maxLength: 4 }).map((each) => each.trim()),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(text, fc.integer({ min: 1, max: 9 }))), fc.string(), (given, prompt) => {
      const all = new Map(given);
      const folded = foldSpellings(all, prompt);
      const sum = (map: ReadonlyMap<string, number>) => [...map.values()].reduce((total, n) => total + n, 0);
      assert.equal(sum(folded), sum(all));
      for (const label of folded.keys()) assert.ok(all.has(label));
      if (prompt === '')
        for (const each of all.keys()) assert.ok(folded.has(labelOf([...folded.keys()], each)), each);
    }),
  );
});
