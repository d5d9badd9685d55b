import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configSchema } from './config.ts';
import { upstreamUrls } from './config-upstreams.ts';

const urls = (config: object) => upstreamUrls(configSchema.parse(config));

test('without any setting, each API goes to its own provider', () => {
  assert.deepEqual(urls({}), {
    openai: 'https://api.openai.com/v1',
    anthropic: 'https://api.anthropic.com/v1',
  });
});

test('an upstream of the user’s own gets all requests, and no key goes anywhere else', () => {
  const baseUrl = 'http://localhost:9000/llm/v1';
  assert.deepEqual(urls({ upstream: { baseUrl } }), { openai: baseUrl, anthropic: baseUrl });
  assert.equal(
    urls({ upstream: { baseUrl: 'http://localhost:9000' } }).anthropic,
    'http://localhost:9000/v1',
  );
});

test('an upstream for Anthropic’s API is taken with and without its version', () => {
  const anthropic = (baseUrl: string): string => urls({ upstreams: { anthropic: { baseUrl } } }).anthropic;
  assert.equal(anthropic('https://example.org'), 'https://example.org/v1');
  assert.equal(anthropic('https://example.org/anthropic/'), 'https://example.org/anthropic/v1');
  assert.equal(anthropic('https://example.org/anthropic/v1'), 'https://example.org/anthropic/v1');
});
