import assert from 'node:assert/strict';
import { test } from 'node:test';
import { providerOf } from './provider.ts';

test('requests of Anthropic’s API are known by their path or their version header', () => {
  const version = { 'anthropic-version': '2023-06-01' };
  for (const path of ['/v1/messages', '/messages', '/v1/messages/count_tokens', '/v1/messages/batches/b'])
    assert.equal(providerOf({ url: path, headers: {} }), 'anthropic', path);
  for (const path of [
    '/v1/models',
    '/v1/files',
    '/v1/chat/completions',
    '/v1/threads/t/messages',
    '/v1/responses',
  ])
    assert.equal(providerOf({ url: path, headers: {} }), 'openai', path);
  assert.equal(providerOf({ url: '/v1/models?x=/messages', headers: version }), 'anthropic');
});
