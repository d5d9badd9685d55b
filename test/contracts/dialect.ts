/** What every dialect must do, whatever its provider. Each dialect's test calls this with requests of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { signatureOf } from '../../src/callsite/signature.ts';
import type { CallRequest, CallResponse } from '../../src/core/call.ts';
import { tokenLimit } from '../../src/core/demands.ts';
import { type Json, type JsonObject, parseJson } from '../../src/core/json.ts';
import { policyReason } from '../../src/core/policy.ts';
import type { Dialect } from '../../src/wire/dialect.ts';
import { sseParser } from '../../src/wire/sse.ts';

export interface DialectCase {
  readonly dialect: Dialect;
  /** Paths of its calls, without their query. */
  readonly paths: readonly string[];
  /** A request for one answer, and one for a stream that ends with its usage. */
  readonly plain: Json;
  readonly streamed: Json;
  /** CONVERSATION as this dialect says it. */
  readonly conversation: Json;
  /** A request with a picture in it. */
  readonly picture: Json;
  /** How its provider says that an answer ended; the first is the ordinary one. */
  readonly finishReasons: readonly string[];
  /** Whether the arguments of a tool call are any text on the wire, or an object. */
  readonly toolArguments: 'text' | 'object';
}

const PLACE = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

/** One request that every dialect can say: wherever it comes from, it is the same place in an agent's code. */
export const CONVERSATION = {
  model: 'm',
  messages: [
    { role: 'system', content: 'You know the weather.' },
    { role: 'user', content: 'Here and there?' },
    {
      role: 'assistant',
      content: 'Let me look.',
      toolCalls: [
        { id: 'a', name: 'weather', arguments: '{"city":"Here"}' },
        { id: 'b', name: 'weather', arguments: '{"city":"There"}' },
      ],
    },
    { role: 'tool', content: 'sun', toolCallId: 'a' },
    { role: 'tool', content: 'rain', toolCallId: 'b' },
  ],
  tools: [{ name: 'weather', description: 'The weather in a city.', parameters: PLACE }],
  toolChoice: { type: 'function', function: { name: 'weather' } },
  schema: PLACE,
  limit: 100,
} as const;

const bytes = (value: Json | string): Uint8Array =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

/** Responses as a specialist gives them, with hostile text in every place. */
const anyResponse = ({
  finishReasons,
  toolArguments,
}: Pick<DialectCase, 'finishReasons' | 'toolArguments'>): fc.Arbitrary<CallResponse> =>
  fc
    .record({
      content: fc.string({ unit: 'binary' }),
      calls: fc.array(
        fc.record(
          {
            id: fc.string({ minLength: 1 }),
            name: fc.string({ minLength: 1 }),
            arguments:
              toolArguments === 'text'
                ? fc.string({ unit: 'binary' })
                : fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value)),
          },
          { noNullPrototype: true },
        ),
        { maxLength: 3 },
      ),
      finishReason: fc.constantFrom(...finishReasons),
      tokens: fc.nat(100_000),
    })
    .map(({ content, calls, finishReason, tokens }) => ({
      model: 'm',
      message: { role: 'assistant', content, ...(calls.length > 0 ? { toolCalls: calls } : {}) },
      finishReason,
      usage: { promptTokens: tokens, completionTokens: tokens + 1, cachedTokens: 0 },
    }));

export function dialectContract(given: DialectCase): void {
  const { dialect, paths, plain, streamed, finishReasons } = given;
  const { name } = dialect;
  const request = (body: Json): CallRequest => dialect.parseRequest(bytes(body))!;
  const responses = anyResponse(given);

  test(`${name}: its own paths are matched, and no other`, () => {
    for (const path of paths) {
      assert.equal(dialect.matches('POST', path), true, path);
      assert.equal(dialect.matches('GET', path), false, path);
      assert.equal(dialect.matches('POST', `${path}/other`), false, path);
    }
    assert.equal(dialect.matches('POST', '/'), false);
  });

  test(`${name}: its requests are read, with whether a stream is asked for`, () => {
    assert.equal(request(plain).stream, false);
    assert.equal(request(streamed).stream, true);
    assert.ok(request(plain).messages.length > 0);
  });

  test(`${name}: a conversation reads the same as in any other dialect`, () => {
    const read = request(given.conversation);
    const { model, messages, tools, toolChoice } = read;
    const { schema, limit, ...expected } = CONVERSATION;
    assert.deepEqual({ model, messages, tools, toolChoice }, expected);
    assert.equal(tokenLimit(read), limit);
    assert.equal(policyReason(read), null);
    const responseFormat = { type: 'json_schema', json_schema: { schema } };
    const neutral = { ...expected, responseFormat, stream: false, params: {} } as unknown as CallRequest;
    assert.deepEqual(signatureOf(read), signatureOf(neutral));
  });

  test(`${name}: requests that come one after the other read as each alone`, () => {
    const read = dialect.requestReader();
    const bodies = [given.plain, given.streamed, given.conversation, given.picture].flatMap((body) => [
      body,
      { ...(body as JsonObject), note: 'long '.repeat(200) },
      { note: 'long '.repeat(200), ...(body as JsonObject) },
    ]);
    for (const body of [...bodies, ...bodies]) assert.deepEqual(read(bytes(body)), request(body));
  });

  test(`${name}: what is no text is counted, and left to the LLM`, () => {
    const read = request(given.picture);
    assert.equal(
      read.messages.reduce((sum, { mediaParts = 0 }) => sum + mediaParts, 0),
      1,
    );
    assert.equal(policyReason(read), 'media in the messages');
  });

  test(`${name}: a rendered stream is events of JSON that name their type where they have one`, () => {
    const asked = request(streamed);
    fc.assert(
      fc.property(responses, (response) => {
        for (const text of dialect.renderStream({ id: 'x', at: 1000, request: asked, response })) {
          const parser = sseParser();
          const [event, ...others] = [...parser.push(bytes(text)), ...parser.end()];
          assert.deepEqual(others, []);
          if (event?.data === '[DONE]') continue;
          const value = parseJson(event?.data ?? '') as { readonly type?: string } | undefined;
          assert.ok(value);
          assert.equal(value.type ?? 'message', event?.type);
        }
      }),
    );
  });

  test(`${name}: any bytes are read without an error, or not at all`, () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytes)), (body) => {
        dialect.parseRequest(body);
        dialect.parseResponse(body);
        const accumulator = dialect.streamAccumulator();
        accumulator.push(body);
        accumulator.end();
      }),
    );
  });

  test(`${name}: a rendered response reads back as itself`, () => {
    fc.assert(
      fc.property(responses, (response) => {
        const text = dialect.renderResponse({ id: 'x', at: 1000, request: request(plain), response });
        assert.deepEqual(dialect.parseResponse(bytes(text)), response);
      }),
    );
  });

  test(`${name}: a rendered stream reads back as itself, however its bytes are cut`, () => {
    const asked = request(streamed);
    fc.assert(
      fc.property(responses, fc.array(fc.nat(4000)), (response, cuts) => {
        const stream = bytes(dialect.renderStream({ id: 'x', at: 1000, request: asked, response }).join(''));
        const accumulator = dialect.streamAccumulator();
        let from = 0;
        for (const cut of cuts.sort((a, b) => a - b)) {
          accumulator.push(stream.subarray(from, Math.max(from, cut)));
          from = Math.max(from, cut);
        }
        accumulator.push(stream.subarray(from));
        assert.deepEqual(accumulator.end(), response);
      }),
    );
  });

  test(`${name}: a stream that breaks off has no reason why it ended`, () => {
    const usage = { promptTokens: 1, completionTokens: 2, cachedTokens: 0 };
    const message = { role: 'assistant', content: 'half of an answer' } as const;
    const response: CallResponse = { model: 'm', message, finishReason: finishReasons[0]!, usage };
    const events = dialect.renderStream({ id: 'x', at: 1000, request: request(streamed), response });
    for (let kept = 0; kept < events.length; kept++) {
      const accumulator = dialect.streamAccumulator();
      for (const event of events.slice(0, kept)) accumulator.push(bytes(event));
      const read = accumulator.end();
      assert.ok(read === null || read.finishReason === null || read.finishReason === finishReasons[0]);
      if (kept <= 1) assert.equal(read?.finishReason ?? null, null);
    }
  });

  test(`${name}: an error is JSON that says its message and its code, and reads as no answer`, () => {
    const text = dialect.renderError({ status: 503, message: 'The "model" is busy.', code: 'overloaded' });
    const said = JSON.stringify(JSON.parse(text));
    assert.ok(said.includes('The \\"model\\" is busy.') && said.includes('overloaded'));
    assert.equal(dialect.parseResponse(bytes(text)), null);
  });
}
