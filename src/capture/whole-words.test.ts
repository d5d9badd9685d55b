import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyWholeWord } from './whole-words.ts';

describe('anyWholeWord', () => {
  it('matches texts of any characters where they stand alone', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (text) => {
        // White space alone is what stands around it, too.
        fc.pre(text.trim() !== '');
        assert.equal(` ${text} `.replace(anyWholeWord([text, 'another']), ''), '  ');
      }),
    );
    // As surrogates of addresses and ids have them.
    assert.equal('at 12-3/b now'.replace(anyWholeWord(['12-3/b']), 'X'), 'at X now');
  });
});
