import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configSchema, withoutSecrets } from './config.ts';
import { upstreamKeys, upstreamUrls } from './config-upstreams.ts';

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

test('a key goes to no address but the one that it was given for', () => {
  const keys = (config: object) => upstreamKeys(configSchema.parse(config));
  const baseUrl = 'https://llm.example.org/v1';
  const apiKey = 'one';
  assert.deepEqual(keys({}), {});
  assert.deepEqual(keys({ upstream: { apiKey } }), { openai: 'one' });
  assert.deepEqual(keys({ upstream: { apiKey, baseUrl } }), { openai: 'one', anthropic: 'one' });
  const other = { anthropic: { baseUrl: 'https://other.example.org' } };
  assert.deepEqual(keys({ upstream: { apiKey, baseUrl }, upstreams: other }), { openai: 'one' });
  const upstreams = { anthropic: { apiKey: 'two' } };
  assert.deepEqual(keys({ upstream: { apiKey }, upstreams }), { openai: 'one', anthropic: 'two' });
  assert.deepEqual(keys({ upstreams }), { anthropic: 'two' });
});

test('a configuration that is shown has no key of a provider', () => {
  const given = { upstream: { apiKey: 'secret-1' }, upstreams: { anthropic: { apiKey: 'secret-2' } } };
  assert.doesNotMatch(JSON.stringify(withoutSecrets(configSchema.parse(given))), /secret/);
});
