import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../core/json.ts';
import { requestFacts, withModel } from './conversation.ts';

const bytes = (value: unknown, indent = 0): Buffer => Buffer.from(JSON.stringify(value, null, indent));
const anyObject = fc
  .dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }))
  .map(({ model: _, ...rest }) => rest as JsonObject);

test('another model is put in, and every other byte stays', () => {
  fc.assert(
    fc.property(
      anyObject,
      anyObject,
      fc.string(),
      fc.string(),
      fc.nat(3),
      (before, after, old, name, indent) => {
        const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
        // JSON.parse takes one of two equal names; such bodies are no matter here.
        fc.pre(
          keys.size === Object.keys(before).length + Object.keys(after).length && !keys.has('__proto__'),
        );
        const given = bytes({ ...before, model: old, ...after }, indent);
        const changed = withModel(given, name);
        assert.ok(changed);
        const expected = bytes({ ...before, model: name, ...after });
        assert.deepEqual(JSON.parse(changed.toString()), JSON.parse(expected.toString()));
        assert.deepEqual(withModel(changed, old), given);
      },
    ),
  );
});

test('a body without a model, or with two, is left alone', () => {
  for (const body of [
    '{}',
    '[]',
    '',
    '{"model":"a","x":1,"model":"b"}',
    '{"model":"a',
    '{"x":{"model":"a"}}',
  ])
    assert.equal(withModel(Buffer.from(body), 'm'), null, body);
});

test('facts of any bytes are found without an error', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => Buffer.from(text)),
      ),
      (body) => {
        assert.equal(typeof requestFacts(body, false).isFree, 'boolean');
      },
    ),
  );
  const whole = bytes({ model: 'm', messages: [{ role: 'user', content: 'hi' }], store: false });
  for (let end = 0; end < whole.length; end++) requestFacts(whole.subarray(0, end), true);
});

test('a conversation is known by its first user message, however it continues and is marked', () => {
  const key = (messages: Json[], more: JsonObject = {}): string | undefined =>
    requestFacts(bytes({ model: 'm', messages, ...more }), false).conversation?.key;
  const first = { role: 'user', content: 'hi' };
  const marked = {
    role: 'user',
    content: [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }],
  };
  const system = { role: 'system', content: 'It is 12:01.' };
  assert.ok(key([first]));
  for (const messages of [[marked], [system, first], [first, { role: 'assistant', content: 'a' }]])
    assert.equal(key(messages), key([first]));
  assert.notEqual(key([{ role: 'user', content: 'ho' }]), key([first]));
  assert.equal(requestFacts(bytes({ model: 'm', input: 'hi' }), true).conversation?.key, key([first]));
});

test('a conversation has begun where something follows its first user message', () => {
  const begun = (messages: Json[]): boolean | undefined =>
    requestFacts(bytes({ messages }), false).conversation?.isBegun;
  const user = { role: 'user', content: 'x'.repeat(100_000) };
  assert.equal(begun([user]), false);
  assert.equal(begun([user, { role: 'assistant', content: 'a' }]), true);
  assert.equal(begun([{ role: 'system', content: 's' }]), undefined);
});

test('escaped quotes end no string, and a string that does not end hides nothing before it', () => {
  for (const body of [
    `{"a":"${'\\"'.repeat(200_000)}","model":"m"}`,
    `{"model":"m","a":"${'\\"'.repeat(200_000)}`,
  ])
    assert.equal(requestFacts(Buffer.from(body), false).model, 'm');
});

test('what refers to a provider’s store, or asks for it, is not free', () => {
  const isFree = (more: JsonObject, isStoredByDefault = false): boolean =>
    requestFacts(bytes({ model: 'm', ...more }), isStoredByDefault).isFree;
  assert.ok(isFree({}));
  assert.ok(isFree({ store: false }, true));
  assert.ok(isFree({ previous_response_id: null, background: false }));
  for (const more of [
    { store: true },
    { previous_response_id: 'r' },
    { conversation: 'c' },
    { container: 'c' },
    { prompt: { id: 'p' } },
    { background: true },
    { input: [{ type: 'item_reference', id: 'i' }] },
    { messages: [{ role: 'user', content: [{ source: { file_id: 'f' } }] }] },
  ])
    assert.ok(!isFree(more as JsonObject), JSON.stringify(more));
  assert.ok(!isFree({}, true));
});

const TOOLS: readonly [tool: object, isFree: boolean][] = [
  [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }, true],
  [{ name: 'f', input_schema: { type: 'object' } }, true],
  [{ type: 'custom', name: 'f' }, true],
  [{ type: 'web_search_20250305', name: 'web_search' }, true],
  [{ type: 'bash_20250124', name: 'bash' }, true],
  [{ type: 'mcp', server_url: 'https://example.org', require_approval: 'never' }, false],
  [{ type: 'code_interpreter', container: { type: 'auto' } }, false],
  [{ type: 'code_execution_20250522', name: 'code_execution' }, false],
  [{ type: 'mcp_toolset', mcp_server_name: 'x' }, false],
  [{ type: 'file_search', vector_store_ids: ['vs_1'] }, false],
  [{ type: 'of_tomorrow' }, false],
];
test('a call with tools that a provider runs or keeps is not sent again', () => {
  for (const [tool, isFree] of TOOLS) {
    const body = { model: 'm', tools: [{ type: 'function', name: 'g' }, tool], messages: [] };
    assert.equal(requestFacts(Buffer.from(JSON.stringify(body)), false).isFree, isFree, JSON.stringify(tool));
  }
});

test('a call that names servers for the provider to ask, or an answer that was spoken, is not sent again', () => {
  const free = (body: object): boolean => requestFacts(Buffer.from(JSON.stringify(body)), false).isFree;
  assert.equal(free({ mcp_servers: [{ type: 'url', url: 'https://example.org' }], messages: [] }), false);
  assert.equal(free({ mcp_servers: [], messages: [] }), true);
  assert.equal(free({ messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] }), false);
  assert.equal(
    free({
      modalities: ['text', 'audio'],
      audio: { voice: 'a' },
      messages: [{ role: 'user', content: '"audio"' }],
    }),
    true,
  );
});
