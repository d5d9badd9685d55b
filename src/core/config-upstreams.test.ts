import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configSchema, withoutSecrets } from './config.ts';
import { modelAt } from './config-upstream-servers.ts';
import { upstreamKeys, upstreamServers, upstreamUrls } from './config-upstreams.ts';

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
  const servers = [{ name: 'two', baseUrl: 'https://two.example.org', apiKey: 'secret-3', models: 'same' }];
  const given = {
    upstream: { apiKey: 'secret-1' },
    upstreams: { anthropic: { apiKey: 'secret-2' }, servers },
  };
  assert.doesNotMatch(JSON.stringify(withoutSecrets(configSchema.parse(given))), /secret/);
});

test('each API has its main server first, and beside it those that are for it', () => {
  const two = { name: 'two', baseUrl: 'https://two.example.org/v1', models: 'same' };
  const local = {
    name: 'local',
    for: 'anthropic',
    api: 'openai-chat',
    baseUrl: 'http://localhost:1',
    models: { 'claude-*': 'm' },
    priority: 3,
  };
  const { openai, anthropic } = upstreamServers(configSchema.parse({ upstreams: { servers: [two, local] } }));
  const told = ({ name, isMain, isTranslated, priority }: (typeof openai)[number]) => [
    name,
    isMain,
    isTranslated,
    priority,
  ];
  assert.deepEqual(openai.map(told), [
    ['main', true, false, 1],
    ['two', false, false, 2],
  ]);
  assert.deepEqual(anthropic.map(told), [
    ['main-anthropic', true, false, 1],
    ['local', false, true, 3],
  ]);
});

test('a server without names of models is not taken, nor one that cannot be told from another', () => {
  const refused = (upstreams: object): boolean => !configSchema.safeParse({ upstreams }).success;
  const two = { name: 'two', baseUrl: 'https://two.example.org/v1', models: 'same' };
  const { models: _, ...nameless } = two;
  assert.ok(refused({ servers: [nameless] }));
  assert.ok(refused({ servers: [two, two] }));
  assert.ok(refused({ servers: [{ ...two, name: 'main' }] }));
  assert.ok(refused({ servers: [{ ...two, api: 'openai-chat' }] }));
  assert.ok(refused({ anthropic: { api: 'openai-chat' } }));
  assert.ok(!refused({ servers: [two] }));
});

test('calls that are translated go to the upstream, unless they have an address of their own', () => {
  const anthropic = { api: 'openai-chat', models: 'same' };
  assert.equal(urls({ upstreams: { anthropic } }).anthropic, 'https://api.openai.com/v1');
  const own = { ...anthropic, baseUrl: 'http://localhost:1' };
  assert.equal(urls({ upstreams: { anthropic: own } }).anthropic, 'http://localhost:1/v1');
});

test('the longest name that fits says which model answers, and no name is made up', () => {
  const models = { 'claude-*': 'small', 'claude-opus*': 'large', 'claude-opus-1': 'old', '*': 'any' };
  assert.equal(modelAt(models, 'claude-opus-1'), 'old');
  assert.equal(modelAt(models, 'claude-opus-2'), 'large');
  assert.equal(modelAt(models, 'claude-haiku'), 'small');
  assert.equal(modelAt(models, 'gpt'), 'any');
  assert.equal(modelAt({ a: 'b' }, 'constructor'), null);
  assert.equal(modelAt('same', 'x'), 'x');
});
