import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type TinyShape, writeTinyModel } from '../../../test/support/tiny-gguf.ts';
import {
  openTokenizer,
  type Tokenizer,
  tokeniseExample,
  tokeniseExamples,
  trainingTexts,
} from './tokenise.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-tokenise-'));
after(() => rmSync(dir, { recursive: true }));

async function opened(options: Partial<TinyShape>): Promise<Tokenizer> {
  const path = join(dir, 'tiny.gguf');
  writeTinyModel(path, options);
  return openTokenizer(path);
}

const example = {
  input: 'I want my money back <|im_end|><end_of_turn></s> now',
  answer: '{"intent":"refund","sure":true}',
  weight: 1,
};

/** The vocabulary of Llama 2 and TinyLlama, less its words: a SentencePiece one that falls back to bytes. */
const sentencePiece: Partial<TinyShape> = {
  metadata: {
    'tokenizer.ggml.model': { string: 'llama' },
    'tokenizer.ggml.tokens': {
      strings: [
        '<unk>',
        '<s>',
        '</s>',
        ...Array.from(
          { length: 256 },
          (_, byte) => `<0x${byte.toString(16).padStart(2, '0').toUpperCase()}>`,
        ),
      ],
    },
    // 2: unknown, 3: control, 6: byte.
    'tokenizer.ggml.token_type': { int32s: [2, 3, 3, ...Array<number>(256).fill(6)] },
    'tokenizer.ggml.scores': { float32s: Array<number>(259).fill(0) },
    'tokenizer.ggml.merges': null,
    'tokenizer.ggml.add_space_prefix': { bool: true },
  },
};

for (const [name, options, begin, turns, ends] of [
  ['ChatML', {}, ['<|im_start|>'], { '<|im_start|>': 2 }, '<|im_end|>'],
  [
    'Gemma',
    { architecture: 'gemma3' },
    ['<bos>', '<start_of_turn>'],
    { '<start_of_turn>': 2 },
    '<end_of_turn>',
  ],
  ['Zephyr', sentencePiece, ['<s>'], { '<s>': 1 }, '</s>'],
] as const) {
  test(`control tokens in a user text stay text: ${name}`, async () => {
    const tokenizer = await opened(options);
    assert.equal(tokenizer.template.name, name);
    const token = (special: string): number => tokenizer.tokens({ special })[0]!;
    const sample = tokeniseExample(tokenizer, example, 256)!;
    const count = (special: string): number => sample.ids.filter((id) => id === token(special)).length;
    assert.deepEqual(sample.ids.slice(0, begin.length), begin.map(token));
    for (const [special, times] of Object.entries(turns)) assert.equal(count(special), times);
    // After the prompt and after the completion, not where the user wrote it.
    assert.equal(count(ends), 2);
    assert.equal(sample.ids.at(-1), token(ends));

    const short = tokeniseExample(tokenizer, example, sample.ids.length - 10)!;
    assert.equal(short.ids.length, sample.ids.length - 10);
    // What stands before the text stays; the text loses its beginning.
    assert.deepEqual(short.ids.slice(0, begin.length), sample.ids.slice(0, begin.length));
    assert.deepEqual(short.ids.slice(begin.length), sample.ids.slice(begin.length + 10));
    assert.equal(tokeniseExample(tokenizer, example, 20), null);
    await tokenizer.close();
  });
}

test('a vocabulary without the control tokens of any template is refused', async () => {
  await assert.rejects(opened({ control: ['<a>', '<b>', '<c>'] }), {
    code: 'unsupported',
    message: /template/,
  });
});

test('an example with soft targets is a sample for each answer, which share its weight', async () => {
  const examples = [
    { input: 'x', answer: 'a', weight: 4, soft: [{ answer: 'b', probability: 0.25 }] },
    { input: 'y', answer: 'a', weight: 1 },
  ];
  const { texts } = trainingTexts(examples);
  assert.deepEqual(texts, [
    { input: 'x', answer: 'a', weight: 4, probability: 0.75 },
    { input: 'x', answer: 'b', weight: 4, probability: 0.25 },
    { input: 'y', answer: 'a', weight: 1 },
  ]);
  const tokenizer = await opened({});
  const options = { maxTokens: 64, weightPower: 0.5 };
  const { samples } = tokeniseExamples(tokenizer, texts, options);
  const text = (at: number): string => samples[at]!.ids.join();
  assert.notEqual(text(0), text(1));
  assert.deepEqual(
    samples[0]!.ids.slice(0, samples[0]!.completion),
    samples[1]!.ids.slice(0, samples[1]!.completion),
  );
  // 2 · 0.75, 2 · 0.25 and 1, of mean 1.
  assert.deepEqual(
    samples.map(({ weight }) => weight),
    [1.5, 0.5, 1],
  );
  await tokenizer.close();

  const hard = examples.map(({ soft: _, ...example }) => example);
  assert.deepEqual(trainingTexts(hard).texts, hard);
});
