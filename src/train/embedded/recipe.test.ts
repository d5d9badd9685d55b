import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stepCount } from '../engine/schedule.ts';
import { parseRecipe } from './recipe.ts';

test('an empty recipe is all defaults, an unknown key is named', () => {
  const recipe = parseRecipe({});
  assert.equal(recipe.rank, 16);
  assert.equal(recipe.arithmetic, 'int8');
  assert.throws(() => parseRecipe({ rnk: 8 }), { code: 'unsupported', message: /rnk/ });
  assert.throws(() => parseRecipe({ rank: 0 }), { code: 'unsupported', message: /rank/ });
});

test('steps cover the epochs, and there is always one', () => {
  assert.equal(stepCount(350, { batch: 8, epochs: 2 }), 88);
  assert.equal(stepCount(1, { batch: 8, epochs: 1 }), 1);
});
