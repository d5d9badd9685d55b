import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../core/json.ts';
import type { SseEvent } from './sse.ts';
import { isStreamFailure } from './stream-failure.ts';

const event = (data: JsonObject | string, type = 'message'): SseEvent => ({
  type,
  data: typeof data === 'string' ? data : JSON.stringify(data),
});
const done = event('[DONE]');
const failed = (error: JsonObject | null, type = 'response.failed'): SseEvent =>
  event({ type: 'response.failed', response: { status: 'failed', output: [], error } }, type);

test('an error of the server at the end is a failure, in the words of each dialect', () => {
  for (const events of [
    [event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, 'error')],
    [event({ type: 'error', code: 'server_error', message: 'x', param: null }, 'error')],
    [event({ type: 'error', error: { type: 'api_error', message: 'x' } })],
    [failed({ code: 'server_error', message: 'The server had an error.' })],
    [failed({ code: 'server_error', message: 'x' }, 'message')],
    [failed(null)],
    [event({ error: { message: 'out of memory' } }), done],
    [event({ error: 'out of memory' })],
    [
      event({
        id: 'c1',
        choices: [{ delta: {}, finish_reason: 'error' }],
        error: { code: 502, message: 'x' },
      }),
      done,
    ],
    [event({ error: { message: 'x', type: 'server_error', code: null } }), event('{"type": "ping"}', 'ping')],
    [event('no JSON', 'error')],
    [
      event({ choices: [{ delta: { content: 'invalid_request' } }] }),
      event({ error: { message: '404 invalid' } }),
    ],
  ])
    assert.equal(isStreamFailure(events), true, JSON.stringify(events));
});

test('what is the caller’s fault, or its limit, is no failure', () => {
  for (const events of [
    [event({ type: 'error', error: { type: 'invalid_request_error', message: 'x' } }, 'error')],
    [event({ type: 'error', code: 'rate_limit_exceeded', message: 'x' }, 'error')],
    [failed({ code: 'rate_limit_exceeded', message: 'x' })],
    [failed({ code: 'invalid_prompt', message: 'x' })],
    [failed({ code: 'image_too_large', message: 'x' })],
    [event({ error: { message: 'x', type: 'exceed_context_size_error', code: 400 } }), done],
    [event({ message: 'x', error: { code: '429' } })],
    [event({ error: { code: 'insufficient_quota' } })],
    [event({ object: 'error', status: 404, error: 'no such model' })],
  ])
    assert.equal(isStreamFailure(events), false, JSON.stringify(events));
});

test('what is whole is no failure, whatever its text and its empty fields say', () => {
  for (const events of [
    [],
    [done],
    [event({ type: 'message_stop' }, 'message_stop')],
    [event({ choices: [], error: null }), done],
    [event({ type: 'response.completed', response: { error: null } }, 'response.completed')],
    [event({ type: 'response.completed', response: { error: null } })],
    [
      event(
        { type: 'response.incomplete', response: { error: null, incomplete_details: {} } },
        'response.incomplete',
      ),
    ],
    [event({ choices: [{ delta: { content: '{"error":{"code":500}}' } }] })],
    [event('an error')],
    [event({}, 'error'), event({ choices: [] })],
    [event({ error: '' })],
    [event({ error: {} })],
    [event({ choices: [], error: {} }), done],
    [event({ type: 'response.completed', response: { error: {} } })],
  ])
    assert.equal(isStreamFailure(events), false, JSON.stringify(events));
});
