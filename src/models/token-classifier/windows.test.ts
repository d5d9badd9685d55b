import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Pieces } from './pieces.ts';
import { windowsOf } from './windows.ts';

/** A text of words of so many pieces, each with what stands behind it. */
function piecesOf(words: readonly (readonly [number, string])[]): {
  readonly text: string;
  readonly pieces: Pieces;
} {
  const pieces = { ids: [] as number[], starts: [] as number[], ends: [] as number[], words: [] as number[] };
  let text = '';
  words.forEach(([size, behind], word) => {
    for (let i = 0; i < size; i++) {
      pieces.ids.push(7);
      pieces.starts.push(text.length);
      text += 'x';
      pieces.ends.push(text.length);
      pieces.words.push(word);
    }
    text += behind;
  });
  return { text, pieces };
}

const texts = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 100 }), fc.constantFrom(' ', '', '\n', ' '.repeat(50))), {
    maxLength: 60,
  })
  .map(piecesOf);
const sizes = fc.constantFrom({ most: 126, shared: 32 }, { most: 20, shared: 8 }, { most: 3, shared: 1 });

test('every piece is judged once, in a window that reads it', () => {
  fc.assert(
    fc.property(texts, sizes, ({ text, pieces }, size) => {
      let at = 0;
      for (const { start, end, from, to } of windowsOf(text, pieces, size)) {
        assert.equal(from, at);
        assert.ok(start <= from && from < to && to <= end && end - start <= size.most);
        at = to;
      }
      assert.equal(at, pieces.ids.length);
    }),
  );
});

test('windows read each piece at most about twice', () => {
  fc.assert(
    fc.property(texts, ({ text, pieces }) => {
      const size = { most: 126, shared: 32 };
      const read = windowsOf(text, pieces, size).reduce((sum, { start, end }) => sum + end - start, 0);
      assert.ok(read <= 2 * pieces.ids.length + size.most, `${read} of ${pieces.ids.length}`);
    }),
  );
});

test('a window ends where a line does, and a cut inside a sentence is read from both sides', () => {
  const lines = piecesOf([...Array(12).fill([1, ' ']), [1, '\n'], ...Array(12).fill([1, ' '])]);
  const [first, second] = windowsOf(lines.text, lines.pieces, { most: 20, shared: 8 });
  assert.deepEqual([first?.to, second?.start], [13, 13]);
  const one = piecesOf(Array(40).fill([1, ' ']));
  const [head, next] = windowsOf(one.text, one.pieces, { most: 20, shared: 8 });
  assert.deepEqual([head?.end, head?.to, next?.start, next?.from], [20, 16, 12, 16]);
});
