/** Any bytes as a request, a response or a stream: nothing throws, and nothing takes more than linear work. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { counted, handle, OBJECT_KEYS } from '../../test/support/nearly-right.ts';
import { BODIES } from '../../test/support/wire-bodies.ts';
import { signatureOf } from '../callsite/signature.ts';
import { answerOf, renderAnswer } from '../core/answer.ts';
import type { CallResponse } from '../core/call.ts';
import type { Json } from '../core/json.ts';
import { policyReason } from '../core/policy.ts';
import { referenceOf } from '../core/reference.ts';
import { openaiChat } from './openai-chat.ts';
import { requestFromJson } from './openai-chat-request.ts';
import { responseFromJson } from './openai-chat-response.ts';

const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

for (const { dialect, request, response, event } of BODIES)
  test(`${dialect.name}: bodies that are nearly right, in any place wrong, never throw`, () => {
    fc.assert(
      fc.property(request, response, fc.array(event, { maxLength: 6 }), (asked, answered, events) => {
        const read = dialect.parseRequest(bytes(asked));
        handle(dialect, read, dialect.parseResponse(bytes(answered)));
        const accumulator = dialect.streamAccumulator();
        for (const each of events) accumulator.push(Buffer.from(`data: ${JSON.stringify(each)}\n\n`));
        handle(dialect, read, accumulator.end());
      }),
      { numRuns: 400 },
    );
  });

test('names of object properties are roles and keys like any other text', () => {
  for (const role of OBJECT_KEYS) {
    const messages = [{ role, content: 'x' }];
    assert.equal(openaiChat.parseRequest(bytes({ model: 'm', messages })), null, role);
  }
  const messages = [{ role: 'user', content: 'x' }];
  const body = JSON.parse(`{"model":"m","__proto__":{"n":2},"constructor":1}`) as Record<string, Json>;
  const request = openaiChat.parseRequest(Buffer.from(JSON.stringify({ ...body, messages })));
  assert.deepEqual(Object.keys(request?.params ?? {}).sort(), ['__proto__', 'constructor']);
  assert.equal(policyReason(request!), null);
});

test('JSON that is nested without end is not read, and overflows nothing', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  const objects = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
  for (const nested of [deep, objects]) {
    const messages = '[{"role":"user","content":"x"}]';
    for (const body of [
      nested,
      `{"model":"m","messages":${messages},"x":${nested}}`,
      `{"model":"m","messages":${nested}}`,
      `{"choices":[{"message":{"content":"x"},"logprobs":${nested}}]}`,
    ]) {
      assert.equal(openaiChat.parseRequest(Buffer.from(body)), null);
      assert.equal(openaiChat.parseResponse(Buffer.from(body)), null);
    }
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: nested } };
    const response = openaiChat.parseResponse(
      bytes({ choices: [{ message: { content: nested, tool_calls: [call] }, finish_reason: 'stop' }] }),
    );
    handle(
      openaiChat,
      openaiChat.parseRequest(Buffer.from(`{"model":"m","messages":${messages}}`)),
      response,
    );
    assert.equal(referenceOf({ kind: 'tool', labels: [] }, response!), '');
    const accumulator = openaiChat.streamAccumulator();
    accumulator.push(Buffer.from(`data: ${nested}\n\ndata: {"choices":[{"delta":{"content":"x"}}]}\n\n`));
    assert.equal(accumulator.end()?.message.content, 'x');
  }
});

const call = (i: number): Json => ({
  id: `c${i}`,
  type: 'function',
  function: { name: 'f', arguments: '{}' },
});
const part = (i: number): Json => ({ type: 'text', text: `part ${i}` });
const times = (n: number, make: (i: number) => Json): Json[] => Array.from({ length: n }, (_, i) => make(i));

/** Bodies of size n, of every shape that repeats. */
const shapes: Readonly<Record<string, (n: number) => Json>> = {
  messages: (n) => times(n, () => ({ role: 'user', content: 'x' })) as Json,
  'tool turns': (n) =>
    times(n, (i) =>
      i % 2 === 0
        ? { role: 'assistant', content: null, tool_calls: [call(i)] }
        : { role: 'tool', tool_call_id: 'none of them', content: 'x' },
    ) as Json,
  'parallel calls': (n) => [{ role: 'assistant', content: null, tool_calls: times(n, call) }],
  parts: (n) => [{ role: 'user', content: times(n, part) }],
};

test('reading a request or a response takes work that grows as its size', () => {
  for (const [name, make] of Object.entries(shapes)) {
    const work = [200, 400, 800].map((n) => {
      const messages = make(n);
      const tools = times(n, (i) => ({ type: 'function', function: { name: `f${i}`, parameters: {} } }));
      const asked = counted({ model: 'm', messages, tools, functions: tools });
      const request = requestFromJson(asked.value);
      assert.ok(request, name);
      signatureOf(request);
      policyReason(request);
      const [message] = messages as Json[];
      const answered = counted({ choices: times(n, () => ({ message: message!, finish_reason: 'stop' })) });
      responseFromJson(answered.value);
      return [asked.reads(), answered.reads()] as const;
    });
    for (const which of [0, 1] as const) {
      const [small, middle, large] = work.map((reads) => reads[which]);
      // Twice the size, twice the steps: the steps for each further half stay the same.
      assert.ok(large! - middle! <= 2.2 * (middle! - small!) + 50, `${name}: ${small}, ${middle}, ${large}`);
    }
  }
});

test('long answers of awkward texts are read in one pass: fences, tags and white space without end', () => {
  // Each of these took a time that grew as the square, or worse, in a regular expression: minutes at this size.
  const n = 300_000;
  for (const content of [
    `\`\`\`json${'\n'.repeat(n)}x`,
    `\`\`\`json\n${'```\n'.repeat(n / 4)}x`,
    `${' '.repeat(n)}x`,
    '<think>'.repeat(n / 8),
    '<think></think>'.repeat(n / 16),
    '<'.repeat(n),
    '∅'.repeat(n),
    '"'.repeat(n),
  ]) {
    const response: CallResponse = {
      model: 'm',
      message: { role: 'assistant', content },
      finishReason: 'stop',
      usage: null,
    };
    assert.equal(renderAnswer(answerOf(response)).length <= content.length, true);
    referenceOf({ kind: 'label', labels: ['a'] }, response);
  }
});
