/** Logs of proxies: LiteLLM and Helicone. */
import assert from 'node:assert/strict';
import { importerContract } from '../../../../test/contracts/importer.ts';
import { completion, find, mail, messages, START, tools } from '../../../../test/support/traces.ts';
import { helicone } from './helicone.ts';
import { litellm } from './litellm.ts';

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
