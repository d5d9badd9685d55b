/** Anthropic's official client against an upstream that speaks only Chat Completions, through the gateway. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { configSchema } from '../../src/core/config.ts';
import { severalOf } from '../../src/core/config-upstreams.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { ObservedCall } from '../../src/core/observe.ts';
import { type Harness, type Received, sendJson, startHarness, startUpstream } from './gateway-harness.ts';

type Answer = (received: Received, response: ServerResponse) => void;

interface Translated extends Harness {
  readonly anthropic: Anthropic;
  readonly asked: () => JsonObject[];
  readonly observed: ObservedCall[];
}

/** An upstream of Chat Completions alone, and the client of the other API. */
async function start(answer: Answer, settings: object = {}): Promise<Translated> {
  const server = await startUpstream(answer);
  const config = configSchema.parse({
    upstream: { baseUrl: 'http://127.0.0.1:9/v1' },
    upstreams: {
      anthropic: {
        baseUrl: `${server.url}/v1`,
        apiKey: 'local-key',
        api: 'openai-chat',
        models: { 'claude-*': 'local-model' },
      },
      ...settings,
    },
  });
  const observed: ObservedCall[] = [];
  const harness = await startHarness(answer, {
    several: severalOf(config),
    observer: { call: (call) => observed.push(call), passed: () => {} },
  });
  return {
    ...harness,
    observed,
    upstream: server,
    asked: () => server.received.map(({ body }) => JSON.parse(body.toString()) as JsonObject),
    anthropic: new Anthropic({
      baseURL: harness.gateway.url.replace(/\/v1$/, ''),
      apiKey: 'anthropic-secret',
      maxRetries: 0,
    }),
    close: async () => {
      await harness.close();
      await server.close();
    },
  };
}

const USAGE = { prompt_tokens: 30, completion_tokens: 9, prompt_tokens_details: { cached_tokens: 8 } };
const WEATHER = {
  name: 'weather',
  description: 'The weather.',
  input_schema: {
    type: 'object' as const,
    properties: { city: { type: 'string' as const } },
    required: ['city'],
  },
};
const toolCall = {
  id: 'call_1',
  type: 'function',
  function: { name: 'weather', arguments: '{"city":"Ulm"}' },
};

function completion(message: object, finish_reason: string): string {
  return JSON.stringify({
    id: 'chatcmpl-7',
    object: 'chat.completion',
    created: 1,
    model: 'local-model-v2',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason }],
    usage: USAGE,
  });
}

/** The weather, by a tool, then in words; streamed where that is asked for. */
const weatherman: Answer = ({ body }, response) => {
  const { messages, stream } = JSON.parse(body.toString());
  const isToldWeather = messages.some(({ role }: { role: string }) => role === 'tool');
  const reasoning_content = 'The user wants to know the weather.';
  if (stream !== true) {
    const message = isToldWeather ? { content: 'It is sunny.' } : { content: null, tool_calls: [toolCall] };
    sendJson(response, completion({ ...message, reasoning_content }, isToldWeather ? 'stop' : 'tool_calls'));
    return;
  }
  const deltas = isToldWeather
    ? [{ reasoning_content }, { content: 'It is' }, { content: ' sunny.' }]
    : [
        { tool_calls: [{ index: 0, ...toolCall, function: { name: 'weather', arguments: '' } }] },
        ...['{"ci', 'ty":"U', 'lm"}'].map((text) => ({
          tool_calls: [{ index: 0, function: { arguments: text } }],
        })),
      ];
  const head = { id: 'chatcmpl-7', object: 'chat.completion.chunk', created: 1, model: 'local-model-v2' };
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const delta of [{ role: 'assistant' }, ...deltas])
    response.write(
      `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`,
    );
  const finish_reason = isToldWeather ? 'stop' : 'tool_calls';
  response.write(
    `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta: {}, finish_reason }] })}\n\n`,
  );
  response.end(`data: ${JSON.stringify({ ...head, choices: [], usage: USAGE })}\n\ndata: [DONE]\n\n`);
};

const body = {
  model: 'claude-opus-9',
  max_tokens: 100,
  system: 'You know the weather.',
  tools: [WEATHER],
  messages: [{ role: 'user' as const, content: 'What is the weather in Ulm?' }],
};
const told: Anthropic.MessageParam[] = [
  ...body.messages,
  {
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
      { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Ulm' } },
    ],
  },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'sunny' }] },
];

test('a message is answered by the other API, and recorded as the caller’s', async () => {
  const harness = await start(weatherman);
  try {
    const { data, response } = await harness.anthropic.messages
      .create({ ...body, messages: told })
      .withResponse();
    assert.deepEqual(data.content, [{ type: 'text', text: 'It is sunny.' }]);
    assert.deepEqual(
      [data.stop_reason, data.model, data.id],
      ['end_turn', 'local-model-v2', 'msg_chatcmpl-7'],
    );
    assert.deepEqual(
      [data.usage.input_tokens, data.usage.cache_read_input_tokens, data.usage.output_tokens],
      [22, 8, 9],
    );
    assert.equal(response.headers.get('x-understudy-dropped'), 'thinking');
    const [received] = harness.upstream.received;
    assert.equal(received?.url, '/v1/chat/completions');
    assert.equal(received?.headers.authorization, 'Bearer local-key');
    assert.ok(!JSON.stringify(received?.headers).includes('anthropic'));
    assert.deepEqual(harness.asked()[0], {
      model: 'local-model',
      max_tokens: 100,
      messages: [
        { role: 'system', content: 'You know the weather.' },
        { role: 'user', content: 'What is the weather in Ulm?' },
        { role: 'assistant', content: null, tool_calls: [toolCall] },
        { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
      ],
      tools: [
        {
          type: 'function',
          function: { name: 'weather', description: 'The weather.', parameters: WEATHER.input_schema },
        },
      ],
    });
    const [call] = harness.calls;
    assert.equal(harness.observed[0]?.dialect, 'anthropic-messages');
    assert.deepEqual([call?.request.model, call?.response?.model], ['claude-opus-9', 'local-model-v2']);
    assert.equal(call?.response?.message.content, 'It is sunny.');
  } finally {
    await harness.close();
  }
});

test('a stream is the same message, in Anthropic’s events', async () => {
  const harness = await start(weatherman);
  try {
    const stream = harness.anthropic.messages.stream(body);
    const inputs: string[] = [];
    stream.on('inputJson', (part) => inputs.push(part));
    const message = await stream.finalMessage();
    assert.deepEqual(message.content, [
      { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Ulm' } },
    ]);
    assert.equal(message.stop_reason, 'tool_use');
    assert.deepEqual([message.usage.input_tokens, message.usage.output_tokens], [22, 9]);
    assert.equal(inputs.join(''), '{"city":"Ulm"}');
    assert.deepEqual(harness.asked()[0]?.stream_options, { include_usage: true });
    assert.equal(harness.calls[0]?.response?.message.toolCalls?.[0]?.name, 'weather');
  } finally {
    await harness.close();
  }
});

for (const stream of [false, true]) {
  test(`the client’s tool runner comes to an answer, ${stream ? 'streamed' : 'whole'}`, async () => {
    const harness = await start(weatherman);
    try {
      const weather = betaTool({
        name: 'weather',
        description: 'The weather.',
        inputSchema: WEATHER.input_schema,
        run: ({ city }) => `in ${String(city)} it is sunny`,
      });
      const { model, max_tokens, messages } = body;
      const params = { model, max_tokens, messages, tools: [weather] };
      const { toolRunner } = harness.anthropic.beta.messages;
      const run = toolRunner.bind(harness.anthropic.beta.messages);
      // The types tell the two by the literal.
      const last = await (stream ? run({ ...params, stream }) : run({ ...params, stream })).runUntilDone();
      assert.deepEqual(
        last.content.map((block) => (block.type === 'text' ? block.text : block.type)),
        ['It is sunny.'],
      );
      assert.equal(harness.asked().length, 2);
    } finally {
      await harness.close();
    }
  });
}

const ERRORS = [
  [400, Anthropic.BadRequestError],
  [401, Anthropic.AuthenticationError],
  [404, Anthropic.NotFoundError],
  [429, Anthropic.RateLimitError],
  [500, Anthropic.InternalServerError],
] as const;
for (const [status, kind] of ERRORS) {
  test(`the upstream’s ${status} is the client’s ${kind.name}`, async () => {
    const harness = await start((_received, response) => {
      response.writeHead(status, {
        'content-type': 'application/json',
        'retry-after': '7',
        'x-request-id': 'r1',
      });
      response.end('{"error":{"message":"not like that","type":"x"}}');
    });
    try {
      await assert.rejects(harness.anthropic.messages.create(body), (error: unknown) => {
        assert.ok(error instanceof kind);
        assert.match(error.message, /not like that/);
        assert.deepEqual([error.headers.get('retry-after'), error.requestID], ['7', 'r1']);
        return true;
      });
    } finally {
      await harness.close();
    }
  });
}

test('what cannot be said in the other API is refused with the reason, and never asked', async () => {
  const harness = await start(weatherman);
  try {
    const tools = [{ type: 'web_search_20250305' as const, name: 'web_search' as const }];
    await assert.rejects(harness.anthropic.messages.create({ ...body, tools }), (error: unknown) => {
      assert.ok(error instanceof Anthropic.BadRequestError);
      assert.match(error.message, /web_search/);
      return true;
    });
    await assert.rejects(
      harness.anthropic.messages.create({ ...body, model: 'other' }),
      Anthropic.NotFoundError,
    );
    await assert.rejects(harness.anthropic.models.list(), Anthropic.NotFoundError);
    assert.equal(harness.asked().length, 0);
  } finally {
    await harness.close();
  }
});

test('tokens are counted, about, without asking anybody', async () => {
  const harness = await start(weatherman);
  try {
    const { input_tokens } = await harness.anthropic.messages.countTokens({
      model: 'claude-opus-9',
      messages: [{ role: 'user', content: 'x'.repeat(400) }],
    });
    assert.equal(input_tokens, 100);
    assert.equal(harness.asked().length, 0);
  } finally {
    await harness.close();
  }
});

test('a stream that breaks off is an error for the client, and one it leaves ends at the upstream', async () => {
  let isGone = false;
  const harness = await start(({ body: asked }, response) => {
    const first = { id: 'c', model: 'm', choices: [{ index: 0, delta: { content: 'It' } }] };
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`data: ${JSON.stringify(first)}\n\n`);
    response.on('close', () => {
      isGone = true;
    });
    if (asked.includes('break')) setTimeout(() => response.destroy(), 20);
  });
  try {
    const ask = (content: string) =>
      harness.anthropic.messages.stream({ ...body, messages: [{ role: 'user', content }] });
    await assert.rejects(ask('break').finalMessage());
    isGone = false;
    const left = ask('stay');
    left.once('text', () => left.abort());
    await assert.rejects(left.finalMessage(), Anthropic.APIUserAbortError);
    while (!isGone) await new Promise((resolve) => setImmediate(resolve));
  } finally {
    await harness.close();
  }
});

test('it can be the fallback of Anthropic itself, for the models that are named', async () => {
  const harness = await start(weatherman);
  const anthropic = await startUpstream((_received, response) =>
    sendJson(response, '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', 529),
  );
  const config = configSchema.parse({
    upstreams: {
      anthropic: { baseUrl: anthropic.url },
      retry: { attempts: 2 },
      servers: [
        {
          name: 'local',
          for: 'anthropic',
          api: 'openai-chat',
          baseUrl: `${harness.upstream.url}/v1`,
          models: { 'claude-*': 'local-model' },
        },
      ],
    },
  });
  harness.gateway.takeOver({
    gateway: configSchema.parse({}).gateway,
    upstreamUrl: anthropic.url,
    several: severalOf(config),
  });
  try {
    const { data, response } = await harness.anthropic.messages
      .create({ ...body, messages: told })
      .withResponse();
    assert.deepEqual(data.content, [{ type: 'text', text: 'It is sunny.' }]);
    assert.equal(response.headers.get('x-understudy-upstream'), 'local');
    assert.equal(harness.upstream.received[0]?.headers.authorization, undefined);
    assert.equal(anthropic.received[0]?.headers.authorization, 'Bearer anthropic-secret');
    // What cannot be said there is Anthropic's to answer.
    const tools = [{ type: 'web_search_20250305' as const, name: 'web_search' as const }];
    await assert.rejects(harness.anthropic.messages.create({ ...body, tools }), { status: 529 });
    assert.equal(harness.asked().length, 1);
  } finally {
    await harness.close();
    await anthropic.close();
  }
});
