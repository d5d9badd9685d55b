import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallRequest } from '../core/call.ts';
import type { JsonObject } from '../core/json.ts';
import { policyReason } from '../core/policy.ts';
import { openaiChat } from '../wire/openai-chat.ts';
import { misfit } from './misfit.ts';

const tools = ['f', 'g'].map((name) => ({ type: 'function', function: { name, parameters: {} } }));

function request(extra: JsonObject): CallRequest {
  const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...extra };
  return openaiChat.parseRequest(Buffer.from(JSON.stringify(body)))!;
}

test('ordinary requests may be served', () => {
  for (const extra of [
    {},
    { n: 1 },
    { logprobs: false, top_logprobs: 0 },
    { tools },
    { temperature: 1, seed: 3 },
    { logit_bias: {} },
  ]) {
    assert.equal(policyReason(request(extra)), null, JSON.stringify(extra));
  }
});

test('what a specialist cannot give goes to the LLM', () => {
  const image = { type: 'image_url', image_url: { url: 'data:' } };
  for (const extra of [
    { n: 2 },
    { logprobs: true },
    { functions: [{ name: 'f' }] },
    { modalities: ['text', 'audio'] },
    { web_search_options: {} },
    { tools: [{ type: 'browser_search' }] },
    { messages: [{ role: 'user', content: [image] }] },
    {
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b' },
      ],
    },
  ]) {
    assert.notEqual(policyReason(request(extra)), null, JSON.stringify(extra));
  }
});

test('an answer keeps to the form that the request demands', () => {
  const text = { kind: 'text', text: 'stop here' } as const;
  const json = { kind: 'json', value: { a: 1 } } as const;
  const tool = (...names: string[]) =>
    ({ kind: 'tool', uses: names.map((name) => ({ name, arguments: {} })) }) as const;
  const named = { type: 'function', function: { name: 'f' } };
  assert.equal(misfit(request({}), text), null);
  assert.equal(misfit(request({ response_format: { type: 'json_object' } }), json), null);
  assert.equal(misfit(request({ tools, tool_choice: named }), tool('f')), null);
  assert.equal(misfit(request({ tools }), tool('f', 'g')), null);
  assert.notEqual(misfit(request({ response_format: { type: 'json_object' } }), text), null);
  assert.notEqual(misfit(request({ tools, tool_choice: 'required' }), text), null);
  assert.notEqual(misfit(request({ tools, tool_choice: 'none' }), tool('f')), null);
  assert.notEqual(misfit(request({ tools, tool_choice: named }), tool('g')), null);
  assert.notEqual(misfit(request({ tools, parallel_tool_calls: false }), tool('f', 'g')), null);
  assert.notEqual(misfit(request({ tools }), tool('h')), null);
  assert.notEqual(misfit(request({}), tool('f')), null);
  assert.notEqual(misfit(request({ stop: ['here'] }), text), null);
});

test('a choice of tools that is not understood goes to the LLM', () => {
  const allowed = { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] };
  assert.notEqual(
    policyReason(request({ tools, tool_choice: { type: 'allowed_tools', allowed_tools: allowed } })),
    null,
  );
  assert.notEqual(
    policyReason(request({ tools, tool_choice: { type: 'custom', custom: { name: 'f' } } })),
    null,
  );
  assert.equal(
    policyReason(request({ tools, tool_choice: { type: 'function', function: { name: 'f' } } })),
    null,
  );
});

test('an answer longer than the request allows is not given', () => {
  const answer = { kind: 'text' as const, text: 'x'.repeat(400) };
  for (const name of ['max_tokens', 'max_completion_tokens']) {
    assert.notEqual(misfit(request({ [name]: 99 }), answer), null);
    assert.equal(misfit(request({ [name]: 100 }), answer), null);
  }
  assert.equal(misfit(request({ max_tokens: null }), answer), null);
});

test('an answer that is known to fit is given whatever its estimate', () => {
  const answer = { kind: 'text' as const, text: 'unavailable', fits: true };
  assert.equal(misfit(request({ max_tokens: 1 }), answer), null);
  assert.notEqual(misfit(request({ max_tokens: 1 }), { ...answer, fits: false }), null);
});

test('more stop sequences than can be looked for let nothing through', () => {
  const answer = { kind: 'text', text: 'a' } as const;
  const stop = Array.from({ length: 100_000 }, (_, i) => `stop ${i}`);
  assert.equal(misfit(request({ stop: stop.slice(0, 4) }), answer), null);
  assert.notEqual(misfit(request({ stop }), answer), null);
});
