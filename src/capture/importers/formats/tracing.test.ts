/** Exports of tracing tools: Langfuse and LangSmith. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importerContract } from '../../../../test/contracts/importer.ts';
import {
  calls,
  completion,
  find,
  firstCall,
  mail,
  messages,
  START,
  toolCall,
  tools,
} from '../../../../test/support/traces.ts';
import type { JsonObject } from '../../../core/json.ts';
import { langfuse } from './langfuse.ts';
import { langsmith } from './langsmith.ts';

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

test('content blocks of Anthropic are tool calls and their results', () => {
  const call = firstCall(langfuse, {
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
  assert.equal(firstCall(langsmith, record)?.sessionId, null);
});
