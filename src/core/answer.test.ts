import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Answer, answerOfMessage, argumentsOf, parseAnswer, targetOf } from './answer.ts';
import type { Message } from './call.ts';
import { MAX_DEPTH, parseJson } from './json.ts';

const said = (content: string, more: Partial<Message> = {}): Message => ({
  role: 'assistant',
  content,
  ...more,
});
const call = (args: string, more: object = {}) => ({ id: 'c', name: 'dig', arguments: args, ...more });

test('a text answer has a target that is its own, the empty one too', () => {
  const texts = fc.oneof(fc.string(), fc.constantFrom('', ' ', '∅', '∅∅', ' ∅ ', '∅ x'));
  fc.assert(
    fc.property(texts, fc.constantFrom('label' as const, 'text' as const), (content, kind) => {
      const answer: Answer = { kind: 'text', text: content.trim() };
      assert.notEqual(targetOf(answer), '');
      assert.deepEqual(parseAnswer(kind, targetOf(answer)), answer);
    }),
  );
  assert.equal(parseAnswer('label', ''), null);
});

test('reasoning in tags is no part of the answer', () => {
  for (const [content, text] of [
    ['<think>\nWell.\n</think>\n\nbroken', 'broken'],
    ['<THINKING>a < b</Thinking> broken', 'broken'],
    ['[THINK]Hm[/THINK]broken', 'broken'],
    ['<think></think><reasoning>so</reasoning>\nbroken', 'broken'],
    ['Well, it is.\n</think>\nbroken', 'broken'],
    ['<think>Well', '<think>Well'],
    ['broken <think>later</think>', 'broken <think>later</think>'],
    ['I think </thinking> so', 'I think </thinking> so'],
    ['<thinker>x</thinker>', '<thinker>x</thinker>'],
  ] as const) {
    assert.deepEqual(answerOfMessage(said(content)), { kind: 'text', text }, content);
  }
  assert.deepEqual(answerOfMessage(said('<think>a</think>```json\n{"a":1}\n```')), {
    kind: 'json',
    value: { a: 1 },
  });
});

test('a call without arguments is written as nothing, null or an empty object, which is the same', () => {
  for (const args of ['', ' \n', 'null', '{}', ' { } ']) assert.deepEqual(argumentsOf(call(args)), {}, args);
  assert.deepEqual(argumentsOf(call('{"bed":1}')), { bed: 1 });
  assert.equal(argumentsOf(call('{"bed":')), undefined);
  assert.equal(argumentsOf(call('{"bed":', { custom: true })), '{"bed":');
});

test('JSON that is nested without end is text, and nothing overflows', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  assert.deepEqual(answerOfMessage(said(deep)), { kind: 'text', text: deep });
  const objects = `${'{"a":'.repeat(MAX_DEPTH + 1)}1${'}'.repeat(MAX_DEPTH + 1)}`;
  assert.equal(parseJson(objects), undefined);
  assert.notEqual(parseJson(`${'{"a":'.repeat(MAX_DEPTH)}1${'}'.repeat(MAX_DEPTH)}`), undefined);
  assert.equal(
    parseJson(`{"wide":${JSON.stringify(Array.from({ length: 9 }, () => objects))},"x":${objects}}`),
    undefined,
  );
});

test('code fences around JSON are taken off, others stay', () => {
  for (const content of ['```json\n{"a":1}\n```', '```\n{"a":1}```', ' ``` \n\n{"a":1}\n\n``` ', '{"a":1}'])
    assert.deepEqual(answerOfMessage(said(content)), { kind: 'json', value: { a: 1 } }, content);
  for (const content of [
    '```python\n{"a":1}\n```',
    '```json {"a":1} ```',
    '```',
    '``````',
    '```json\n{"a":1}',
  ])
    assert.equal(answerOfMessage(said(content)).kind, 'text', content);
});
