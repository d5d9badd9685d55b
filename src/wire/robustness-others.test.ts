/** As robustness.test.ts, for the Responses API and Anthropic Messages: any bytes, in linear work. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, OBJECT_KEYS } from '../../test/support/nearly-right.ts';
import { signatureOf } from '../callsite/signature.ts';
import type { CallRequest, CallResponse } from '../core/call.ts';
import type { Json } from '../core/json.ts';
import { policyReason } from '../core/policy.ts';
import { anthropicMessages } from './anthropic-messages.ts';
import { anthropicRequestFromJson } from './anthropic-messages-request.ts';
import { anthropicResponseFromJson } from './anthropic-messages-response.ts';
import { openaiResponses } from './openai-responses.ts';
import { responsesRequestFromJson } from './openai-responses-request.ts';
import { responsesResponseFromJson } from './openai-responses-response.ts';

const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

for (const dialect of [openaiResponses, anthropicMessages]) {
  test(`${dialect.name}: names of object properties are roles and types like any other text`, () => {
    for (const name of OBJECT_KEYS) {
      const message = { role: name, content: 'x' };
      for (const body of [
        { model: 'm', input: [message] },
        { model: 'm', messages: [message] },
      ])
        assert.equal(dialect.parseRequest(bytes(body)), null, name);
    }
  });

  test(`${dialect.name}: a field that has a \`toString\` of its own is read as any other, or not at all`, () => {
    const odd = { toString: false };
    const fields = [
      'id',
      'type',
      'role',
      'status',
      'model',
      'text',
      'name',
      'content',
      'input',
      'output',
      'finish_reason',
      'stop_reason',
    ];
    for (const field of fields) {
      dialect.parseRequest(
        bytes({ model: 'm', input: [{ role: 'user', content: 'x', [field]: odd }], [field]: odd }),
      );
      dialect.parseRequest(
        bytes({ model: 'm', messages: [{ role: 'user', content: 'x', [field]: odd }], [field]: odd }),
      );
      const item = {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'x', [field]: odd }],
      };
      dialect.parseResponse(bytes({ status: 'completed', output: [item], [field]: odd }));
      dialect.parseResponse(
        bytes({ role: 'assistant', content: [{ type: 'text', text: 'x', [field]: odd }], [field]: odd }),
      );
    }
  });

  test(`${dialect.name}: JSON that is nested without end is not read`, () => {
    const nested = '['.repeat(100_000) + ']'.repeat(100_000);
    for (const body of [
      `{"model":"m","input":"x","x":${nested}}`,
      `{"model":"m","messages":[{"role":"user","content":"x"}],"x":${nested}}`,
    ])
      assert.equal(dialect.parseRequest(Buffer.from(body)), null);
    const accumulator = dialect.streamAccumulator();
    accumulator.push(Buffer.from(`data: ${nested}\n\n`));
    assert.equal(accumulator.end(), null);
  });
}

const times = (n: number, make: (i: number) => Json): Json[] => Array.from({ length: n }, (_, i) => make(i));

interface Shape {
  readonly request: (n: number) => Json;
  readonly response: (n: number) => Json;
  readonly readRequest: (value: Json) => CallRequest | null;
  readonly readResponse: (value: Json) => CallResponse | null;
}

const toolUse = (i: number): Json => ({ type: 'tool_use', id: `c${i}`, name: 'f', input: {} });
const toolResult = (i: number): Json => ({ type: 'tool_result', tool_use_id: `c${i}`, content: 'x' });
const call = (i: number): Json => ({ type: 'function_call', call_id: `c${i}`, name: 'f', arguments: '{}' });

/** Bodies of size n, of every shape that repeats. */
const SHAPES: Readonly<Record<string, Shape>> = {
  'Anthropic’s messages, blocks and tools': {
    request: (n) => ({
      model: 'm',
      system: times(n, (i) => ({ type: 'text', text: `part ${i}` })),
      messages: [
        ...times(n, () => ({ role: 'user', content: 'x' })),
        { role: 'assistant', content: times(n, toolUse) },
        { role: 'user', content: times(n, toolResult) },
      ],
      tools: times(n, (i) => ({ name: `f${i}`, input_schema: {} })),
    }),
    response: (n) => ({ role: 'assistant', stop_reason: 'tool_use', content: times(n, toolUse) }),
    readRequest: anthropicRequestFromJson,
    readResponse: anthropicResponseFromJson,
  },
  'items and tools of the Responses API': {
    request: (n) => ({
      model: 'm',
      input: [
        { role: 'user', content: times(n, (i) => ({ type: 'input_text', text: `part ${i}` })) },
        ...times(n, call),
        ...times(n, (i) => ({ type: 'function_call_output', call_id: `c${i}`, output: 'x' })),
        ...times(n, () => ({ type: 'web_search_call' })),
      ],
      tools: times(n, (i) => ({ type: 'function', name: `f${i}`, parameters: {} })),
    }),
    response: (n) => ({ status: 'completed', output: times(n, call) }),
    readRequest: responsesRequestFromJson,
    readResponse: responsesResponseFromJson,
  },
};

for (const [name, shape] of Object.entries(SHAPES))
  test(`reading ${name} takes work that grows as their size`, () => {
    const work = [200, 400, 800].map((n) => {
      const asked = counted(shape.request(n));
      const request = shape.readRequest(asked.value) ?? assert.fail('not read');
      signatureOf(request);
      policyReason(request);
      const answered = counted(shape.response(n));
      assert.ok(shape.readResponse(answered.value));
      return asked.reads() + answered.reads();
    });
    const [small = 0, middle = 0, large = 0] = work;
    // Twice the size, twice the steps: the steps for each further half stay the same.
    assert.ok(large - middle <= 2.2 * (middle - small) + 50, `${small}, ${middle}, ${large}`);
  });
