/** Spans of OpenTelemetry, in OTLP and in the forms of its exporters. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importerContract } from '../../../../test/contracts/importer.ts';
import { find, firstCall, mail, messages, START, toolCall, tools } from '../../../../test/support/traces.ts';
import type { Json, JsonObject } from '../../../core/json.ts';
import { otel } from './otel.ts';

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

test('thoughts of a model are no part of its messages, and other parts than text are media', () => {
  const call = firstCall(
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
  const plain = firstCall(otel, span({ 'gen_ai.input.messages': 'a', 'gen_ai.output.messages': 'b' }));
  assert.equal(plain?.request.messages[0]?.content, 'a');
  assert.equal(plain?.response?.message.content, 'b');
  const gemini = firstCall(
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
