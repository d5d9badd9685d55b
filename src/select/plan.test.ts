import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planLora, stepBatch, tokenLengths } from './plan.ts';

const MEANS = { cores: 2, minutes: 1000 };
const examples = (count: number, characters: number) =>
  Array.from({ length: count }, () => ({ input: 'x'.repeat(characters), answer: 'refund' }));

test('short examples make larger steps, long ones smaller, within bounds', () => {
  const sizes = [1, 100, 150, 300, 5000].map((characters) =>
    stepBatch(tokenLengths(examples(100, characters))),
  );
  assert.deepEqual(sizes, [8, 6, 4, 4, 4]);
  assert.equal(planLora(135e6, examples(100, 100), MEANS).recipe.batch, 6);
});

test('twice the cores train in half the minutes, twice the parameters in twice', () => {
  const minutes = (parameters: number, cores: number): number =>
    planLora(parameters, examples(500, 100), { cores, minutes: 1000 }).minutes;
  assert.ok(Math.abs(minutes(135e6, 4) / minutes(135e6, 2) - 0.5) < 1e-9);
  assert.ok(Math.abs(minutes(270e6, 2) / minutes(135e6, 2) - 2) < 1e-9);
});

test('an example with soft targets takes the time of all its answers', () => {
  const hard = examples(500, 100);
  const soft = hard.map((example) => ({ ...example, soft: [{ answer: 'order', probability: 0.2 }] }));
  const [one, two] = [hard, soft].map((train) => planLora(135e6, train, MEANS));
  assert.equal(one!.recipe.epochs, two!.recipe.epochs);
  assert.ok(Math.abs(two!.minutes / one!.minutes - 2) < 1e-9);
});

test('where not half a pass fits it says how many minutes one takes', () => {
  assert.equal(planLora(135e6, examples(500, 100), MEANS).why, null);
  assert.match(
    planLora(135e6, examples(5000, 1000), { cores: 2, minutes: 3 }).why!,
    /5000 examples .* 3 are left/,
  );
});
