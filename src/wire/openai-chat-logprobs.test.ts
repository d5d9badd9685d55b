import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Alternative, Message } from '../core/call.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { openaiChat } from './openai-chat.ts';
import { alternativesOf } from './openai-chat-logprobs.ts';

const said = (content: string, more: Partial<Message> = {}): Message => ({
  role: 'assistant',
  content,
  ...more,
});

/** A position as providers write it: the chosen token first among the likeliest. */
const position = (
  token: string,
  probability: number,
  others: Readonly<Record<string, number>> = {},
): Json => ({
  token,
  logprob: Math.log(probability),
  bytes: [...Buffer.from(token)],
  top_logprobs: Object.entries({ [token]: probability, ...others }).map(([text, p]) => ({
    token: text,
    logprob: Math.log(p),
    bytes: null,
  })),
});

const refund = [
  position('re', 0.8, { de: 0.15, can: 0.04, x: 0.001 }),
  position('fund', 0.9, { turn: 0.1, und: 1e-9 }),
];

test('other answers are told by how they begin, likeliest first, with the chance of beginning so', () => {
  assert.deepEqual(alternativesOf(said('refund'), refund), {
    alternatives: [
      { start: 'de', probability: 0.15 },
      { start: 'return', probability: 0.08 },
      { start: 'can', probability: 0.04 },
    ],
  });
});

test('where there is nothing to tell, or the tokens are not those of a short plain text, nothing is told', () => {
  const long = 'word '.repeat(30);
  const call = { id: 'c', name: 'f', arguments: '{}' };
  const cases: readonly [string, Message, readonly Json[]][] = [
    ['no log-probabilities', said('refund'), []],
    ['no other token', said('refund'), [position('refund', 0.9)]],
    ['a long answer', said(long), [position(long, 0.5, { x: 0.5 })]],
    ['a tool call', said('refund', { toolCalls: [call] }), refund],
    ['JSON', said('{"a":1}'), [position('{"a":1}', 0.5, { x: 0.5 })]],
    [
      'tokens of a thought before the answer',
      said('refund'),
      [position('Well', 0.5, { So: 0.5 }), ...refund],
    ],
    ['fewer tokens than the answer has', said('refunds'), refund],
    ['the same answer in other tokens', said('refund'), [position('refund', 0.5, { ref: 0.4, '': 0.1 })]],
    ['more than a probability', said('a'), [position('a', 0.7, { b: 0.7 })]],
    ['a logprob above 0', said('a'), [{ token: 'a', logprob: 2, top_logprobs: [] }]],
    ['a token that is none', said('a'), [position('a', 0.5, { b: 0.5 }), 7]],
    ['another shape', said('a'), [{ tokens: ['a'], token_logprobs: [-1] }]],
  ];
  for (const [name, message, tokens] of cases) assert.deepEqual(alternativesOf(message, tokens), {}, name);
});

test('tokens that are longer than the answer are not read further', () => {
  let read = 0;
  const counted = (one: Json): Json =>
    new Proxy(one as JsonObject, {
      get: (target, key) => {
        if (key === 'top_logprobs') read++;
        return Reflect.get(target, key) as Json;
      },
    });
  const long = position('x'.repeat(1_000), 0.5, { y: 0.4 });
  const tokens = Array.from({ length: 100 }, () => counted(long));
  assert.deepEqual(alternativesOf(said('refund'), tokens), {});
  // Twice for each of two positions.
  assert.ok(read <= 4, `${read} readings`);
});

const alternatives = (message: Message, tokens: readonly Json[]): readonly Alternative[] =>
  alternativesOf(message, tokens).alternatives ?? [];

test('any positions give probabilities; all of them and the answer’s own add up to 1 at most', () => {
  const positions = fc.array(
    fc.record({
      token: fc.string({ maxLength: 3 }),
      others: fc.dictionary(fc.string({ maxLength: 3 }), fc.nat(100), { maxKeys: 6 }),
      share: fc.integer({ min: 1, max: 100 }),
    }),
    { minLength: 1, maxLength: 8 },
  );
  fc.assert(
    fc.property(positions, (drawn) => {
      let chance = 1;
      const tokens = drawn.map(({ token, others, share }) => {
        const rest = Object.entries(others).filter(([text]) => text !== token);
        const all = rest.reduce((sum, [, part]) => sum + part, share);
        chance *= share / all;
        return position(token, share / all, Object.fromEntries(rest.map(([t, part]) => [t, part / all])));
      });
      const content = drawn.map(({ token }) => token).join('');
      const found = alternatives(said(content), tokens);
      for (const { start, probability } of found) {
        assert.ok(probability > 0 && probability <= 1);
        assert.ok(!content.startsWith(start));
      }
      const sum = found.reduce((total, { probability }) => total + probability, chance);
      assert.ok(sum <= 1 + 1e-3, `${sum}`);
      assert.ok(found.length <= 8);
    }),
  );
});

/** Near enough to what providers send that the parser gets inside, wrong in any place. */
const garbage: fc.Arbitrary<Json> = fc.oneof(
  fc.json().map((text) => JSON.parse(text) as Json),
  fc.array(
    fc.record(
      {
        token: fc.oneof(fc.constantFrom('a', '', 'b'), fc.constant(null), fc.nat()),
        logprob: fc.oneof(
          fc.double({ max: 0 }),
          fc.double(),
          fc.constantFrom(-9999, Number.NEGATIVE_INFINITY, 'x'),
        ),
        top_logprobs: fc.oneof(
          fc.array(fc.record({ token: fc.string(), logprob: fc.double() })),
          fc.constantFrom(null, 3, {}),
        ),
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
    { maxLength: 5 },
  ),
) as fc.Arbitrary<Json>;

test('garbage never throws, is never more than a probability, and leaves the response as it was', () => {
  fc.assert(
    fc.property(garbage, fc.constantFrom('a', 'ab', '', 'aa'), fc.boolean(), (content, answer, wrapped) => {
      const logprobs = wrapped ? { content } : content;
      const found = alternatives(said(answer), Array.isArray(content) ? content : []);
      assert.ok(found.every(({ probability }) => probability > 0 && probability <= 1));
      for (const streamed of [false, true]) {
        const read = responseOf(answer, logprobs, streamed);
        assert.equal(read?.message.content, answer);
        assert.equal(read?.finishReason, 'stop');
      }
    }),
  );
});

function responseOf(content: string, logprobs: Json, streamed: boolean) {
  const choice = { index: 0, logprobs, finish_reason: 'stop' };
  const body = JSON.stringify({
    model: 'm',
    choices: [{ ...choice, [streamed ? 'delta' : 'message']: { role: 'assistant', content } }],
  });
  if (!streamed) return openaiChat.parseResponse(Buffer.from(body));
  const stream = openaiChat.streamAccumulator();
  stream.push(Buffer.from(`data: ${body}\n\ndata: [DONE]\n\n`));
  return stream.end();
}

test('a stream with a token an event tells the same as the whole answer', () => {
  const whole = responseOf('refund', { content: refund, refusal: null }, false);
  const stream = openaiChat.streamAccumulator();
  for (const [i, token] of ['re', 'fund'].entries()) {
    const choice = {
      index: 0,
      delta: { content: token },
      logprobs: { content: [refund[i]!] },
      finish_reason: null,
    };
    stream.push(Buffer.from(`data: ${JSON.stringify({ model: 'm', choices: [choice] })}\n\n`));
  }
  const last = { index: 0, delta: {}, logprobs: null, finish_reason: 'stop' };
  stream.push(Buffer.from(`data: ${JSON.stringify({ model: 'm', choices: [last] })}\n\n`));
  assert.equal(whole?.alternatives?.length, 3);
  assert.deepEqual(stream.end(), whole);
});

const recorded = resolve(
  import.meta.dirname,
  '../../../shared/data/wire/har__rec__should-emit-logprobs-span-event-for-chat-completion.json',
);
const skip = existsSync(recorded) ? false : `no recorded exchange at ${recorded}`;

test('a recorded answer with log-probabilities is read as its tokens', { skip }, () => {
  const [exchange] = JSON.parse(readFileSync(recorded, 'utf8')) as { readonly response: readonly string[] }[];
  const body = gunzipSync(
    Buffer.concat(exchange!.response.map((piece) => Buffer.from(piece, 'base64'))),
    // The recording ends with the flush of its last piece.
    { finishFlush: 2 },
  );
  const whole = JSON.parse(body.toString()) as {
    readonly choices: readonly [
      { readonly logprobs: { readonly content: { token: string; top_logprobs: Json[] }[] } },
    ];
  };
  const read = openaiChat.parseResponse(body);
  const tokens = whole.choices[0].logprobs.content;
  assert.equal(tokens.map(({ token }) => token).join(''), read?.message.content);
  // It was asked for without top_logprobs, so it tells of nothing else, until somebody adds what it left out.
  assert.equal(read?.alternatives, undefined);
  const other = { token: 'How', logprob: Math.log(0.02) };
  const { alternatives } = alternativesOf(
    read!.message,
    tokens.map((token, i) =>
      i === 0 ? { ...token, logprob: Math.log(0.9), top_logprobs: [other] } : { ...token },
    ) as Json[],
  );
  assert.deepEqual(alternatives, [{ start: 'How', probability: 0.02 }]);
});
