/** A dialect more is an object in the gateway's list: it reads, answers and refuses in its own shape. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isObject, type JsonObject, parseJson } from '../../src/core/json.ts';
import type { Dialect } from '../../src/wire/dialect.ts';
import { openaiChat } from '../../src/wire/openai-chat.ts';
import { served, startHarness } from './gateway-harness.ts';

/** The least a dialect can be: `{"say": …}` is answered by `{"said": …}`. */
const echo: Dialect = {
  name: 'echo',
  provider: 'openai',
  matches: (method, path) => method === 'POST' && path.endsWith('/echo'),
  parseRequest: (body) => {
    const json = parseJson(Buffer.from(body).toString());
    if (!isObject(json) || typeof json.say !== 'string') return null;
    return {
      model: 'echo',
      tools: [],
      stream: false,
      params: {},
      messages: [{ role: 'user', content: json.say }],
    };
  },
  requestReader: () => echo.parseRequest,
  parseResponse: () => null,
  streamAccumulator: () => ({ push: () => {}, end: () => null }),
  renderResponse: ({ response }) => JSON.stringify({ said: response.message.content }),
  renderStream: () => [],
  renderError: ({ code, message }) => JSON.stringify({ trouble: `${code}: ${message}` }),
};

const post = async (url: string, body: string): Promise<JsonObject> => {
  const answer = await fetch(url, { method: 'POST', body });
  const json = parseJson(await answer.text());
  return isObject(json) ? json : assert.fail('no JSON object');
};

describe('dialects', () => {
  it('are read, answered and refused in their own shapes', async () => {
    const harness = await startHarness(() => assert.fail('the upstream was asked'), {
      dialects: [openaiChat, echo],
      router: served({ kind: 'text', text: 'refund' }),
      settings: { maxBodyBytes: 1000 },
    });
    try {
      const { url } = harness.gateway;
      assert.deepEqual(await post(`${url}/echo`, '{"say":"money back"}'), { said: 'refund' });
      const tooLong = JSON.stringify({ say: 'x'.repeat(1000) });
      const refused = await post(`${url}/echo`, tooLong);
      assert.match(String(refused.trouble), /^bad-input: The request body is larger than 1000 bytes/);
      const { error } = await post(`${url}/chat/completions`, tooLong);
      assert.ok(isObject(error) && error.code === 'bad-input');
      assert.equal(harness.calls[0]?.request.messages[0]?.content, 'money back');
    } finally {
      await harness.close();
    }
  });

  it('that are not in the list are passed through', async () => {
    const harness = await startHarness((received, response) => response.end(received.body), {
      router: served({ kind: 'text', text: 'refund' }),
    });
    try {
      assert.deepEqual(await post(`${harness.gateway.url}/echo`, '{"say":"hi"}'), { say: 'hi' });
      assert.equal(harness.gateway.stats().passedThrough, 1);
    } finally {
      await harness.close();
    }
  });
});
