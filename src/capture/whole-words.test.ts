import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { wholeWords } from './whole-words.ts';

/** The same by an expression, which takes as long as there are texts. */
function expected(texts: readonly string[], whole: string): string {
  const longestFirst = [...texts].sort((a, b) => b.length - a.length);
  const escaped = longestFirst.map((text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  const any = new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join('|')})(?![\\p{L}\\p{N}])`, 'gu');
  return whole.replace(any, (found) => `<${found}>`);
}

const marked = (found: string): string => `<${found}>`;

describe('wholeWords', () => {
  it('finds texts of any characters where they stand alone', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (text) => {
        // White space alone is what stands around it, too.
        fc.pre(text.trim() !== '');
        assert.equal(
          wholeWords([text, 'another'])(` ${text} `, () => ''),
          '  ',
        );
      }),
    );
    // As surrogates of addresses and ids have them.
    assert.equal(
      wholeWords(['12-3/b'])('at 12-3/b now', () => 'X'),
      'at X now',
    );
  });

  it('finds what an expression with all of them finds', () => {
    const some = (maxLength: number) =>
      fc.string({
        unit: fc.constantFrom('a', 'b', '1', ' ', '-', '’', 'é', '𝐀', '😀'),
        minLength: 1,
        maxLength,
      });
    fc.assert(
      fc.property(fc.array(some(4), { minLength: 1, maxLength: 8 }), some(30), (texts, whole) => {
        assert.equal(wholeWords(texts)(whole, marked), expected(texts, whole));
      }),
      { numRuns: 2000 },
    );
  });

  it('tries a shorter one where the longer is to be left, and nothing twice', () => {
    const replace = wholeWords(['red box', 'red', 'box'])('a red box', (found) =>
      found === 'red box' ? null : `[red box ${found}]`,
    );
    assert.equal(replace, 'a [red box red] [red box box]');
  });
});
