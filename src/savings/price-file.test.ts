import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/calls.ts';
import { pricesIn, readPriceFile } from './price-file.ts';
import { priceOf } from './prices.ts';

/** As LiteLLM's table has them: a sample of fields, chat models, one by the image, one with a price as text. */
const TABLE = {
  sample_spec: { input_cost_per_token: 0, output_cost_per_token: 0, mode: 'one of chat, embedding, …' },
  'vendor/chat-1': {
    max_tokens: 16384,
    litellm_provider: 'vendor',
    mode: 'chat',
    supports_vision: true,
    input_cost_per_token: 1e-6,
    output_cost_per_token: 4e-6,
    cache_read_input_token_cost: 1e-7,
    input_cost_per_token_above_200k_tokens: 2e-6,
    output_cost_per_reasoning_token: 4e-6,
  },
  'chat-2': { input_cost_per_token: '2e-06', output_cost_per_token: '8e-06' },
  'image-1': { input_cost_per_image: 0.04, litellm_provider: 'vendor', mode: 'image_generation' },
  'odd-1': { input_cost_per_token: 'free', output_cost_per_token: -1 },
  list: [1, 2],
};

test('prices of tokens are taken from the table, and nothing else', () => {
  assert.deepEqual(pricesIn(TABLE), {
    'vendor/chat-1': {
      input_cost_per_token: 1e-6,
      output_cost_per_token: 4e-6,
      cache_read_input_token_cost: 1e-7,
    },
    'chat-2': { input_cost_per_token: 2e-6, output_cost_per_token: 8e-6 },
  });
});

test("a price of the file comes after the user's own and before the built-in table, with its file and date", () => {
  const path = join(temporaryFolder(), 'prices.json');
  writeFileSync(path, JSON.stringify({ ...TABLE, 'gpt-4o': TABLE['chat-2'] }));
  const file = readPriceFile(path);
  const price = priceOf('gpt-4o-2024-08-06', {}, file);
  assert.deepEqual([price?.inputPerToken, price?.source, price?.asOf], [2e-6, path, file.asOf]);
  assert.match(file.asOf, /^\d{4}-\d{2}-\d{2}$/);
  const own = { 'gpt-4o': { input_cost_per_token: 1, output_cost_per_token: 1 } };
  assert.equal(priceOf('gpt-4o', own, file)?.source, 'your configuration');
  assert.notEqual(priceOf('gpt-4.1', {}, file)?.source, path);
});

test('a file that is missing, or has no price, is told', () => {
  const path = join(temporaryFolder(), 'prices.json');
  assert.throws(() => readPriceFile(path), { code: 'bad-config' });
  for (const text of [
    '',
    '[]',
    '{"a":1}',
    '{"sample_spec":{"input_cost_per_token":1,"output_cost_per_token":1}}',
  ]) {
    writeFileSync(path, text);
    assert.throws(() => readPriceFile(path), { code: 'bad-config' }, text);
  }
});
