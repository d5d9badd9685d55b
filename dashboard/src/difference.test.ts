import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { differing } from './difference.ts';

const textOf = (pieces: readonly { readonly text: string }[]): string =>
  pieces.map(({ text }) => text).join('');
const sharedOf = (pieces: readonly { readonly text: string; readonly isShared: boolean }[]): string =>
  textOf(pieces.filter(({ isShared }) => isShared));

test('differing: both texts are there whole, and what is shared is the same in both', () => {
  const words = fc
    .array(fc.constantFrom('a', 'b', 'c', ' ', '{', '12'), { maxLength: 30 })
    .map((list) => list.join(''));
  fc.assert(
    fc.property(words, words, (left, right) => {
      const [mine, theirs] = differing(left, right);
      assert.equal(textOf(mine), left);
      assert.equal(textOf(theirs), right);
      assert.equal(sharedOf(mine), sharedOf(theirs));
    }),
  );
});

test('differing: one changed word is marked alone', () => {
  const [mine, theirs] = differing('{"order": 12, "problem": "late"}', '{"order": 12, "problem": "broken"}');
  assert.deepEqual(
    mine.filter(({ isShared }) => !isShared),
    [{ text: 'late', isShared: false }],
  );
  assert.deepEqual(
    theirs.filter(({ isShared }) => !isShared),
    [{ text: 'broken', isShared: false }],
  );
});

test('differing: texts that are too long for it are shown as they are', () => {
  const long = 'word '.repeat(2000);
  assert.deepEqual(differing(long, `${long}!`)[0], [{ text: long, isShared: false }]);
});
