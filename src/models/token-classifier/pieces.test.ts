import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { tokeniser, withoutEscapes } from './pieces.ts';

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz0123456789.,-@/\'"'];
const WORDS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', ...LETTERS, 'muller', 'str', '##ass', '##e', 'the', '李'];
const VOCABULARY = new Map([...WORDS, ...LETTERS.map((letter) => `##${letter}`)].map((word, i) => [word, i]));
const { split } = tokeniser(VOCABULARY);

/** Any text, and texts of what is hard: accents, ideographs, marks alone, control characters, halves of pairs. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc
    .array(
      fc.constantFrom(
        'Müller',
        'İ',
        'ﬁ',
        '\u0301',
        '李小龙',
        '😀',
        '\ud800',
        '\u0000',
        '\u200b',
        ' ',
        '\n',
        '\\u00fc',
        '\\n',
        "O'B",
      ),
    )
    .map((parts) => parts.join('')),
);

test('places of pieces are in order, in the text, not empty, and cut no pair of surrogates', () => {
  fc.assert(
    fc.property(text, (value) => {
      const { ids, starts, ends, words } = split(value);
      let last = 0;
      ids.forEach((_, i) => {
        const [start, end] = [starts[i]!, ends[i]!];
        assert.ok(start < end && end <= value.length);
        // Pieces of one word may share a character that is several when normalised.
        if (i > 0 && words[i] !== words[i - 1]) assert.ok(start >= ends[i - 1]!);
        assert.ok(start >= last);
        last = start;
        const half = (at: number): boolean =>
          /^[\ud800-\udbff][\udc00-\udfff]/.test(value.slice(at - 1, at + 1));
        assert.ok(!half(start) && !half(end));
      });
    }),
    { numRuns: 500 },
  );
});

test('pieces of a part of a text are those that the part has alone, where it stands', () => {
  fc.assert(
    fc.property(text, text, (before, part) => {
      const start = before.length;
      const inside = split(before + part, [{ start, end: start + part.length }]);
      const alone = split(part);
      assert.deepEqual(inside.ids, alone.ids);
      assert.deepEqual(
        inside.starts,
        alone.starts.map((at) => at + start),
      );
    }),
  );
});

test('ids are those of the model’s own tokenizer', () => {
  const reference = new Tokenizer(
    {
      normalizer: {
        type: 'BertNormalizer',
        lowercase: true,
        clean_text: true,
        handle_chinese_chars: true,
        strip_accents: null,
      },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: {
        type: 'TemplateProcessing',
        single: [{ Sequence: { id: 'A', type_id: 0 } }],
        pair: [],
        special_tokens: {},
      },
      decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab: Object.fromEntries(VOCABULARY),
      },
      added_tokens: [],
    },
    {},
  );
  const plain = fc.string({ unit: fc.constantFrom(...'aZü李 -\n\t.9ÉñßŁ@“”', "'") });
  fc.assert(
    fc.property(plain, (value) => {
      assert.deepEqual(split(value).ids, reference.encode(value).ids);
    }),
  );
});

test('a word keeps its place when its accents are taken off', () => {
  const value = 'Frau Mu\u0308ller, Straße';
  const { ids, starts, ends } = split(value);
  const muller = ids.indexOf(VOCABULARY.get('muller')!);
  assert.equal(value.slice(starts[muller], ends[muller]), 'Mu\u0308ller');
});

test('characters that JSON has escaped are read as what they stand for', () => {
  const value = 'M\\u00fcller';
  const { ids, starts, ends } = split(value);
  assert.deepEqual(ids, [VOCABULARY.get('muller')]);
  assert.deepEqual([starts[0], ends[0]], [0, value.length]);
});

test('escaped line ends become white space, and no place in the text moves', () => {
  assert.equal(withoutEscapes('Ann\\nBob\\\\tC'), 'Ann \nBob  \nC');
  fc.assert(fc.property(text, (value) => withoutEscapes(value).length === value.length));
});

test('a megabyte of one word is one piece, one of spaces none, and one of marks one each', () => {
  assert.equal(split('x'.repeat(1e6)).ids.length, 1);
  assert.equal(split(' '.repeat(1e6)).ids.length, 0);
  assert.equal(split('.'.repeat(1e6)).ids.length, 1e6);
  assert.equal(split('é'.repeat(1e6)).ids.length, 1);
});
