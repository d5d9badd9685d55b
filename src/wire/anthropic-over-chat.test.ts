import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../core/json.ts';
import { anthropicRequestFromJson } from './anthropic-messages-request.ts';
import { anthropicAccumulator } from './anthropic-messages-response.ts';
import { chatFromMessages } from './anthropic-over-chat-request.ts';
import { errorFromChat, messageFromChat } from './anthropic-over-chat-response.ts';
import { anthropicStreamFromChat } from './anthropic-over-chat-stream.ts';
import { requestFromJson } from './openai-chat-request.ts';
import { openaiChatAccumulator } from './openai-chat-response.ts';
import { sseParser } from './sse.ts';

const ZERO = { promptTokens: 0, completionTokens: 0, cachedTokens: 0 };

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const id = fc.stringMatching(/^[a-z]{4,8}$/).map((name) => `toolu_${name}`);
const plain = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,6}$/),
  fc.oneof(fc.string(), fc.integer(), fc.boolean()),
  {
    maxKeys: 3,
  },
);
const image = fc.constant({
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: 'AAAA' },
});
const textBlock = text.map((said) => ({ type: 'text', text: said }));
const user = fc.oneof(
  text,
  fc.array(fc.oneof({ weight: 4, arbitrary: textBlock }, image), { minLength: 1, maxLength: 3 }),
  fc
    .tuple(
      fc.array(
        fc.record({
          type: fc.constant('tool_result'),
          tool_use_id: id,
          content: fc.oneof(text, fc.array(textBlock, { minLength: 1, maxLength: 2 })),
        }),
        { minLength: 1, maxLength: 2 },
      ),
      fc.array(textBlock, { maxLength: 1 }),
    )
    .map(([results, said]) => [...results, ...said]),
);
const assistant = fc.oneof(
  text,
  fc
    .tuple(
      fc.array(textBlock, { maxLength: 1 }),
      fc.array(
        fc.record({ type: fc.constant('tool_use'), id, name: fc.constantFrom('a', 'b'), input: plain }),
        { minLength: 1, maxLength: 2 },
      ),
    )
    .map(([said, calls]) => [{ type: 'thinking', thinking: 'hm', signature: 's' }, ...said, ...calls]),
);
const anthropicRequest = fc
  .record(
    {
      system: fc.oneof(text, fc.array(textBlock, { minLength: 1, maxLength: 2 })),
      tools: fc.uniqueArray(
        fc.record({
          name: fc.constantFrom('a', 'b', 'c'),
          description: text,
          input_schema: fc.constant({ type: 'object', properties: {} }),
        }),
        { minLength: 1, selector: ({ name }) => name },
      ),
      tool_choice: fc.constantFrom(
        { type: 'auto' },
        { type: 'any' },
        { type: 'tool', name: 'a' },
        { type: 'none' },
      ),
      stop_sequences: fc.array(text, { minLength: 1, maxLength: 2 }),
      temperature: fc.constantFrom(0, 0.5, 1),
      stream: fc.boolean(),
      pairs: fc.array(fc.tuple(user, assistant), { maxLength: 3 }),
      last: user,
    },
    { requiredKeys: ['pairs', 'last'] },
  )
  .map(({ pairs, last, tool_choice, ...rest }) => ({
    model: 'claude',
    max_tokens: 10,
    ...rest,
    // A choice among no tools means nothing.
    ...(rest.tools && tool_choice ? { tool_choice } : {}),
    messages: [
      ...pairs.flatMap(([asked, said]) => [
        { role: 'user', content: asked },
        { role: 'assistant', content: said },
      ]),
      { role: 'user', content: last },
    ],
  }));

test('what a request says is the same in both APIs', () => {
  fc.assert(
    fc.property(anthropicRequest, (given) => {
      const said = chatFromMessages(given as JsonObject, 'max_tokens');
      assert.ok('body' in said);
      const there = requestFromJson(said.body);
      const here = anthropicRequestFromJson(given as Json);
      assert.ok(there && here);
      assert.deepEqual(there.messages, here.messages);
      assert.deepEqual(there.tools, here.tools);
      assert.deepEqual(there.toolChoice, here.toolChoice);
      assert.equal(there.stream, here.stream);
      for (const name of ['stop', 'temperature', 'max_tokens'])
        assert.deepEqual(there.params[name], here.params[name]);
    }),
    { numRuns: 500 },
  );
});

const asked = (more: JsonObject): JsonObject => ({
  model: 'claude',
  max_tokens: 10,
  messages: [{ role: 'user', content: 'hi' }],
  ...more,
});

test('what is left out is named, and the answer’s format is carried over', () => {
  const said = chatFromMessages(
    asked({
      thinking: { type: 'enabled', budget_tokens: 5 },
      top_k: 3,
      metadata: { user_id: 'u' },
      system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }],
      output_config: { effort: 'low', format: { type: 'json_schema', schema: { type: 'object' } } },
    }),
    'max_completion_tokens',
  );
  assert.deepEqual(said, {
    body: {
      model: 'claude',
      messages: [
        { role: 'system', content: 's' },
        { role: 'user', content: 'hi' },
      ],
      max_completion_tokens: 10,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'output', strict: true, schema: { type: 'object' } },
      },
    },
    dropped: ['thinking', 'top_k', 'metadata', 'cache_control', 'output_config.effort'],
  });
});

test('an image in a tool’s result comes with the next message of the user', () => {
  const source = { type: 'base64', media_type: 'image/png', data: 'AAAA' };
  const content = [
    {
      type: 'tool_result',
      tool_use_id: 't1',
      is_error: true,
      content: [
        { type: 'text', text: 'shot' },
        { type: 'image', source },
      ],
    },
  ];
  const said = chatFromMessages(asked({ messages: [{ role: 'user', content }] }), 'max_tokens');
  assert.ok('body' in said);
  assert.deepEqual(said.dropped, ['is_error']);
  assert.deepEqual(said.body.messages, [
    { role: 'tool', tool_call_id: 't1', content: 'shot\n(see the attachment below)' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Attachment of the tool result t1:' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      ],
    },
  ]);
});

const REFUSED: Readonly<Record<string, JsonObject>> = {
  'a tool that the provider runs': { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
  'a begun answer': {
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: '{' },
    ],
  },
  'an image stored at Anthropic': {
    messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }] }],
  },
  'a block of a kind to come': { messages: [{ role: 'user', content: [{ type: 'hologram' }] }] },
  'MCP servers': { mcp_servers: [{ type: 'url', url: 'https://example.org', name: 'x' }] },
};
for (const [name, more] of Object.entries(REFUSED)) {
  test(`${name} is refused with the reason`, () => {
    const said = chatFromMessages(asked(more), 'max_tokens');
    assert.match('refused' in said ? said.refused : '', /\w+ .*\./);
  });
}

/** An event of a stream. */
const chunk = (delta: object, more: object = {}): JsonObject =>
  ({ id: 'c1', model: 'local', choices: [{ index: 0, delta, finish_reason: null, ...more }] }) as JsonObject;

interface MadeCall {
  readonly name: string;
  readonly args: JsonObject;
  /** How its text is cut. */
  readonly cuts: readonly number[];
}

function pieces(whole: string, cuts: readonly number[]): string[] {
  const at = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, i) => whole.slice(from, at[i] ?? whole.length));
}

/** Events of tool calls, one after another or in turn. */
function toolEvents(calls: readonly MadeCall[], inTurn: boolean): JsonObject[] {
  const each = calls.map(({ name, args, cuts }, index) => [
    chunk({
      tool_calls: [{ index, id: `call_${index}`, type: 'function', function: { name, arguments: '' } }],
    }),
    ...pieces(JSON.stringify(args), cuts).map((part) =>
      chunk({ tool_calls: [{ index, function: { arguments: part } }] }),
    ),
  ]);
  if (!inTurn) return each.flat();
  const longest = Math.max(0, ...each.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => each.flatMap((events) => events.slice(i, i + 1))).flat();
}

const madeCall = fc.record({
  name: fc.constantFrom('weather', 'search'),
  args: plain.map((value) => value as JsonObject),
  cuts: fc.array(fc.nat(40), { maxLength: 4 }),
});
const cuts = fc.array(fc.nat(5000), { maxLength: 12 });

test('a stream says the same in both APIs, wherever it is cut, and its blocks come one after another', () => {
  fc.assert(
    fc.property(
      ...[fc.array(text, { maxLength: 4 }), fc.array(madeCall, { maxLength: 3 }), fc.boolean(), cuts],
      fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter'),
      (texts, calls, inTurn, cutAt, reason) => {
        const events = [
          chunk({ role: 'assistant', content: '' }),
          ...texts.map((content) => chunk({ content })),
          ...toolEvents(calls, inTurn),
          chunk({}, { finish_reason: reason }),
          {
            choices: [],
            usage: { prompt_tokens: 12, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 4 } },
          },
        ];
        const bytes = Buffer.from(
          `${events.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')}data: [DONE]\n\n`,
        );
        const places = [...new Set(cutAt.map((at) => at % bytes.length))].sort((a, b) => a - b);
        const translator = anthropicStreamFromChat('x', () => ZERO);
        let said = '';
        [0, ...places].forEach((from, i) => {
          said += translator.push(bytes.subarray(from, places[i] ?? bytes.length));
        });
        said += translator.end();

        const there = openaiChatAccumulator();
        there.push(bytes);
        const here = anthropicAccumulator();
        here.push(Buffer.from(said));
        const [a, b] = [there.end(), here.end()];
        assert.ok(a && b);
        assert.equal(b.message.content, a.message.content);
        const used = (of: typeof a) =>
          (of.message.toolCalls ?? []).map((call) => ({
            ...call,
            arguments: JSON.parse(call.arguments || '{}'),
          }));
        assert.deepEqual(
          used(b).sort((x, y) => x.id.localeCompare(y.id)),
          used(a),
        );
        assert.deepEqual(b.usage, a.usage);
        assert.equal(b.model, 'local');
        const reasons = { length: 'max_tokens', content_filter: 'refusal' };
        const whole = calls.length > 0 ? 'tool_use' : 'end_turn';
        assert.equal(b.finishReason, reasons[reason as keyof typeof reasons] ?? whole);
        assertInOrder(said);
      },
    ),
    { numRuns: 500 },
  );
});

/** Start, blocks that each begin and end before the next, end. */
function assertInOrder(said: string): void {
  const parser = sseParser();
  const types = [...parser.push(Buffer.from(said)), ...parser.end()].map(({ type, data }) => {
    const { index, type: own } = JSON.parse(data);
    assert.equal(own, type);
    return index === undefined ? type : `${type} ${index}`;
  });
  const order =
    /^message_start ping( content_block_start (\d+)( content_block_delta \2)* content_block_stop \2)* message_delta message_stop$/;
  assert.match(types.join(' '), order);
}

test('what a stream says is passed on as it comes', () => {
  const translator = anthropicStreamFromChat('x', () => ZERO);
  const push = (value: JsonObject): string =>
    translator.push(Buffer.from(`data: ${JSON.stringify(value)}\n\n`));
  assert.match(push(chunk({ role: 'assistant', content: '' })), /message_start/);
  assert.match(push(chunk({ content: 'It is' })), /"text_delta","text":"It is"/);
  assert.match(push(chunk({ content: ' sunny' })), /"text_delta","text":" sunny"/);
  const call = { index: 0, id: 'call_1', function: { name: 'weather', arguments: '{"ci' } };
  assert.match(push(chunk({ tool_calls: [call] })), /content_block_stop.*"tool_use","id":"call_1".*\{\\"ci/s);
});

test('a stream that fails says so, and one that breaks off has no last word', () => {
  const failing = anthropicStreamFromChat('x', () => ZERO);
  const said =
    failing.push(Buffer.from(`data: ${JSON.stringify(chunk({ content: 'a' }))}\n\n`)) +
    failing.push(Buffer.from('data: {"error":{"message":"out of memory"}}\n\ndata: [DONE]\n\n')) +
    failing.end();
  assert.match(said, /event: error\ndata: .*out of memory/);
  assert.doesNotMatch(said, /message_stop/);
  const breaking = anthropicStreamFromChat('x', () => ZERO);
  const begun = breaking.push(Buffer.from(`data: ${JSON.stringify(chunk({ content: 'a' }))}\n\n`));
  assert.doesNotMatch(begun + breaking.end(), /message_stop/);
});

test('a stream that is empty, or ends without a reason, ends with an error and no stop reason', () => {
  const piece = `data: ${JSON.stringify(chunk({ content: 'del' }))}\n\n`;
  for (const streamed of ['', 'data: [DONE]\n\n', piece, `${piece}data: [DONE]\n\n`]) {
    const translator = anthropicStreamFromChat('x', () => ZERO);
    const said = translator.push(Buffer.from(streamed)) + translator.end();
    assert.match(said, /event: error\ndata: \{"type":"error"/);
    assert.doesNotMatch(said, /message_stop|end_turn/);
  }
});

test('usage is estimated where the server tells none', () => {
  const request = anthropicRequestFromJson(
    asked({ messages: [{ role: 'user', content: 'x'.repeat(400) }] }),
  )!;
  const choices = [
    { index: 0, message: { role: 'assistant', content: 'y'.repeat(40) }, finish_reason: 'stop' },
  ];
  const said = JSON.parse(messageFromChat({ model: 'local', choices } as Json, request, 'x') ?? '');
  assert.deepEqual([said.usage.input_tokens, said.usage.output_tokens, said.model], [100, 10, 'local']);
});

test('errors of servers are said in Anthropic’s shape with their own message', () => {
  for (const body of ['{"error":{"message":"no"}}', '{"error":"no"}', '{"message":"no"}', '{"detail":"no"}'])
    assert.equal(JSON.parse(errorFromChat(429, body)).error.message, 'no');
  const { error } = JSON.parse(errorFromChat(503, '<html>'));
  assert.deepEqual([error.type, error.message], ['api_error', 'The upstream answered with the status 503.']);
});

/** Values of any kind where a request or a chunk has something. */
const anyJson = fc.jsonValue({ maxDepth: 3 }).map((value) => value as Json);
const blockLike = fc.record(
  {
    type: fc.constantFrom<Json[]>('text', 'tool_use', 'tool_result', 'image', 'document', 'thinking', 'x', 3),
    text: anyJson,
    id: anyJson,
    name: anyJson,
    input: anyJson,
    content: anyJson,
    source: anyJson,
  },
  { requiredKeys: [] },
);
const anyOf = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof(arbitrary, anyJson);

test('whatever a caller sends is said in the other API, or refused', () => {
  const requestLike = fc.record(
    {
      messages: anyOf(
        fc.array(
          anyOf(
            fc.record({
              role: anyOf(fc.constantFrom('user', 'assistant', 'system')),
              content: anyOf(fc.array(anyOf(blockLike))),
            }),
          ),
        ),
      ),
      system: anyJson,
      tools: anyJson,
      tool_choice: anyJson,
      output_config: anyJson,
      stream: anyJson,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(requestLike, (given) => {
      const said = chatFromMessages(given as JsonObject, 'max_tokens');
      assert.ok('body' in said ? Array.isArray(said.body.messages) : said.refused.length > 0);
    }),
    { numRuns: 1000 },
  );
});

test('whatever a server streams or answers, nothing is thrown, and what is said is events', () => {
  const choiceLike = fc.record(
    {
      index: anyJson,
      delta: anyOf(
        fc.record({ content: anyJson, tool_calls: anyOf(fc.array(anyJson)), function_call: anyJson }),
      ),
      finish_reason: anyJson,
    },
    { requiredKeys: [] },
  );
  const chunkLike = anyOf(
    fc.record(
      { choices: anyOf(fc.array(anyOf(choiceLike))), usage: anyJson, error: anyJson },
      { requiredKeys: [] },
    ),
  );
  const request = anthropicRequestFromJson(asked({}))!;
  fc.assert(
    fc.property(fc.array(chunkLike, { maxLength: 6 }), (chunks) => {
      const translator = anthropicStreamFromChat('x', () => ZERO);
      const bytes = Buffer.from(chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`).join(''));
      const said =
        translator.push(bytes) + translator.push(Buffer.from('data: [DONE]\n\n')) + translator.end();
      const parser = sseParser();
      for (const { type, data } of parser.push(Buffer.from(said))) assert.equal(JSON.parse(data).type, type);
      for (const one of chunks) messageFromChat(one as Json, request, 'x');
    }),
    { numRuns: 1000 },
  );
});
