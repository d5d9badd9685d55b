import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signatureOf } from '../callsite/signature.ts';
import type { Call } from '../core/call.ts';
import { whyNotAsked } from '../core/policy.ts';
import type { Task } from '../core/task.ts';
import { readUsable } from '../curate/usable.ts';
import { openaiResponses } from '../wire/openai-responses.ts';
import { withContinued } from './continued.ts';

const tool = (name: string) => ({ type: 'function', name, parameters: {} });

function callOf(body: object): Call {
  const request = openaiResponses.parseRequest(
    Buffer.from(JSON.stringify({ model: 'm', input: 'x', instructions: 'Help.', ...body })),
  );
  return {
    id: 'call_1',
    at: 1,
    sessionId: 's',
    origin: '',
    tags: {},
    status: 200,
    latencyMs: 1,
    request: request ?? assert.fail('not read'),
    response: {
      model: 'm',
      finishReason: 'completed',
      usage: null,
      message: { role: 'assistant', content: 'y' },
    },
    served: { by: 'llm', reason: 'no-specialist' },
  };
}

function taskOf(call: Call): Task {
  const { toolNames, formatHash } = signatureOf(call.request);
  const site = { id: 'site_1', system: null, user: { pieces: ['', ''] }, turn: 'user' } as const;
  return {
    id: 't',
    name: 't',
    kind: 'text',
    labels: [],
    tools: [],
    responseFormat: null,
    calls: 1,
    sites: [{ ...site, toolNames, formatHash }],
  };
}

test('where calls continue stored answers, the LLM answers each that is stored', async () => {
  const first = callOf({ tools: [tool('a')] });
  const other = callOf({ tools: [tool('b')] });
  const unstored = callOf({ tools: [tool('a')], store: false });
  const next = callOf({ tools: [tool('a')], previous_response_id: 'resp_1' });
  const { calls, dropped, continued } = await readUsable([first, other, next]);
  assert.deepEqual(dropped, { partial: 1 });
  assert.equal(calls.length, 2);
  const task = withContinued(taskOf(first), continued);
  assert.equal(whyNotAsked(task, first.request), 'an answer that later calls refer to');
  assert.equal(whyNotAsked(task, unstored.request), null);
  assert.equal(whyNotAsked(withContinued(taskOf(other), continued), other.request), null);
  // What was seen once stays.
  assert.equal(withContinued(task, new Set()).isContinued, true);
  assert.equal(withContinued(taskOf(first), (await readUsable([first])).continued).isContinued, undefined);
});
