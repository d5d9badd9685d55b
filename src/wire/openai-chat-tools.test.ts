import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ToolCall } from '../core/call.ts';
import type { Json } from '../core/json.ts';
import { openaiChat } from './openai-chat.ts';
import { requestFromJson, requestToJson } from './openai-chat-request.ts';

/** The response of a stream with these deltas, and what comes last. */
function streamed(deltas: readonly Json[], finish = 'tool_calls') {
  const chunks = [...deltas.map((delta) => ({ delta })), { delta: {}, finish_reason: finish }];
  const accumulator = openaiChat.streamAccumulator();
  for (const choice of chunks)
    accumulator.push(
      Buffer.from(`data: ${JSON.stringify({ model: 'm', choices: [{ index: 0, ...choice }] })}\n\n`),
    );
  return accumulator.end();
}

const callsOf = (...pieces: readonly Json[]): readonly ToolCall[] | undefined =>
  streamed(pieces.map((piece) => ({ tool_calls: Array.isArray(piece) ? piece : [piece] })))?.message
    .toolCalls;

const said = (id: string, name: string, args: string): ToolCall => ({ id, name, arguments: args });

const at0 = { index: 0, type: 'function' };

const streams: readonly [string, readonly Json[], readonly ToolCall[]][] = [
  [
    'parallel calls that share an index',
    [
      { ...at0, id: 'a', function: { name: 'dig', arguments: '{"bed":1}' } },
      { ...at0, id: 'b', function: { name: 'dig', arguments: '{"bed":2}' } },
    ],
    [said('a', 'dig', '{"bed":1}'), said('b', 'dig', '{"bed":2}')],
  ],
  [
    'the same, the first without arguments',
    [
      { ...at0, id: 'a', function: { name: 'now', arguments: '' } },
      { ...at0, id: 'b', function: { name: 'burn', arguments: '{"heap":"old"}' } },
    ],
    [said('a', 'now', ''), said('b', 'burn', '{"heap":"old"}')],
  ],
  [
    'the same, in pieces',
    [
      { ...at0, id: 'a', function: { name: 'now' } },
      { ...at0, id: 'b', function: { name: 'burn', arguments: '' } },
      { index: 0, function: { arguments: '{"heap":' } },
      { index: 0, function: { arguments: '"old"}' } },
    ],
    [said('a', 'now', ''), said('b', 'burn', '{"heap":"old"}')],
  ],
  [
    'no ids and one index, whole calls',
    [
      { ...at0, function: { name: 'dig', arguments: '{"bed":1}' } },
      { ...at0, function: { name: 'dig', arguments: '{"bed":2}' } },
      { ...at0, function: { name: 'now', arguments: {} } },
    ],
    [said('', 'dig', '{"bed":1}'), said('', 'dig', '{"bed":2}'), said('', 'now', '{}')],
  ],
  [
    'neither id nor index, in one event',
    [
      [
        { function: { name: 'now', arguments: null } },
        { function: { name: 'now', arguments: null } },
        { function: { name: 'dig', arguments: { bed: 1 } } },
      ],
    ],
    [said('', 'now', ''), said('', 'now', ''), said('', 'dig', '{"bed":1}')],
  ],
  [
    'a name and an id that each piece repeats',
    [
      { ...at0, id: 'a', function: { name: 'dig', arguments: '{"be' } },
      { ...at0, id: 'a', function: { name: 'dig', arguments: 'd":1}' } },
    ],
    [said('a', 'dig', '{"bed":1}')],
  ],
  [
    'a name that each piece repeats, without an id',
    [
      { index: 0, function: { name: 'dig', arguments: '{"be' } },
      { index: 0, function: { name: 'dig', arguments: 'd":1}' } },
      { index: 0, function: { name: 'dig', arguments: '' } },
    ],
    [said('', 'dig', '{"bed":1}')],
  ],
  [
    'a made-up id for each piece',
    [
      { ...at0, id: 'x1', function: { name: 'dig', arguments: '' } },
      { ...at0, id: 'x2', function: { arguments: '{"bed"' } },
      { ...at0, id: 'x3', function: { arguments: ':1}' } },
    ],
    [said('x1', 'dig', '{"bed":1}')],
  ],
  [
    'no index, ids alone, interleaved',
    [
      { id: 'a', function: { name: 'dig', arguments: '{"bed"' } },
      { id: 'b', function: { name: 'now', arguments: '{}' } },
      { id: 'a', function: { arguments: ':1}' } },
    ],
    [said('a', 'dig', '{"bed":1}'), said('b', 'now', '{}')],
  ],
  [
    'a custom call beside a function call',
    [
      { index: 0, id: 'a', type: 'custom', custom: { name: 'note', input: 'two ' } },
      { index: 0, custom: { input: 'spades' } },
      { index: 1, id: 'b', type: 'function', function: { name: 'now', arguments: '{}' } },
    ],
    [{ ...said('a', 'note', 'two spades'), custom: true }, said('b', 'now', '{}')],
  ],
  ['a call that never got a name or arguments', [{ index: 0, id: 'a', function: {} }], []],
];

for (const [name, pieces, expected] of streams)
  test(`streamed tool calls, ${name}: each call that was made, and no other`, () => {
    assert.deepEqual(callsOf(...pieces) ?? [], expected);
  });

test('a streamed call in pieces of any size, with any index and id, is the call that was made', () => {
  const made = fc.record(
    {
      id: fc.string({ minLength: 1 }),
      name: fc.string({ minLength: 1 }),
      arguments: fc.json().map((text) => text.trim()),
    },
    { noNullPrototype: true },
  );
  const calls = fc.uniqueArray(made, { selector: ({ id }) => id, minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(
      calls,
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      fc.boolean(),
      (given, size, one, named) => {
        const pieces = given.flatMap(({ id, name, arguments: text }, i) => {
          const parts = text.match(new RegExp(`[^]{1,${size}}`, 'gu')) ?? [''];
          return parts.map((part, k) => ({
            index: one ? 0 : i,
            ...(k === 0 || named ? { id } : {}),
            function: { ...(k === 0 || named ? { name } : {}), arguments: part },
          }));
        });
        assert.deepEqual(callsOf(...pieces), given);
      },
    ),
  );
});

test('a function_call is read as a tool call, streamed and whole', () => {
  const expected = [said('function:dig', 'dig', '{"bed":1}')];
  const pieces = [
    { function_call: { name: 'dig', arguments: '' } },
    { function_call: { arguments: '{"bed"' } },
    { function_call: { arguments: ':1}' } },
  ];
  const stream = streamed(pieces, 'function_call');
  assert.deepEqual(stream?.message.toolCalls, expected);
  const message = { content: null, function_call: { name: 'dig', arguments: '{"bed":1}' } };
  const whole = openaiChat.parseResponse(
    Buffer.from(JSON.stringify({ model: 'm', choices: [{ message, finish_reason: 'function_call' }] })),
  );
  assert.deepEqual(whole, stream);
});

test('older functions, their calls and their results read as tools, and are written back as they were', () => {
  const functions = [{ name: 'dig', description: 'Digs a bed', parameters: { type: 'object' } }];
  const body = {
    model: 'm',
    messages: [
      { role: 'user', content: 'Dig bed 1' },
      { role: 'assistant', content: '', function_call: { name: 'dig', arguments: '{"bed":1}' } },
      { role: 'function', name: 'dig', content: 'done' },
    ],
    functions,
    function_call: { name: 'dig' },
  };
  const request = requestFromJson(body);
  assert.deepEqual(request?.tools, functions);
  assert.deepEqual(request?.toolChoice, { type: 'function', function: { name: 'dig' } });
  assert.deepEqual(request?.messages.slice(1), [
    { role: 'assistant', content: '', toolCalls: [said('function:dig', 'dig', '{"bed":1}')] },
    { role: 'tool', content: 'done', toolCallId: 'function:dig' },
  ]);
  assert.deepEqual(requestToJson(request!), body);
});

test('arguments that are an object, null or missing are their text, or none', () => {
  for (const [args, text] of [
    [{ bed: 1 }, '{"bed":1}'],
    [null, ''],
    ['', ''],
    [undefined, ''],
  ] as const) {
    const call = {
      id: 'a',
      type: 'function',
      function: { name: 'dig', ...(args === undefined ? {} : { arguments: args }) },
    };
    const body = {
      choices: [{ message: { content: null, tool_calls: [call] }, finish_reason: 'tool_calls' }],
    };
    const read = openaiChat.parseResponse(Buffer.from(JSON.stringify(body)));
    assert.deepEqual(read?.message.toolCalls, [said('a', 'dig', text)]);
  }
});

test('a tool call that cannot be read is not an empty answer', () => {
  const body = { choices: [{ message: { content: null, tool_calls: [{ type: 'of tomorrow' }] } }] };
  const read = openaiChat.parseResponse(Buffer.from(JSON.stringify(body)));
  assert.deepEqual(read?.message.toolCalls, [said('', '', '')]);
});

test('the first choice is read, whatever its index', () => {
  const choice = (content: string, index: Json | undefined, key: string) => ({
    ...(index === undefined ? {} : { index }),
    [key]: { content },
    finish_reason: 'stop',
  });
  for (const indices of [
    [0, 1],
    [1, 0],
    [1],
    [undefined, undefined],
    [7, 3],
    [null],
    ['0'],
    [0.5, 1],
    [-1, 0],
  ]) {
    const numbers = indices.map((index, place) => (typeof index === 'number' ? index : place));
    const first = `answer ${numbers.indexOf(Math.min(...numbers))}`;
    const choices = (key: string) => indices.map((index, i) => choice(`answer ${i}`, index, key));
    const whole = openaiChat.parseResponse(Buffer.from(JSON.stringify({ choices: choices('message') })));
    assert.equal(whole?.message.content, first, JSON.stringify(indices));
    const accumulator = openaiChat.streamAccumulator();
    accumulator.push(Buffer.from(`data: ${JSON.stringify({ choices: choices('delta') })}\n\n`));
    assert.equal(accumulator.end()?.message.content, first, JSON.stringify(indices));
  }
});

test('many pieces without index or id are put together, in as many steps', () => {
  const pieces = Array.from({ length: 150_000 }, (_, i) => ({
    ...(i % 2 === 0 ? { id: `c${i}` } : {}),
    function: i % 2 === 0 ? { name: 'dig', arguments: '{' } : { arguments: '}' },
  }));
  const calls = callsOf(pieces);
  assert.equal(calls?.length, 75_000);
  assert.ok(calls?.every((call) => call.arguments === '{}'));
});

const cases = resolve(import.meta.dirname, '../../../shared/cases');
const recorded: readonly [string, (bytes: Buffer) => unknown, unknown][] = [
  [
    '01a-index0.sse',
    toolCallsOfStream,
    [said('call_a', 'weather', '{"city":"Tarn"}'), said('call_b', 'weather', '{"city":"Ovel"}')],
  ],
  [
    '01b-index0-noargs.sse',
    toolCallsOfStream,
    [said('call_a', 'now', ''), said('call_b', 'delete_file', '{"path":"a.txt"}')],
  ],
  ['02-noargs.sse', toolCallsOfStream, [said('call_a', 'list_orders', '')]],
  ['04-model-length.json', (bytes) => openaiChat.parseResponse(bytes)?.finishReason, 'model_length'],
  [
    '05-custom-mixed.json',
    (bytes) => openaiChat.parseResponse(bytes)?.message.toolCalls,
    [
      { ...said('call_a', 'run_sql', 'select 1'), custom: true },
      said('call_b', 'weather', '{"city":"Tarn"}'),
    ],
  ],
  [
    '06-function-call.jsonl',
    (bytes) =>
      bytes
        .toString()
        .trim()
        .split('\n')
        .map((line) => requestFromJson({ ...(JSON.parse(line) as Record<string, Json>), model: 'm' }))
        .map((request) => [
          request?.tools.map(({ name }) => name),
          request?.messages.map(({ role, toolCalls }) => [
            role,
            toolCalls?.map(({ arguments: text }) => text),
          ]),
        ]),
    [
      [
        ['weather'],
        [
          ['user', undefined],
          ['assistant', ['{"city":"Tarn"}']],
        ],
      ],
      [
        ['weather'],
        [
          ['user', undefined],
          ['assistant', ['{"city":"Ovel"}']],
          ['tool', undefined],
          ['assistant', undefined],
        ],
      ],
    ],
  ],
];

function toolCallsOfStream(bytes: Buffer): unknown {
  const accumulator = openaiChat.streamAccumulator();
  accumulator.push(bytes);
  return accumulator.end()?.message.toolCalls;
}

for (const [file, read, expected] of recorded) {
  const path = join(cases, file);
  const skip = existsSync(path) ? false : `no recorded case at ${path}`;
  test(`${file} is read as it is`, { skip }, () => assert.deepEqual(read(readFileSync(path)), expected));
}
