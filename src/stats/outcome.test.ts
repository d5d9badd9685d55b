import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  callFeatures,
  type OutcomeHead,
  type OutcomeModel,
  predictOutcomes,
  SHAPE,
  WORD_BUCKETS,
  wordValues,
} from './outcome.ts';

const shapeOf = (text: string): Record<string, number> => {
  const { shape } = callFeatures(text);
  return Object.fromEntries(SHAPE.map((name, i) => [name, shape[i]!]));
};

test('the shape of a text counts digits, capitals, lines and what they list', () => {
  const text = 'Which one?\nA. 10\nB. 1234\n- no';
  const shape = shapeOf(text);
  const near = (actual: number | undefined, expected: number): void =>
    assert.ok(Math.abs(actual! - expected) < 1e-6, `${actual} ${expected}`);
  near(shape.digits, 6 / text.length);
  near(shape.capitals, 3 / text.length);
  near(shape.lines, Math.log1p(4));
  near(shape['listed lines'], Math.log1p(3));
  near(shape['spread of listed lines'], Math.log1p(7 - 4));
  near(shape['question marks'], 1);
});

test('words differ by letters, not by case, and numbers not by their digits', () => {
  const places = (text: string): number[] => [...callFeatures(text).places];
  assert.deepEqual(places('Refund 12 euros'), places('refund 98 EUROS'));
  assert.notDeepEqual(places('refund'), places('refunds'));
  assert.notDeepEqual(places('a + b'), places('a - b'));
});

test('features of any text are finite, their places ascend, and words have unit length or none', () => {
  const idf = new Float32Array(WORD_BUCKETS).fill(1);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 4000 }), (text) => {
      const features = callFeatures(text);
      assert.ok(features.shape.every(Number.isFinite));
      assert.equal(features.shape.length, SHAPE.length);
      features.places.forEach((place, i) => {
        assert.ok(place < WORD_BUCKETS && (i === 0 || place > features.places[i - 1]!));
      });
      const square = wordValues(features, idf).reduce((sum, value) => sum + value * value, 0);
      assert.ok(features.places.length === 0 ? square === 0 : Math.abs(square - 1) < 1e-4);
    }),
  );
});

test('the middle of a long text is not read', () => {
  const [head, tail] = ['a '.repeat(300), 'z '.repeat(900)];
  const short = callFeatures(`${head}${'b '.repeat(2000)}${tail}`);
  const long = callFeatures(`${head}${'c '.repeat(2000)}${tail}`);
  assert.deepEqual(short.places, long.places);
});

const head = (bias: number, at?: number, weight = 0): OutcomeHead => {
  const weights = new Float32Array(WORD_BUCKETS + SHAPE.length + 2);
  if (at !== undefined) weights[at] = weight;
  return { weights, bias, ridge: 1 };
};

const modelWith = (cheap: OutcomeHead, llm: OutcomeHead | null): OutcomeModel => ({
  dimensions: 2,
  idf: new Float32Array(WORD_BUCKETS).fill(1),
  mean: new Float32Array(SHAPE.length),
  scale: new Float32Array(SHAPE.length),
  cheap,
  llm,
});

test('each weight acts on its own feature: bias, vector, word', () => {
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  const vector = Float32Array.of(0.6, 0.8);
  const from = WORD_BUCKETS + SHAPE.length;
  const [place] = callFeatures('refund').places;
  const model = modelWith(head(1, from + 1, 2), head(0, place, 3));
  const { cheap, llm } = predictOutcomes(model, 'refund', vector);
  assert.ok(Math.abs(cheap - sigmoid(1 + 0.8 * 2)) < 1e-6);
  assert.ok(Math.abs(llm - sigmoid(3)) < 1e-6);
  assert.ok(Math.abs(predictOutcomes(model, 'other', null).cheap - sigmoid(1)) < 1e-6);
});

test('the LLM counts as correct where its answers are the reference', () => {
  assert.equal(predictOutcomes(modelWith(head(0), null), 'text', null).llm, 1);
});
