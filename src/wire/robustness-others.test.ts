/** As robustness.test.ts, for the Responses API and Anthropic Messages: any bytes, in linear work. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anything, counted, handle, list, OBJECT_KEYS, some, word } from '../../test/support/nearly-right.ts';
import { signatureOf } from '../callsite/signature.ts';
import type { CallRequest, CallResponse } from '../core/call.ts';
import type { Json } from '../core/json.ts';
import { policyReason } from '../core/policy.ts';
import { anthropicMessages } from './anthropic-messages.ts';
import { anthropicRequestFromJson } from './anthropic-messages-request.ts';
import { anthropicResponseFromJson } from './anthropic-messages-response.ts';
import type { Dialect } from './dialect.ts';
import { openaiResponses } from './openai-responses.ts';
import { responsesRequestFromJson } from './openai-responses-request.ts';
import { responsesResponseFromJson } from './openai-responses-response.ts';

interface Bodies {
  readonly dialect: Dialect;
  readonly request: fc.Arbitrary<unknown>;
  readonly response: fc.Arbitrary<unknown>;
  readonly event: fc.Arbitrary<unknown>;
}

const usage = some({ input_tokens: fc.integer(), output_tokens: anything, input_tokens_details: anything });

const item = some({
  type: fc.constantFrom(
    ...[
      'message',
      'function_call',
      'function_call_output',
      'custom_tool_call',
      'reasoning',
      'item_reference',
    ],
    'web_search_call',
  ),
  role: fc.oneof(fc.constantFrom('user', 'assistant', 'developer'), word),
  content: fc.oneof(
    word,
    list(
      some({
        type: fc.constantFrom('input_text', 'output_text', 'refusal', 'input_image'),
        text: word,
        refusal: word,
        annotations: anything,
        logprobs: list(some({ token: word, logprob: fc.double() })),
      }),
    ),
  ),
  call_id: word,
  name: word,
  arguments: fc.oneof(word, fc.json()),
  input: word,
  output: fc.oneof(word, list(some({ type: fc.constant('input_text'), text: word }))),
});
const answer = some({
  model: word,
  status: fc.oneof(fc.constantFrom('completed', 'incomplete', 'failed'), word),
  output: list(item),
  incomplete_details: some({ reason: word }),
  usage,
});
const responses: Bodies = {
  dialect: openaiResponses,
  request: some({
    ...{ model: word, input: fc.oneof(word, list(item)), instructions: word, store: fc.boolean() },
    tools: list(some({ type: fc.constant('function'), name: word, parameters: anything })),
    tool_choice: fc.oneof(word, some({ type: fc.constant('function'), name: word })),
    text: some({ format: some({ type: fc.constantFrom('json_schema', 'text'), schema: anything }) }),
    ...{ max_output_tokens: fc.integer(), include: list(word), previous_response_id: word },
  }),
  response: answer,
  event: some({
    type: fc.constantFrom(
      ...['response.created', 'response.output_item.done', 'response.output_text.delta'],
      ...['response.completed', 'response.failed', 'error'],
    ),
    ...{ output_index: fc.integer(), item, delta: word, response: answer },
  }),
};

const block = some({
  type: fc.constantFrom('text', 'tool_use', 'tool_result', 'thinking', 'image', 'server_tool_use'),
  ...{ text: word, id: word, name: word, input: anything, tool_use_id: word, citations: anything },
  content: fc.oneof(word, list(some({ type: fc.constant('text'), text: word }))),
});
const said = some({
  ...{ model: word, role: fc.constant('assistant'), content: list(block), stop_reason: word, usage },
});
const messages: Bodies = {
  dialect: anthropicMessages,
  request: some({
    ...{ model: word, system: fc.oneof(word, list(block)), max_tokens: fc.integer(), thinking: anything },
    messages: list(
      some({
        role: fc.oneof(fc.constantFrom('user', 'assistant'), word),
        content: fc.oneof(word, list(block)),
      }),
    ),
    tools: list(some({ name: word, description: word, input_schema: anything })),
    tool_choice: some({ type: fc.constantFrom('auto', 'any', 'tool', 'none'), name: word }),
    output_config: some({ format: some({ type: fc.constant('json_schema'), schema: anything }) }),
    stop_sequences: fc.oneof(word, fc.array(word)),
  }),
  response: said,
  event: some({
    type: fc.constantFrom(
      ...['message_start', 'content_block_start', 'content_block_delta', 'message_delta'],
      ...['message_stop', 'ping', 'error'],
    ),
    ...{ index: fc.integer(), message: said, content_block: block, usage },
    delta: some({ type: word, text: word, partial_json: word, stop_reason: word }),
  }),
};

const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

for (const { dialect, request, response, event } of [responses, messages]) {
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
