/** What a specialist answers, as the official client reads it; escalations, audits, shadow comparisons. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { ChatCompletionTool } from 'openai/resources/chat/completions';
import type { Answer } from '../../src/core/answer.ts';
import { AUDITED, type Call, type LlmReason, recordedWith } from '../../src/core/call.ts';
import type { GatewayOptions } from '../../src/gateway/gateway.ts';
import { completion, routerOver, sendJson, served, startHarness } from './gateway-harness.ts';

const tools: ChatCompletionTool[] = ['find_order', 'refund'].map((name) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: { id: { type: 'string' } } } },
}));
const messages = [{ role: 'user' as const, content: 'Where is order A-17?' }];

const label: Answer = { kind: 'text', text: 'order-status ✓' };
const json: Answer = { kind: 'json', value: { order: 'A-17', urgent: false } };
const tool: Answer = {
  kind: 'tool',
  uses: [
    { name: 'find_order', arguments: { id: 'A-17' } },
    { name: 'refund', arguments: {} },
  ],
};
const labelTask = { kind: 'label' as const, labels: ['order-status ✓'] };
const nobody = (): never => assert.fail('the upstream was asked');

test('a label, not streamed: answered here, on record, with headers that say so', async () => {
  const harness = await startHarness(nobody, { router: served(label) });
  try {
    const { data, response } = await harness.client.chat.completions
      .create(
        { model: 'gpt-4o', messages, user: 'jane@example.com', temperature: 0 },
        { headers: { 'x-understudy-session': 'run-7', 'x-litellm-tags': 'team:shop,beta' } },
      )
      .withResponse();
    assert.equal(data.object, 'chat.completion');
    assert.match(data.id, /^chatcmpl-/);
    assert.equal(data.model, 'gpt-4o');
    assert.equal(data.choices[0]?.message.content, 'order-status ✓');
    assert.equal(data.choices[0]?.finish_reason, 'stop');
    assert.ok(data.usage && data.usage.total_tokens > 0);
    assert.equal(response.headers.get('x-understudy-served-by'), 'spec_1');
    assert.equal(response.headers.get('x-understudy-reason'), 'confident');
    assert.equal(response.headers.get('x-understudy-task'), 'task_1');
    assert.equal(response.headers.get('x-understudy-confidence'), '0.9870');
    const [call] = harness.calls;
    assert.ok(call);
    assert.equal(call.id, response.headers.get('x-understudy-call-id'));
    assert.equal(call.sessionId, 'run-7');
    assert.deepEqual(call.tags, { team: 'shop', beta: 'true' });
    assert.deepEqual(call.request.params, { temperature: 0 });
    assert.deepEqual(call.served, {
      by: 'spec_1',
      reason: 'confident',
      taskId: 'task_1',
      confidence: 0.987,
    });
    assert.equal(call.response?.message.content, 'order-status ✓');
    // Key and person go to the pseudonym alone.
    assert.equal(harness.senders[0], 'Bearer sk-test-secret\njane@example.com');
    assert.doesNotMatch(JSON.stringify(call) + harness.log.join(), /sk-test-secret|jane@/);
  } finally {
    await harness.close();
  }
});

test("an answer of ours tells what it cost and saved where the model's price is known, and the LLM's answer does not", async () => {
  const asked: unknown[] = [];
  const costOf: GatewayOptions['costOf'] = (model, usage) => {
    asked.push([model, usage.promptTokens]);
    return model === 'gpt-4o' ? { cost: 0.0000012, saved: 0.00042 } : null;
  };
  const harness = await startHarness((_, response) => sendJson(response, completion('order-status ✓')), {
    router: served(label),
    costOf,
  });
  const headersOf = async (model: string, extra: Record<string, string> = {}) => {
    const { response } = await harness.client.chat.completions
      .create({ model, messages }, { headers: extra })
      .withResponse();
    return ['x-understudy-cost', 'x-understudy-saved'].map((name) => response.headers.get(name));
  };
  try {
    assert.deepEqual(await headersOf('gpt-4o'), ['0.00000120', '0.00042000']);
    assert.deepEqual(await headersOf('own-model'), [null, null]);
    assert.equal(asked.length, 2);
    assert.deepEqual(await headersOf('gpt-4o', { 'x-understudy-route': 'llm' }), [null, null]);
  } finally {
    await harness.close();
  }
});

test('JSON, streamed, with usage: the client puts it together and parses it', async () => {
  const harness = await startHarness(nobody, { router: served(json) });
  try {
    const stream = harness.client.chat.completions.stream({
      model: 'gpt-4o',
      messages,
      response_format: { type: 'json_object' },
      stream_options: { include_usage: true },
    });
    const final = await stream.finalChatCompletion();
    assert.deepEqual(JSON.parse(final.choices[0]?.message.content ?? ''), { order: 'A-17', urgent: false });
    assert.ok(final.usage && final.usage.completion_tokens > 0);
    assert.equal(harness.calls[0]?.request.stream, true);
  } finally {
    await harness.close();
  }
});

test('tool calls, streamed and not, come out as the same calls', async () => {
  const harness = await startHarness(nobody, { router: served(tool) });
  try {
    const plain = await harness.client.chat.completions.create({ model: 'gpt-4o', messages, tools });
    const streamed = await harness.client.chat.completions
      .stream({ model: 'gpt-4o', messages, tools })
      .finalChatCompletion();
    for (const completed of [plain, streamed]) {
      const choice = completed.choices[0]!;
      assert.equal(choice.finish_reason, 'tool_calls');
      assert.equal(choice.message.content, null);
      const calls = (choice.message.tool_calls ?? []).map((call) => {
        assert.ok(call.type === 'function' && call.id.startsWith('call_'));
        return [call.function.name, JSON.parse(call.function.arguments)];
      });
      assert.deepEqual(calls, [
        ['find_order', { id: 'A-17' }],
        ['refund', {}],
      ]);
    }
    assert.deepEqual(harness.gateway.stats().servedBySpecialists, 2);
  } finally {
    await harness.close();
  }
});

test('a task of several kinds gives a tool call at one turn and a text at the next, streamed and not', async () => {
  const answers = new Map([
    ['Where is order A-17?', 'find_order {"id":"A-17"}'],
    ['Thanks!', 'You are welcome.'],
  ]);
  const router = routerOver({ kind: 'mixed', labels: [] }, async (_, input) => ({
    answer: [...answers].find(([said]) => input.endsWith(said))?.[1] ?? '',
    signals: { p: 0.99 },
    ms: 0,
  }));
  const harness = await startHarness(nobody, { router });
  try {
    for (const [content, answer] of answers) {
      const asked = { model: 'gpt-4o', messages: [{ role: 'user' as const, content }], tools };
      const plain = await harness.client.chat.completions.create(asked);
      const streamed = await harness.client.chat.completions.stream(asked).finalChatCompletion();
      for (const { choices } of [plain, streamed]) {
        const { message, finish_reason } = choices[0]!;
        const calls = (message.tool_calls ?? []).map((call) =>
          call.type === 'function' ? `${call.function.name} ${call.function.arguments}` : call.type,
        );
        assert.equal(calls.length > 0 ? calls.join() : message.content, answer);
        assert.equal(finish_reason, calls.length > 0 ? 'tool_calls' : 'stop');
      }
    }
    assert.deepEqual(harness.gateway.stats().servedBySpecialists, 4);
  } finally {
    await harness.close();
  }
});

test('what a task of several kinds does not know goes to the LLM', async () => {
  const router = routerOver({ kind: 'mixed', labels: [] }, async () => ({
    answer: '',
    choice: '',
    signals: { p: 0 },
    ms: 0,
  }));
  const harness = await startHarness((_, response) => sendJson(response, completion('Once upon a time')), {
    router,
  });
  try {
    const { data, response } = await harness.client.chat.completions
      .create({ model: 'gpt-4o', messages, tools })
      .withResponse();
    assert.equal(data.choices[0]?.message.content, 'Once upon a time');
    assert.equal(response.headers.get('x-understudy-served-by'), 'llm');
  } finally {
    await harness.close();
  }
});

const escalations: readonly [string, LlmReason, Parameters<typeof startHarness>[1], object][] = [
  ['an unsure answer', 'low-confidence', { router: served(label, { confidence: 0.4 }) }, {}],
  [
    'an answer of the wrong form',
    'invalid-output',
    { router: served(label) },
    { tools, tool_choice: 'required' },
  ],
  ['a request beyond a specialist', 'policy', { router: served(label) }, { n: 2 }],
  [
    'a specialist that rejects',
    'error',
    { router: routerOver(labelTask, () => Promise.reject(new Error('secret payload'))) },
    {},
  ],
  [
    'a specialist that never answers',
    'overload',
    { router: routerOver(labelTask, () => new Promise(() => {}), { timeoutMs: 20 }) },
    {},
  ],
  [
    'a router that throws',
    'error',
    {
      router: () => ({
        route: () => {
          throw new Error('secret payload');
        },
      }),
    },
    {},
  ],
];

for (const [name, reason, options, extra] of escalations) {
  test(`${name} goes to the LLM, for '${reason}'`, async () => {
    const harness = await startHarness(
      (_received, response) => sendJson(response, completion('from the LLM')),
      options,
    );
    try {
      const { data, response } = await harness.client.chat.completions
        .create({ model: 'gpt-4o', messages, ...extra })
        .withResponse();
      assert.equal(data.choices[0]?.message.content, 'from the LLM');
      assert.equal(response.headers.get('x-understudy-served-by'), 'llm');
      assert.equal(response.headers.get('x-understudy-reason'), reason);
      assert.equal(harness.calls[0]?.served.reason, reason);
      assert.deepEqual(harness.gateway.stats().servedByLlm, { [reason]: 1 });
      assert.doesNotMatch(harness.log.join(), /secret/);
    } finally {
      await harness.close();
    }
  });
}

test('x-understudy-route: llm asks the LLM, which sees nothing of ours', async () => {
  const harness = await startHarness((_received, response) => sendJson(response, completion('LLM')), {
    router: served(label),
  });
  try {
    const { response } = await harness.client.chat.completions
      .create({ model: 'm', messages }, { headers: { 'x-understudy-route': 'llm' } })
      .withResponse();
    assert.equal(response.headers.get('x-understudy-reason'), 'asked-for');
    const [received] = harness.upstream.received;
    assert.equal(received?.headers.authorization, 'Bearer sk-test-secret');
    assert.deepEqual(
      Object.keys(received?.headers ?? {}).filter((header) => header.startsWith('x-understudy')),
      [],
    );
  } finally {
    await harness.close();
  }
});

test('an audit asks the LLM the same bytes beside the client, and compares', async () => {
  const harness = await startHarness(
    (received, response) => {
      assert.deepEqual(JSON.parse(received.body.toString()).messages, messages);
      assert.equal(received.headers.authorization, 'Bearer sk-test-secret');
      sendJson(response, completion('order-status'));
    },
    { router: served(label, { isAudited: true }) },
  );
  const answer = await harness.client.chat.completions.create({ model: 'm', messages });
  assert.equal(answer.choices[0]?.message.content, 'order-status ✓');
  // Closing waits for audits under way.
  await harness.close();
  assert.equal(harness.comparisons.length, 1);
  assert.equal(harness.comparisons[0]?.callId, harness.calls[0]?.id);
  assert.equal(harness.comparisons[0]?.audit?.deploymentId, 'depl_1');
  assert.equal(harness.comparisons[0]?.llm.message.content, 'order-status');
});

/** The call that a specialist served, and the LLM's answer to it as it is recorded. */
async function recordedAudit(length: number): Promise<{ call: Call; audit: Call; senders: string[] }> {
  const harness = await startHarness((_received, response) => sendJson(response, completion('another')), {
    router: served(label, { isAudited: true, auditProbability: 0.25 }),
  });
  await harness.client.chat.completions.create(
    { model: 'm', messages: [{ role: 'user', content: `${'long '.repeat(length)}order A-17?` }] },
    { headers: { 'x-litellm-tags': 'team:shop,understudy-audit:0.9' } },
  );
  await harness.close();
  assert.equal(harness.calls.length, 2);
  const [call, audit] = harness.calls as [Call, Call];
  return { call, audit, senders: harness.senders };
}

for (const [what, length] of [
  ['a short', 1],
  ['a long', 15_000],
] as const)
  test(`the LLM's answer to ${what} audited call is recorded as a call of its own, with its probability`, async () => {
    const { call, audit, senders } = await recordedAudit(length);
    assert.equal(call.served.by, 'spec_1');
    assert.equal(call.response?.message.content, 'order-status ✓');
    assert.deepEqual(call.tags, { team: 'shop' });
    assert.deepEqual(audit.served, { by: 'llm', reason: 'audit', taskId: 'task_1' });
    assert.equal(audit.response?.message.content, 'another');
    assert.deepEqual(audit.tags, { team: 'shop', [AUDITED]: '0.25' });
    assert.equal(recordedWith(audit), 0.25);
    assert.notEqual(audit.id, call.id);
    assert.deepEqual(
      [audit.at, audit.sessionId, audit.request, senders[1]],
      [call.at, call.sessionId, call.request, senders[0]],
    );
  });

test('an audit that the LLM does not answer leaves nothing on record but the call', async () => {
  const harness = await startHarness(
    (_received, response) => sendJson(response, '{"error":{"message":"overloaded"}}', 529),
    { router: served(label, { isAudited: true }) },
  );
  const answer = await harness.client.chat.completions.create({ model: 'm', messages });
  assert.equal(answer.choices[0]?.message.content, 'order-status ✓');
  await harness.close();
  assert.deepEqual(
    harness.calls.map(({ served: { by } }) => by),
    ['spec_1'],
  );
});

test('an audit that may be settled asks the LLM the same bytes again where the answers differ', async () => {
  const bodies: string[] = [];
  const harness = await startHarness(
    (received, response) => {
      bodies.push(received.body.toString());
      sendJson(response, completion(bodies.length === 1 ? 'a slip' : 'order-status ✓'));
    },
    { router: served(label, { isAudited: true, isSettled: true }) },
  );
  await harness.client.chat.completions.create({ model: 'm', messages });
  await harness.close();
  const { audit } = harness.comparisons[0]!;
  assert.deepEqual([audit?.correct, audit?.settled], [true, true]);
  assert.equal(bodies.length, 3);
  assert.equal(new Set(bodies).size, 1);
});

test('in shadow the LLM serves, and the specialist is asked beside it', async () => {
  const harness = await startHarness((_received, response) => sendJson(response, completion('LLM')), {
    router: served(label, { stage: 'shadow', confidence: 0.9 }),
  });
  const { data, response } = await harness.client.chat.completions
    .create({ model: 'm', messages })
    .withResponse();
  assert.equal(data.choices[0]?.message.content, 'LLM');
  assert.equal(response.headers.get('x-understudy-reason'), 'shadow');
  await harness.close();
  assert.equal(harness.comparisons.length, 1);
  assert.equal(harness.comparisons[0]?.llm.message.content, 'LLM');
  assert.equal(harness.comparisons[0]?.audit?.confidence.toFixed(4), '0.9000');
});

test('Helicone-Omit-Request keeps a call off the record', async () => {
  const harness = await startHarness((_received, response) => sendJson(response, completion('LLM')));
  try {
    await harness.client.chat.completions.create(
      { model: 'm', messages },
      { headers: { 'Helicone-Omit-Request': 'true' } },
    );
    assert.equal(harness.calls.length, 0);
  } finally {
    await harness.close();
  }
});

test('a compressed request is served like a plain one', async () => {
  const harness = await startHarness((_received, response) => sendJson(response, completion('LLM')), {
    router: served({ kind: 'text', text: 'refund' }),
  });
  try {
    const body = gzipSync(
      JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'money back' }] }),
    );
    const response = await fetch(`${harness.gateway.url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: new Uint8Array(body),
    });
    const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
    assert.equal(choices[0]?.message.content, 'refund');
    assert.equal(response.headers.get('x-understudy-served-by'), 'spec_1');
    assert.equal(harness.upstream.received.length, 0);
    assert.equal(harness.calls[0]?.request.messages[0]?.content, 'money back');
  } finally {
    await harness.close();
  }
});
