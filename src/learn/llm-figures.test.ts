import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call, Usage } from '../core/call.ts';
import { llmFigures } from './llm-figures.ts';

const call = (model: string, usage: Usage | null, latencyMs = 500, by = 'llm'): Call => ({
  id: 'c',
  at: 0,
  sessionId: 's',
  origin: '',
  tags: {},
  status: 200,
  latencyMs,
  request: { model, messages: [{ role: 'user', content: 'x' }], tools: [], stream: false, params: {} },
  response: { model, message: { role: 'assistant', content: 'y' }, finishReason: 'stop', usage },
  served: { by, reason: 'no-specialist' },
});
const usage: Usage = { promptTokens: 1000, completionTokens: 100, cachedTokens: 0 };

test('means are over what is known, of the calls that the LLM answered', () => {
  const figures = llmFigures(
    [
      call('gpt-4o', usage),
      call('gpt-4o', null, 700),
      call('gpt-4o', usage, 0),
      call('gpt-4o', usage, 9, 'x'),
    ],
    {},
  );
  assert.equal(figures.promptTokens, 1000);
  assert.equal(figures.completionTokens, 100);
  assert.ok(Math.abs(figures.cost! - (1000 * 2.5e-6 + 100 * 1e-5)) < 1e-12);
  assert.equal(figures.medianMs, 700);
});

test('what nobody knows is null', () => {
  assert.deepEqual(llmFigures([], {}), { promptTokens: 0, completionTokens: 0, cost: null, medianMs: null });
  assert.equal(llmFigures([call('unheard-of', usage)], {}).cost, null);
});

test('what a call takes is the LLM’s time, where a stand-in waits but a part of it', () => {
  const calls = [call('gpt-4o', usage, 10), call('gpt-4o', usage, 0), call('gpt-4o', usage, 30)];
  assert.equal(llmFigures(calls, {}, ({ latencyMs }) => latencyMs + 600).medianMs, 630);
});
