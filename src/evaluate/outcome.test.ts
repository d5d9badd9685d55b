import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../core/random.ts';
import { predictOutcomes } from '../stats/outcome.ts';
import { fitOutcomes, foldOfGroup, type OutcomeRecord } from './outcome.ts';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** The cheap model is good at refunds and bad at sums; the LLM depends on the vector alone. */
function made(n: number, seed: number): OutcomeRecord[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, (_, i) => {
    const refund = random.next() < 0.5;
    const angle = 2 * Math.PI * random.next();
    const vector = Float32Array.of(Math.cos(angle), Math.sin(angle));
    return {
      text: refund
        ? `please refund order ${random.below(9999)}`
        : `what is ${random.below(99)} + ${random.below(99)}`,
      vector,
      cheap: random.next() < (refund ? 0.9 : 0.3) ? 1 : 0,
      llm: random.next() < sigmoid(1 + 2 * vector[0]!) ? 1 : 0,
      group: `g${i}`,
    };
  });
}

test('the probabilities are those that made the outcomes', () => {
  const { model } = fitOutcomes(made(3000, 1));
  const at = (text: string, x: number) => predictOutcomes(model, text, Float32Array.of(x, 0));
  const refund = at('please refund order 1234', 1);
  const sum = at('what is 12 + 34', -1);
  assert.ok(Math.abs(refund.cheap - 0.9) < 0.06, `${refund.cheap}`);
  assert.ok(Math.abs(sum.cheap - 0.3) < 0.06, `${sum.cheap}`);
  assert.ok(Math.abs(refund.llm - sigmoid(3)) < 0.06, `${refund.llm}`);
  assert.ok(Math.abs(sum.llm - sigmoid(-1)) < 0.08, `${sum.llm}`);
});

test('predictions of records held back are calibrated', () => {
  const records = made(3000, 2);
  const { held } = fitOutcomes(records);
  const sure = records.filter((_, i) => held[i]!.cheap > 0.7);
  const share = sure.reduce((sum, { cheap }) => sum + cheap, 0) / sure.length;
  assert.ok(sure.length > 1000 && Math.abs(share - 0.9) < 0.04, `${sure.length} ${share}`);
});

test('a prediction of a record held back does not depend on its own outcome, nor on those of its group', () => {
  const records = made(120, 3).map((record, i) => ({ ...record, group: `g${Math.floor(i / 3)}` }));
  const before = fitOutcomes(records, { ridges: [3] }).held;
  const turned = records.map((record, i) =>
    i < 3 ? { ...record, cheap: 1 - record.cheap, llm: 1 - record.llm! } : record,
  );
  const after = fitOutcomes(turned, { ridges: [3] }).held;
  for (let i = 0; i < 3; i++) assert.deepEqual(after[i], before[i]);
  assert.ok(before.some((each, i) => each.cheap !== after[i]!.cheap));
});

test('outcomes that nothing explains choose the strongest ridge and stay near the base rate', () => {
  const random = seededRandom(4);
  const records = made(600, 4).map((record) => ({ ...record, cheap: random.next() < 0.8 ? 1 : 0 }));
  const { model, held } = fitOutcomes(records);
  assert.equal(model.cheap.ridge, 30);
  assert.ok(held.every(({ cheap }) => cheap > 0.6 && cheap < 0.95));
});

test('without vectors, without outcomes of the LLM, and without records there is a model', () => {
  const records = made(300, 5).map((record) => ({ ...record, vector: null, llm: null }));
  const { model } = fitOutcomes(records);
  assert.equal(model.dimensions, 0);
  assert.equal(model.llm, null);
  assert.ok(
    predictOutcomes(model, 'refund order 1', null).cheap > predictOutcomes(model, '1 + 2', null).cheap,
  );
  assert.equal(predictOutcomes(fitOutcomes([]).model, 'anything', null).cheap, 0.5);
});

test('features that are not used have no say', () => {
  const { model } = fitOutcomes(made(300, 6), { use: { words: false, shape: false } });
  const vector = Float32Array.of(1, 0);
  assert.deepEqual(predictOutcomes(model, 'refund', vector), predictOutcomes(model, '1 + 2 =', vector));
});

test('folds keep a group together and move with the seed', () => {
  const groups = Array.from({ length: 200 }, (_, i) => `g${i}`);
  const of = (seed: number): number[] => groups.map((group) => foldOfGroup(group, 5, seed));
  assert.deepEqual(of(1), of(1));
  assert.notDeepEqual(of(1), of(2));
  assert.deepEqual([...new Set(of(1))].sort(), [0, 1, 2, 3, 4]);
});
