import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRecipe } from '../embedded/recipe.ts';
import { adamStep, norm } from './adamw.ts';
import { learningRate } from './schedule.ts';

test('the first step moves each parameter by the rate, against its gradient, whatever its size', () => {
  const state = {
    parameters: Float32Array.of(1, 1, 1),
    first: new Float32Array(3),
    second: new Float32Array(3),
  };
  adamStep(state, Float32Array.of(5, -0.01, 0), { step: 1, rate: 0.1, weightDecay: 0, scale: 1 });
  const moved = [...state.parameters].map((value) => Math.round(value * 1e4) / 1e4);
  assert.deepEqual(moved, [0.9, 1.1, 1]);
});

test('weight decay is taken off the parameter, not added to the gradient', () => {
  const state = { parameters: Float32Array.of(2), first: new Float32Array(1), second: new Float32Array(1) };
  adamStep(state, Float32Array.of(0), { step: 1, rate: 0.1, weightDecay: 0.5, scale: 1 });
  assert.ok(Math.abs(state.parameters[0]! - 2 * (1 - 0.05)) < 1e-6);
  assert.equal(state.first[0], 0);
});

test('the norm spans all values', () => {
  assert.equal(norm(Float32Array.of(3, 0, -4)), 5);
});

test('the rate rises over the warm-up and falls to zero', () => {
  const recipe = parseRecipe({ learningRate: 1, warmup: 0.1 });
  const rates = Array.from({ length: 100 }, (_, step) => learningRate(recipe, step, 100));
  assert.equal(rates[0], 0.1);
  assert.equal(Math.max(...rates), 1);
  for (let step = 11; step < 100; step++) assert.ok(rates[step]! < rates[step - 1]!);
  assert.ok(rates[99]! < 1e-3);
  assert.equal(learningRate(parseRecipe({ schedule: 'constant', learningRate: 2 }), 99, 100), 2);
  assert.ok(
    Math.abs(learningRate(parseRecipe({ schedule: 'linear', learningRate: 1 }), 53, 100) - 0.5) < 1e-9,
  );
});
