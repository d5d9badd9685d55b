/** Windows of long inputs, and units, as properties of any text. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { tokeniser } from '../token-classifier/pieces.ts';
import { sliceOf, unitsOf } from './units.ts';
import { windowsOfUnits } from './windows.ts';

const vocabulary = new Map(
  ['[UNK]', '[CLS]', '[SEP]', 'a', 'b', '##a', '##b', 'the', '1', '##1', '.', '$', '@'].map((piece, id) => [
    piece,
    id,
  ]),
);
const pieces = tokeniser(vocabulary);
const text = fc.oneof(
  fc
    .array(fc.constantFrom('a', 'abab', 'the', '11', '$1.1', 'a@b', 'Ünal', '東京', ' ', '\n', '\u200b'), {
      maxLength: 60,
    })
    .map((parts) => parts.join(' ')),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
);

describe('unitsOf', () => {
  it('cuts a text into stretches in order that hold all that is visible, and no space', () => {
    fc.assert(
      fc.property(text, (input) => {
        const units = unitsOf(input);
        let last = 0;
        let visible = '';
        units.starts.forEach((start, unit) => {
          assert.ok(start >= last && units.ends[unit]! > start);
          last = units.ends[unit]!;
          visible += sliceOf(units, { start: unit, end: unit + 1 });
        });
        assert.doesNotMatch(visible, /\s/);
        assert.equal(visible, input.replace(/[\s\p{Cc}\p{Cf}]/gu, ''));
      }),
    );
  });

  it('separates letters, digits and marks', () => {
    const units = unitsOf('meet at 10pm, $500!');
    const words = units.starts.map((_, unit) => sliceOf(units, { start: unit, end: unit + 1 }));
    assert.deepEqual(words, ['meet', 'at', '10', 'pm', ',', '$', '500', '!']);
  });
});

describe('windowsOfUnits', () => {
  it('reads the newest units, each at the first of its pieces, in windows that the encoder can take', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 8, max: 20 }), (input, maxTokens) => {
        const units = unitsOf(input);
        const { windows, shares, tokenOf } = windowsOfUnits(units, pieces, maxTokens);
        const ids = windows.flat();
        assert.equal(shares.length, windows.length);
        assert.equal(shares.at(-1), 1);
        for (const window of windows) {
          assert.ok(window.length <= maxTokens);
          assert.equal(window[0], pieces.cls);
          assert.equal(window.at(-1), pieces.sep);
        }
        const parts = units.starts.map((start, unit) => ({ start, end: units.ends[unit]! }));
        const firsts = parts.map((part) => pieces.split(input, [part]).ids[0]);
        const read = [...tokenOf].map((token, unit) => ({ token, unit })).filter(({ token }) => token >= 0);
        read.forEach(({ token, unit }, i) => {
          assert.equal(ids[token], firsts[unit]);
          if (i > 0) assert.ok(token > read[i - 1]!.token);
        });
        // What is not read stands before all that is, or has no piece.
        const oldest = read[0]?.unit ?? units.starts.length;
        tokenOf.forEach((token, unit) => {
          if (token < 0 && unit > oldest) assert.equal(firsts[unit], undefined);
        });
        if (pieces.split(input, parts).ids.length <= maxTokens - 2 && units.starts.length > 0)
          assert.equal(read.length, firsts.filter((id) => id !== undefined).length);
      }),
    );
  });
});
