import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CallRequest } from '../core/call.ts';
import { sourceOf, withoutSender } from './source.ts';

test('session: ours first, then the neighbours’, then the trace; none where nothing tells', () => {
  const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const all = {
    'x-understudy-session': 'ours',
    'helicone-session-id': 'helicone',
    'x-portkey-trace-id': 'portkey',
    traceparent: trace,
  };
  const session = (headers: Record<string, string>, params = {}) => sourceOf(headers, 'a', params).sessionId;
  assert.equal(session(all), 'ours');
  assert.equal(session({ 'x-portkey-trace-id': 'portkey', traceparent: trace }), 'portkey');
  assert.equal(session({ traceparent: trace }), '4bf92f3577b34da6a3ce929d0e0e4736');
  assert.equal(session({ traceparent: trace }, { metadata: { session_id: 'body' } }), 'body');
  assert.equal(session({ traceparent: '00-00000000000000000000000000000000-00f067aa0ba902b7-01' }), null);
  assert.equal(session({}), null);
  // An address is not kept as a session's name.
  assert.match(session({ 'x-understudy-session': 'jane@example.com' }) ?? '', /^[\da-f]{32}$/);
});

test('tags of every neighbour, without sessions and users among them', () => {
  const { tags, sender } = sourceOf(
    {
      'x-litellm-tags': 'team:shop, beta',
      'x-portkey-metadata': '{"env":"prod","_user":"u1"}',
      'helicone-property-app': 'mail',
      authorization: 'Bearer k',
    },
    '10.0.0.1',
    { metadata: { feature: 'triage', session_id: 's', team: 'other' } },
  );
  assert.deepEqual(tags, { team: 'shop', beta: 'true', env: 'prod', app: 'mail', feature: 'triage' });
  assert.equal(sender, 'Bearer k\nu1');
});

test('the sender is the key, else the address', () => {
  assert.equal(sourceOf({ 'x-api-key': 'k' }, '10.0.0.1', {}).sender, 'k');
  assert.equal(sourceOf({}, '10.0.0.1', {}).sender, '10.0.0.1');
});

test('nothing in headers or body makes it throw, and tags stay bounded', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom('x-portkey-metadata', 'x-litellm-tags', 'traceparent', 'helicone-property-x'),
        fc.oneof(fc.string(), fc.json()),
      ),
      fc.dictionary(fc.string(), fc.string(), { maxKeys: 100 }),
      (headers, metadata) => {
        const { tags } = sourceOf(headers, 'a', { metadata });
        assert.ok(Object.keys(tags).length <= 32);
      },
    ),
  );
});

test('what is kept of a request does not say who sent it', () => {
  const request: CallRequest = {
    model: 'm',
    messages: [],
    tools: [],
    stream: false,
    params: { user: 'jane', metadata: { a: 'b' }, safety_identifier: 'x', temperature: 0 },
  };
  assert.deepEqual(withoutSender(request).params, { temperature: 0 });
});

test('Claude Code’s runs are sessions, and its user is one whatever the run', () => {
  const id = '0b5c1a52-6f0e-4f2b-9a55-0c1a2b3c4d5e';
  const of = (user_id: string) => sourceOf({ 'x-api-key': 'k' }, 'a', { metadata: { user_id } });
  const named = of(`user_abc_account_def_session_${id}`);
  assert.equal(named.sessionId, id);
  assert.equal(named.sender, 'k\nuser_abc_account_def');
  assert.equal(of(`user_abc_account_def_session_${id.replace('0b', '1b')}`).sender, named.sender);
  const inJson = of(JSON.stringify({ device_id: 'd', account_uuid: 'a', session_id: id }));
  assert.equal(inJson.sessionId, id);
  assert.equal(inJson.sender, 'k\n{"device_id":"d","account_uuid":"a"}');
  assert.equal(of('jane').sessionId, null);
  assert.equal(sourceOf({ 'x-claude-code-session-id': 's' }, 'a', {}).sessionId, 's');
});
