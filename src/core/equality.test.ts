import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EQUALITY_TABLE } from '../../test/support/equality-table.ts';
import { compareAnswers } from './compare.ts';

for (const { title, pairs } of EQUALITY_TABLE)
  for (const { expected, actual, given, kind, options, verdict, why } of pairs)
    test(`${title}: ${JSON.stringify(expected)} and ${JSON.stringify(actual)}, ${given || kind}: ${verdict} (${why})`, () => {
      const there = compareAnswers(kind, expected, actual, options);
      assert.equal(there.right, verdict, there.reason ?? 'no reason');
      assert.equal(there.reason === null, verdict === true);
      // '' is no answer: nothing is right that it is compared with, from either side.
      const back = compareAnswers(kind, actual, expected, options);
      assert.equal(back.right, verdict, `the other way round: ${back.reason}`);
      assert.equal(compareAnswers(kind, expected, expected, options).right, true);
    });

test('the table has at least 60 pairs, none of them twice', () => {
  const pairs = EQUALITY_TABLE.flatMap((group) => group.pairs);
  assert.ok(pairs.length >= 60);
  const keys = pairs.map(({ expected, actual, options, kind }) =>
    JSON.stringify([kind, expected, actual, options]),
  );
  assert.equal(new Set(keys).size, keys.length);
});
