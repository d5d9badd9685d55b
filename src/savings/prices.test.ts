import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cost, priceOf } from './prices.ts';

test('cached prompt tokens cost their own price and are not counted twice', () => {
  const price = priceOf('gpt-4.1');
  assert.ok(price);
  const dollars = cost({ promptTokens: 1_000_000, completionTokens: 500_000, cachedTokens: 400_000 }, price);
  assert.ok(Math.abs(dollars - (0.6 * 2 + 0.4 * 0.5 + 0.5 * 8)) < 1e-9);
});

test('a provider prefix and a date are overlooked, a different model is not', () => {
  assert.equal(priceOf('openai/gpt-4o-2024-08-06')?.model, 'gpt-4o');
  assert.equal(priceOf('claude-haiku-4-5-20251001')?.model, 'claude-haiku-4-5');
  assert.equal(priceOf('gpt-4.1-audio'), null);
  assert.equal(priceOf('constructor'), null);
});

test("the user's own price comes first, also for a model in the table", () => {
  const own = { 'gpt-4o': { input_cost_per_token: 1, output_cost_per_token: 2 } };
  const price = priceOf('gpt-4o', own);
  assert.equal(price?.inputPerToken, 1);
  assert.equal(price?.cachedInputPerToken, 1);
  assert.equal(price?.source, 'your configuration');
});
