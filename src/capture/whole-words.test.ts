import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyWholeWord, wholeWordReplacer } from './whole-words.ts';

const by = (match: string): string => `<${match.toUpperCase()}>`;

describe('wholeWordReplacer', () => {
  it('replaces as one expression does, however many texts there are', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '.'), minLength: 1, maxLength: 4 });
    const filler = Array.from({ length: 1200 }, (_, i) => `filler${i}${'y'.repeat(i % 9)}`);
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { minLength: 1, maxLength: 8 }),
        fc.string({ unit: fc.constantFrom('a', 'b', ' ', '.'), maxLength: 30 }),
        (words, text) => {
          const expected = text.replace(anyWholeWord(words), by);
          assert.equal(wholeWordReplacer(words)(text, by), expected);
          assert.equal(wholeWordReplacer([...words, ...filler])(text, by), expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('takes more texts than one expression can hold', () => {
    const words = Array.from({ length: 30_000 }, (_, i) => `w${i}${'x'.repeat(30)}`);
    assert.equal(wholeWordReplacer(words)(`a ${words[7]} b`, by), `a ${by(words[7]!)} b`);
  });
});
