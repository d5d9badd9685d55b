import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallRequest, CallResponse } from './call.ts';
import { type Ending, endingOf, whyNoAnswer } from './ending.ts';

const response = (content: string, finishReason: string | null): CallResponse => ({
  model: 'm',
  message: { role: 'assistant', content },
  finishReason,
  usage: null,
});
const asked = (params: CallRequest['params'] = {}): CallRequest => ({
  model: 'm',
  messages: [{ role: 'user', content: 'x' }],
  tools: [],
  stream: false,
  params,
});

test('finish reasons of all providers say how an answer ended', () => {
  const table: Readonly<Record<Ending, readonly string[]>> = {
    whole: [
      'stop',
      'tool_calls',
      'function_call',
      'end_turn',
      'tool_use',
      'STOP',
      'eos',
      'COMPLETE',
      'stop-sequence',
    ],
    cut: ['length', 'max_tokens', 'MAX_TOKENS', 'model_length', 'Max Tokens', 'max_output_tokens'],
    filtered: [
      'content_filter',
      'SAFETY',
      'RECITATION',
      'refusal',
      'guardrail_intervened',
      'PROHIBITED_CONTENT',
    ],
    failed: ['error', 'ERROR', 'MALFORMED_FUNCTION_CALL', 'abort', 'cancelled', 'OTHER'],
    unknown: ['', 'constructor', '__proto__', 'toString', 'tomorrow', 'stop'.repeat(30)],
  };
  for (const [ending, reasons] of Object.entries(table))
    for (const reason of reasons) assert.equal(endingOf(reason), ending, reason);
});

test('a cut answer is an answer where the caller asked for about so few tokens', () => {
  const cases: readonly [string, CallRequest['params'], boolean][] = [
    ['ref', { max_tokens: 1 }, true],
    ['refund', { max_completion_tokens: 2 }, true],
    ['x'.repeat(400), { max_tokens: 100 }, true],
    ['x'.repeat(400), { max_tokens: 190 }, true],
    ['x'.repeat(400), { max_tokens: 4_096 }, false],
    ['x'.repeat(400), {}, false],
    ['', { max_tokens: 1 }, false],
    ['<think>so', { max_tokens: 2 }, false],
  ];
  for (const [content, params, isAnswer] of cases)
    for (const reason of ['length', 'MAX_TOKENS'])
      assert.equal(
        whyNoAnswer(asked(params), response(content, reason)),
        isAnswer ? null : 'truncated',
        JSON.stringify([content.slice(0, 10), params]),
      );
});

test('what ended by itself is an answer, an empty one too, and the rest has its reason', () => {
  assert.equal(whyNoAnswer(asked(), response('', 'stop')), null);
  assert.equal(whyNoAnswer(asked(), response('x', null)), 'broken-off');
  assert.equal(whyNoAnswer(asked(), response('x', 'SAFETY')), 'filtered');
  assert.equal(whyNoAnswer(asked(), response('x', 'error')), 'failed');
  assert.equal(whyNoAnswer(asked(), response('x', 'tomorrow')), 'unknown-ending');
});
