import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isObject, type Json, parseJson } from '../core/json.ts';
import { repeatedJson } from './repeated-json.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const LONG = 'An agent has a long prompt. '.repeat(30);

/** Key order included. */
const same = (a: unknown, b: unknown, text: string): void =>
  assert.equal(JSON.stringify(a), JSON.stringify(b), text.slice(0, 300));

const message = fc.record(
  {
    role: fc.constantFrom('user', 'assistant', 'tool'),
    content: fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        '"messages":[',
        '},{"role":"user"',
        '\\',
        '"}],"tools":[',
        JSON.stringify([{ role: 'user' }, { role: 'x' }]),
      ),
      fc.array(fc.record({ role: fc.string(), text: fc.string() })),
    ),
    extra: fc.jsonValue() as fc.Arbitrary<Json>,
  },
  { requiredKeys: ['role'] },
);
const fields = fc.dictionary(
  fc.constantFrom('model', 'tools', 'stream', '__proto__', '7', 'messages', 'metadata', ''),
  fc.oneof(
    fc.jsonValue(),
    fc.constant([]),
    fc.constant('messages'),
    fc.constant({ messages: [{ role: 'x' }] }),
  ),
  { maxKeys: 4 },
);
const spaced = (text: string, style: number): string =>
  style === 0
    ? text
    : style === 1
      ? text.replaceAll(',"', ', "').replaceAll('":', '": ')
      : text.replaceAll(',', ' ,\n');

/** An object with the fields of both, and the list between them, as text: fields may come twice. */
const objectText = (before: object, list: readonly unknown[], after: object, style: number): string => {
  const inner = (value: object): string => JSON.stringify(value).slice(1, -1);
  const all = [
    inner(before),
    `"messages":[${list.map((each) => JSON.stringify(each)).join(',')}]`,
    inner(after),
  ];
  return spaced(`{${all.filter((text) => text !== '').join(',')}}`, style);
};

test('a conversation that grows reads as the parser reads it, its order of fields included', () => {
  fc.assert(
    fc.property(
      fields,
      fields,
      fc.array(message, { minLength: 1, maxLength: 8 }),
      fc.constantFrom(0, 1, 2),
      (before, after, messages, style) => {
        const reader = repeatedJson('messages');
        const head = { prompt: LONG, ...before };
        for (let turn = 1; turn <= messages.length; turn++) {
          for (const tail of [after, { ...after, seed: turn }]) {
            const text = objectText(head, messages.slice(0, turn), tail, style);
            same(reader.read(bytes(text)), parseJson(text), text);
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('what is damaged anywhere reads as the parser reads it, whatever came before', () => {
  fc.assert(
    fc.property(
      fields,
      fc.array(message, { minLength: 2, maxLength: 5 }),
      fc.array(
        fc.record({
          at: fc.double({ min: 0, max: 0.999, noNaN: true }),
          cut: fc.nat(3),
          put: fc.constantFrom(
            '',
            ']',
            '[',
            '}',
            '{',
            ',',
            '"',
            '\\',
            ' ',
            '\u00a0',
            '1',
            '],[',
            '],"":[',
            '"messages":[',
          ),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      (after, messages, damages) => {
        const reader = repeatedJson('messages');
        const whole = objectText({ prompt: LONG }, messages, after, 0);
        reader.read(bytes(whole));
        let text = whole;
        for (const { at, cut, put } of damages) {
          // After the long prompt, where it matters.
          const place = LONG.length + Math.floor(at * (text.length - LONG.length));
          text = text.slice(0, place) + put + text.slice(place + cut);
        }
        // A character that was cut in two is none in UTF-8.
        const sent = Buffer.from(text).toString();
        for (let again = 0; again < 2; again++) same(reader.read(bytes(sent)), parseJson(sent), sent);
      },
    ),
    { numRuns: 2000 },
  );
});

test('a message that was read before is the same object', () => {
  const reader = repeatedJson('messages');
  const said = (count: number): string =>
    JSON.stringify({
      model: 'm',
      messages: [
        { role: 'system', content: LONG },
        ...Array.from({ length: count }, (_, i) => ({ role: 'user', content: `Grüße ${i}` })),
      ],
      tools: [{ name: 'look' }],
    });
  const lists = [3, 5].map((count) => {
    const value = reader.read(bytes(said(count)));
    assert.ok(isObject(value) && Array.isArray(value.messages));
    return { messages: value.messages, tools: value.tools };
  });
  assert.equal(lists[1]!.messages.length, 6);
  for (const [i, each] of lists[0]!.messages.entries()) assert.equal(lists[1]!.messages[i], each);
  assert.equal(lists[0]!.tools, lists[1]!.tools);
});

test('bytes that are no UTF-8 read as the decoder replaces them', () => {
  const reader = repeatedJson('messages');
  const text = Buffer.from(
    JSON.stringify({
      messages: [
        { role: 'user', content: `${LONG}#` },
        { role: 'user', content: '#' },
      ],
    }),
  );
  for (const wrong of [0xff, 0xe2, 0xf0]) {
    const broken = Buffer.from(text);
    for (let at = broken.indexOf('#'); at >= 0; at = broken.indexOf('#', at + 1)) broken[at] = wrong;
    same(reader.read(broken), parseJson(new TextDecoder().decode(broken)), 'broken');
  }
});

test('a piece that is too deep is not read, however often it comes', () => {
  const reader = repeatedJson('messages');
  for (const levels of [252, 253, 254, 255, 256, 300]) {
    const deep = `${'['.repeat(levels)}${']'.repeat(levels)}`;
    const text = `{"messages":[{"role":"user","content":"${LONG}"},{"role":"user","content":${deep}}]}`;
    for (let again = 0; again < 2; again++)
      same(reader.read(bytes(text)), parseJson(text), `${levels} levels`);
  }
});

test('a conversation that grows is parsed once, and nothing is parsed in vain', (t) => {
  const parsed = t.mock.method(JSON, 'parse');
  const reader = repeatedJson('messages');
  const messages: Json[] = [{ role: 'system', content: LONG }];
  const [turns, said] = [20, 40];
  for (let turn = 0; turn < turns; turn++) {
    // Fields in another order, so that a piece holds several messages.
    messages.push(
      { role: 'user', content: `Where is ${turn}?` },
      { content: 'x'.repeat(said), role: 'assistant' },
    );
    reader.read(bytes(JSON.stringify({ model: 'm', messages, stream: false })));
  }
  const calls = parsed.mock.calls;
  assert.equal(calls.filter(({ error }) => error !== undefined).length, 0);
  const characters = calls.reduce((sum, { arguments: [text] }) => sum + text.length, 0);
  assert.ok(characters < LONG.length + turns * (said + 200), `${characters}`);
});
