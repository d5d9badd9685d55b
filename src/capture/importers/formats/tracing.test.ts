import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contextOf, importerContract } from '../../../../test/contracts/importer.ts';
import type { Json, JsonObject } from '../../../core/json.ts';
import type { ImportedCall, Importer } from '../importer.ts';
import { helicone } from './helicone.ts';
import { langfuse } from './langfuse.ts';
import { langsmith } from './langsmith.ts';
import { litellm } from './litellm.ts';
import { otel } from './otel.ts';

const START = Date.UTC(2026, 2, 1, 10);
const messages = [
  { role: 'system', content: 'Sort the mail.' },
  { role: 'user', content: 'My parcel is late.' },
];
const find = { name: 'find', description: 'Finds.', parameters: { type: 'object' } };
const tools = [{ type: 'function', function: find }];
const calls = [{ id: 'c1', type: 'function', function: { name: 'find', arguments: '{"q":"x"}' } }];
const completion = {
  id: 'x',
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, message: { role: 'assistant', content: 'late' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 2 },
};

/** What every format's first sample tells, under whatever names. */
const mail = (call: ImportedCall): void => {
  assert.deepEqual(
    call.request.messages.map(({ role, content }) => ({ role, content })),
    messages,
  );
  assert.equal(call.request.model, 'gpt-4o');
  assert.equal(call.response?.message.content, 'late');
  assert.equal(call.response?.finishReason, 'stop');
  assert.equal(call.at, START);
  assert.equal(call.sessionId, 's1');
};
/** The whole of a call with tools. */
const toolCall = (call: ImportedCall): void => {
  assert.deepEqual(
    call.request.messages.map(({ role }) => role),
    ['user', 'assistant', 'tool', 'user'],
  );
  assert.equal(call.request.messages[1]?.toolCalls?.[0]?.id, 'c0');
  assert.equal(call.request.messages[2]?.toolCallId, 'c0');
  assert.equal(call.request.messages[2]?.content, 'y is here');
  assert.deepEqual(call.request.tools, [find]);
  assert.deepEqual(call.response?.message.toolCalls, [{ id: 'c1', name: 'find', arguments: '{"q":"x"}' }]);
  assert.equal(call.response?.finishReason, 'tool_calls');
};

importerContract(litellm, {
  good: [
    {
      record: {
        id: 'a',
        call_type: 'acompletion',
        model: 'gpt-4o',
        startTime: START / 1000 + 0.25,
        endTime: START / 1000 + 1.5,
        litellm_session_id: 's1',
        trace_id: 't1',
        messages,
        response: completion,
        model_parameters: { temperature: 0, tools },
      },
      calls: 1,
      first(call) {
        mail({ ...call, at: (call.at ?? 0) - 250 });
        assert.equal(call.latencyMs, 1250);
        assert.deepEqual(call.request.params, { temperature: 0 });
        assert.deepEqual(call.request.tools, [find]);
      },
    },
    {
      record: {
        request_id: 'b',
        call_type: 'acompletion',
        spend: 0.1,
        startTime: '2026-03-01 10:00:00.000',
        endTime: '2026-03-01 10:00:02.000',
        model: 'gpt-4o',
        session_id: 's1',
        metadata: '{"status": "success"}',
        messages: {},
        proxy_server_request: JSON.stringify({ model: 'alias', messages, temperature: 0.2 }),
        response: JSON.stringify(completion),
      },
      calls: 1,
      first(call) {
        mail(call);
        assert.deepEqual(call.request.params, { temperature: 0.2 });
      },
    },
    {
      record: {
        request_id: 'c',
        call_type: 'completion',
        spend: 0,
        messages,
        response: {},
        status: 'failure',
        model: 'm',
      },
      calls: 1,
      first: (call) => assert.equal(call.status, 500),
    },
  ],
  bad: [
    null,
    { call_type: 'aembedding', messages, response: {} },
    { call_type: 'acompletion', messages: {}, response: {} },
    { call_type: 'acompletion', messages, response: {} },
  ],
});

importerContract(helicone, {
  good: [
    {
      record: {
        response_id: 'r',
        request_id: 'q',
        request_created_at: '2026-03-01T10:00:00.000Z',
        request_body: { model: 'gpt-4o', messages, temperature: 0 },
        response_body: completion,
        response_status: 200,
        request_properties: { 'Helicone-Session-Id': 's1', 'Helicone-Session-Name': 'mail' },
        request_user_id: 'u',
        delay_ms: 321,
      },
      calls: 1,
      first(call) {
        mail(call);
        assert.equal(call.latencyMs, 321);
      },
    },
    {
      record: {
        request_created_at: '2026-03-01 10:00:00',
        response_created_at: '2026-03-01 10:00:01',
        request_body: JSON.stringify({ model: 'gpt-4o', messages, stream: true }),
        response_body: {
          streamed_data: `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'late' }, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`,
        },
        properties: { session_id: 's1' },
      },
      calls: 1,
      first(call) {
        mail(call);
        assert.equal(call.latencyMs, 1000);
      },
    },
  ],
  bad: [null, { request_body: {} }, { request_body: { model: 'm', input: 'x' }, response_body: {} }],
});

importerContract(langfuse, {
  good: [
    {
      record: {
        id: 'o1',
        trace_id: 't1',
        type: 'GENERATION',
        start_time: '2026-03-01 10:00:00.000000',
        end_time: '2026-03-01 10:00:01.500000',
        input: JSON.stringify(messages),
        output: JSON.stringify({ role: 'assistant', content: 'late' }),
        provided_model_name: 'gpt-4o',
        model_parameters: '{"temperature": "0", "max_tokens": 9}',
        usage_details: { input: 9, output: 2, total: 11 },
        session_id: 's1',
        metadata: {},
      },
      calls: 1,
      first(call) {
        mail(call);
        assert.equal(call.latencyMs, 1500);
        assert.equal(call.request.params.max_tokens, 9);
        assert.deepEqual(call.response?.usage, { promptTokens: 9, completionTokens: 2, cachedTokens: 0 });
      },
    },
    {
      record: {
        id: 'o2',
        traceId: 't1',
        type: 'GENERATION',
        startTime: '2026-03-01T10:00:00.000Z',
        model: 'gpt-4o',
        input: {
          messages: [
            { role: 'user', content: 'Find y.' },
            { role: 'assistant', content: null, tool_calls: [{ ...calls[0], id: 'c0' }] },
            { role: 'tool', tool_call_id: 'c0', content: 'y is here' },
            { role: 'user', content: 'And x?' },
          ],
          tools,
        },
        output: { role: 'assistant', content: null, tool_calls: calls },
      },
      calls: 1,
      first(call) {
        toolCall(call);
        assert.equal(call.sessionId, 't1');
      },
    },
    {
      record: {
        id: 't1',
        sessionId: 's1',
        observations: [
          {
            id: 'o0',
            traceId: 't1',
            type: 'SPAN',
            startTime: '2026-03-01T10:00:00Z',
            input: 'x',
            output: 'y',
          },
          {
            id: 'o3',
            traceId: 't1',
            type: 'GENERATION',
            startTime: '2026-03-01T10:00:00Z',
            model: 'gpt-4o',
            input: messages,
            output: 'late',
          },
        ],
      },
      calls: 1,
      first: mail,
    },
    {
      record: {
        id: 'o5',
        trace_id: 't',
        type: 'GENERATION',
        start_time: '2026-03-01 10:00:00.000000',
        input: '[{"role":"user","content":"Find x."}]',
        output: '{"content":"Sure."}',
        tool_calls: [JSON.stringify({ id: 'c1', name: 'find', arguments: '{"q":"x"}' })],
        tool_definitions: { find: JSON.stringify({ description: 'Finds.', parameters: { type: 'object' } }) },
      },
      calls: 1,
      first(call) {
        assert.equal(call.response?.message.content, 'Sure.');
        assert.deepEqual(call.response?.message.toolCalls, [
          { id: 'c1', name: 'find', arguments: '{"q":"x"}' },
        ]);
        assert.deepEqual(call.request.tools, [find]);
      },
    },
    // A model that is asked for JSON answers in JSON, which the export holds as it is.
    {
      record: {
        id: 'o4',
        traceId: 't',
        type: 'GENERATION',
        startTime: 1,
        input: 'Which intent?',
        output: '{"intent":"late","answer":"x"}',
      },
      calls: 1,
      first: (call) => assert.equal(call.response?.message.content, '{"intent":"late","answer":"x"}'),
    },
  ],
  bad: [
    null,
    { type: 'SPAN', traceId: 't', startTime: 1, input: 'a', output: 'b' },
    { type: 'GENERATION', traceId: 't', startTime: 1, input: null, output: 'b' },
    { type: 'GENERATION', traceId: 't', startTime: 1, input: 'a', output: null },
    { id: 't', observations: [] },
  ],
});

const lc = (kind: string, kwargs: JsonObject): JsonObject => ({
  lc: 1,
  type: 'constructor',
  id: ['langchain', 'schema', 'messages', kind],
  kwargs,
});

importerContract(langsmith, {
  good: [
    {
      record: {
        id: 'r1',
        run_type: 'llm',
        name: 'ChatOpenAI',
        session_id: 'the project',
        trace_id: 't1',
        start_time: '2026-03-01T10:00:00.000000',
        end_time: '2026-03-01T10:00:00.700000+00:00',
        inputs: {
          messages: [
            [
              lc('SystemMessage', { content: 'Sort the mail.' }),
              lc('HumanMessage', { content: 'My parcel is late.' }),
            ],
          ],
        },
        outputs: {
          generations: [
            [
              {
                text: 'late',
                generation_info: { finish_reason: 'stop' },
                message: lc('AIMessage', { content: 'late', response_metadata: {} }),
              },
            ],
          ],
          llm_output: {
            token_usage: { prompt_tokens: 9, completion_tokens: 2 },
            model_name: 'gpt-4o-2024-08-06',
          },
        },
        extra: {
          invocation_params: { model: 'gpt-4o', temperature: 0, _type: 'openai-chat', tools },
          metadata: { thread_id: 's1' },
        },
      },
      calls: 1,
      first(call) {
        mail(call);
        assert.equal(call.latencyMs, 700);
        assert.deepEqual(call.request.tools, [find]);
        assert.deepEqual(call.response?.usage, { promptTokens: 9, completionTokens: 2, cachedTokens: 0 });
      },
    },
    {
      record: {
        run_type: 'llm',
        trace_id: 't1',
        inputs: {
          messages: [
            { type: 'human', content: 'Find y.' },
            {
              type: 'ai',
              content: '',
              tool_calls: [{ name: 'find', args: { q: 'y' }, id: 'c0', type: 'tool_call' }],
            },
            { type: 'tool', content: 'y is here', tool_call_id: 'c0' },
            ['human', 'And x?'],
          ],
          tools,
          model: 'gpt-4o',
        },
        outputs: {
          message: {
            type: 'ai',
            data: { content: '', tool_calls: [{ name: 'find', args: { q: 'x' }, id: 'c1' }] },
          },
        },
      },
      calls: 1,
      first(call) {
        toolCall(call);
        assert.equal(call.sessionId, 't1');
      },
    },
    {
      record: {
        run_type: 'llm',
        inputs: { messages, model: 'gpt-4o' },
        outputs: completion,
        start_time: START,
        extra: { metadata: { session_id: 's1' } },
      },
      calls: 1,
      first: mail,
    },
    {
      record: { run_type: 'llm', inputs: { prompt: 'Hi' }, outputs: null, error: 'RateLimitError' },
      calls: 1,
      first: (call) => assert.equal(call.status, 500),
    },
  ],
  bad: [
    null,
    { run_type: 'chain', inputs: { messages }, outputs: completion },
    { run_type: 'llm', inputs: {} },
    { run_type: 'llm', inputs: { messages } },
  ],
});

/** Attributes as OTLP writes them. */
const otlp = (attributes: Readonly<Record<string, Json>>): Json[] => {
  const any = (value: Json): JsonObject => {
    if (typeof value === 'string') return { stringValue: value };
    if (typeof value === 'boolean') return { boolValue: value };
    if (typeof value === 'number')
      return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
    if (Array.isArray(value)) return { arrayValue: { values: value.map(any) } };
    return { kvlistValue: { values: otlp(value ?? {}) } };
  };
  return Object.entries(attributes).map(([key, value]) => ({ key, value: any(value) }));
};
const span = (attributes: Readonly<Record<string, Json>>, more: JsonObject = {}): JsonObject => ({
  traceId: 't1',
  spanId: 'p1',
  name: 'chat gpt-4o',
  startTimeUnixNano: `${START}000000`,
  endTimeUnixNano: `${START + 500}000000`,
  attributes: otlp(attributes),
  ...more,
});
const batchOf = (...spans: JsonObject[]): JsonObject => ({
  resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ scope: {}, spans }] }],
});
const part = (role: string, ...parts: JsonObject[]): JsonObject => ({ role, parts });
const text = (content: string): JsonObject => ({ type: 'text', content });
const newer = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.request.temperature': 0,
  'gen_ai.conversation.id': 's1',
  'gen_ai.usage.input_tokens': 9,
  'gen_ai.usage.output_tokens': 2,
  'gen_ai.system_instructions': JSON.stringify([text('Sort the mail.')]),
  'gen_ai.input.messages': JSON.stringify([part('user', text('My parcel is late.'))]),
  'gen_ai.output.messages': JSON.stringify([{ ...part('assistant', text('late')), finish_reason: 'stop' }]),
};

importerContract(otel, {
  good: [
    {
      record: batchOf(span(newer), span({ 'http.method': 'GET' })),
      calls: 1,
      first(call) {
        mail(call);
        assert.equal(call.latencyMs, 500);
        assert.deepEqual(call.response?.usage, { promptTokens: 9, completionTokens: 2, cachedTokens: 0 });
        assert.deepEqual(call.request.params, { temperature: 0 });
      },
    },
    {
      record: span({
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.input.messages': [
          part('user', text('Find y.')),
          part('assistant', { type: 'tool_call', id: 'c0', name: 'find', arguments: { q: 'y' } }),
          part('tool', { type: 'tool_call_response', id: 'c0', response: 'y is here' }),
          part('user', text('And x?')),
        ],
        'gen_ai.output.messages': [
          {
            ...part('assistant', { type: 'tool_call', id: 'c1', name: 'find', arguments: { q: 'x' } }),
            finish_reason: 'tool_call',
          },
        ],
        'gen_ai.tool.definitions': [{ type: 'function', ...find }],
      }),
      calls: 1,
      first: toolCall,
    },
    // OpenLLMetry
    {
      record: span({
        'gen_ai.system': 'OpenAI',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.prompt.0.role': 'system',
        'gen_ai.prompt.0.content': 'Sort the mail.',
        'gen_ai.prompt.1.role': 'user',
        'gen_ai.prompt.1.content': 'My parcel is late.',
        'gen_ai.completion.0.role': 'assistant',
        'gen_ai.completion.0.content': 'late',
        'gen_ai.completion.0.finish_reason': 'stop',
        'traceloop.association.properties.session_id': 's1',
      }),
      calls: 1,
      first: mail,
    },
    {
      record: span({
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.prompt.0.role': 'user',
        'gen_ai.prompt.0.content': 'Find y.',
        'gen_ai.prompt.1.role': 'assistant',
        'gen_ai.prompt.1.tool_calls.0.id': 'c0',
        'gen_ai.prompt.1.tool_calls.0.name': 'find',
        'gen_ai.prompt.1.tool_calls.0.arguments': '{"q":"y"}',
        'gen_ai.prompt.2.role': 'tool',
        'gen_ai.prompt.2.tool_call_id': 'c0',
        'gen_ai.prompt.2.content': 'y is here',
        'gen_ai.prompt.3.role': 'user',
        'gen_ai.prompt.3.content': 'And x?',
        'llm.request.functions.0.name': 'find',
        'llm.request.functions.0.description': 'Finds.',
        'llm.request.functions.0.parameters': '{"type":"object"}',
        'gen_ai.completion.0.finish_reason': 'tool_calls',
        'gen_ai.completion.0.tool_calls.0.id': 'c1',
        'gen_ai.completion.0.tool_calls.0.name': 'find',
        'gen_ai.completion.0.tool_calls.0.arguments': '{"q":"x"}',
      }),
      calls: 1,
      first: toolCall,
    },
    // OpenInference, flattened and nested
    {
      record: span({
        'openinference.span.kind': 'LLM',
        'llm.model_name': 'gpt-4o',
        'llm.input_messages.0.message.role': 'user',
        'llm.input_messages.0.message.content': 'Find y.',
        'llm.input_messages.1.message.role': 'assistant',
        'llm.input_messages.1.message.tool_calls.0.tool_call.id': 'c0',
        'llm.input_messages.1.message.tool_calls.0.tool_call.function.name': 'find',
        'llm.input_messages.1.message.tool_calls.0.tool_call.function.arguments': '{"q":"y"}',
        'llm.input_messages.2.message.role': 'tool',
        'llm.input_messages.2.message.tool_call_id': 'c0',
        'llm.input_messages.2.message.content': 'y is here',
        'llm.input_messages.3.message.role': 'user',
        'llm.input_messages.3.message.contents.0.message_content.type': 'text',
        'llm.input_messages.3.message.contents.0.message_content.text': 'And x?',
        'llm.output_messages.0.message.role': 'assistant',
        'llm.output_messages.0.message.tool_calls.0.tool_call.id': 'c1',
        'llm.output_messages.0.message.tool_calls.0.tool_call.function.name': 'find',
        'llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments': '{"q":"x"}',
        'llm.tools.0.tool.json_schema': JSON.stringify(tools[0]),
        'llm.invocation_parameters': '{"temperature": 0.5}',
      }),
      calls: 1,
      first(call) {
        toolCall(call);
        assert.deepEqual(call.request.params, { temperature: 0.5 });
      },
    },
    {
      record: {
        name: 'ChatCompletion',
        span_kind: 'LLM',
        context: { trace_id: 't1', span_id: 'p1' },
        start_time: '2026-03-01T10:00:00+00:00',
        end_time: '2026-03-01T10:00:01+00:00',
        status_code: 'OK',
        attributes: {
          openinference: { span: { kind: 'LLM' } },
          session: { id: 's1' },
          llm: {
            model_name: 'gpt-4o',
            input_messages: messages.map((message) => ({ message })),
            output_messages: [{ message: { role: 'assistant', content: 'late' } }],
          },
        },
      },
      calls: 1,
      first: mail,
    },
    // Older events
    {
      record: span(
        { 'gen_ai.system': 'openai', 'gen_ai.request.model': 'gpt-4o', 'session.id': 's1' },
        {
          events: [
            { name: 'gen_ai.system.message', attributes: otlp({ content: 'Sort the mail.' }) },
            { name: 'gen_ai.user.message', attributes: otlp({ content: 'My parcel is late.' }) },
            {
              name: 'gen_ai.choice',
              attributes: otlp({
                index: 0,
                finish_reason: 'stop',
                message: '{"role":"assistant","content":"late"}',
              }),
            },
          ],
        },
      ),
      calls: 1,
      first: mail,
    },
    // Vercel AI SDK
    {
      record: span({
        'ai.operationId': 'ai.generateText.doGenerate',
        'ai.model.id': 'gpt-4o',
        'ai.prompt.messages': JSON.stringify([
          messages[0],
          { role: 'user', content: [{ type: 'text', text: 'My parcel is late.' }] },
        ]),
        'ai.response.text': 'late',
        'ai.response.finishReason': 'stop',
        'session.id': 's1',
      }),
      calls: 1,
      first: mail,
    },
    {
      record: span(
        {
          'gen_ai.request.model': 'm',
          'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"a"}]}]',
        },
        { status: { code: 2 } },
      ),
      calls: 1,
      first: (call) => assert.equal(call.status, 500),
    },
  ],
  bad: [
    null,
    batchOf(),
    batchOf(span({ 'http.method': 'GET' })),
    span({ 'gen_ai.request.model': 'm' }),
    span({ ...newer, 'gen_ai.operation.name': 'invoke_agent' }),
    span({ ...newer, 'openinference.span.kind': 'AGENT' }),
    span({ ...newer, 'traceloop.span.kind': 'workflow' }),
    span({ ...newer, 'ai.operationId': 'ai.generateText' }),
    { resourceLogs: [{ scopeLogs: [] }] },
  ],
});

function first(importer: Importer, record: Json): ImportedCall | undefined {
  const result = importer.begin().read(record, contextOf());
  assert.ok('calls' in result, JSON.stringify(result));
  return result.calls[0];
}

test('thoughts of a model are no part of its messages, and other parts than text are media', () => {
  const call = first(
    otel,
    span({
      'gen_ai.input.messages': [part('user', text('a'), { type: 'blob', modality: 'image' })],
      'gen_ai.output.messages': [part('assistant', { type: 'reasoning', content: 'hm' }, text('b'))],
    }),
  );
  assert.equal(call?.request.messages[0]?.mediaParts, 1);
  assert.equal(call?.response?.message.content, 'b');
});

test('bare texts and candidates of Gemini are messages, and their reasons to end have one name', () => {
  const plain = first(otel, span({ 'gen_ai.input.messages': 'a', 'gen_ai.output.messages': 'b' }));
  assert.equal(plain?.request.messages[0]?.content, 'a');
  assert.equal(plain?.response?.message.content, 'b');
  const gemini = first(
    otel,
    span({
      'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ text: 'a' }] }]),
      'gen_ai.output.messages': JSON.stringify([
        { content: { role: 'model', parts: [{ text: 'b' }] }, finish_reason: 'MAX_TOKENS' },
      ]),
    }),
  );
  assert.equal(gemini?.response?.message.content, 'b');
  assert.equal(gemini?.response?.finishReason, 'length');
});

test('content blocks of Anthropic are tool calls and their results', () => {
  const call = first(langfuse, {
    id: 'o',
    traceId: 't',
    type: 'GENERATION',
    startTime: START,
    model: 'claude',
    input: {
      system: 'You help.',
      messages: [
        { role: 'user', content: 'Find y.' },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'Sure.' },
            { type: 'tool_use', id: 'c0', name: 'find', input: { q: 'y' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'c0', content: [{ type: 'text', text: 'y is here' }] },
            { type: 'text', text: 'And x?' },
          ],
        },
      ],
    },
    output: { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'find', input: { q: 'x' } }] },
  });
  assert.deepEqual(
    call?.request.messages.map(({ role, content }) => [role, content]),
    [
      ['system', 'You help.'],
      ['user', 'Find y.'],
      ['assistant', 'Sure.'],
      ['tool', 'y is here'],
      ['user', 'And x?'],
    ],
  );
  assert.equal(call?.request.messages[2]?.toolCalls?.[0]?.arguments, '{"q":"y"}');
  assert.equal(call?.response?.message.toolCalls?.[0]?.name, 'find');
});

test("a project's id is no session", () => {
  const record = {
    run_type: 'llm',
    inputs: { messages, model: 'm' },
    outputs: completion,
    session_id: 'the project',
  };
  assert.equal(first(langsmith, record)?.sessionId, null);
});
