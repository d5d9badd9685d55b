import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../core/call.ts';
import { rememberConversations } from './conversations.ts';

const talk = (...texts: readonly string[]) => ({
  messages: [
    { role: 'system', content: `It is ${texts.length} o’clock.` },
    ...texts.map((content, i): Message => ({ role: i % 2 === 0 ? 'user' : 'assistant', content })),
  ] as Message[],
});

test('a call that continues an audited one is of its session, and others are of their own', () => {
  const conversations = rememberConversations(100);
  assert.equal(conversations.join('c1', talk('Hello')), 'c1');
  assert.equal(conversations.join('c2', talk('Hello', 'Hi', 'Where is it?')), 'c1');
  assert.equal(conversations.join('c3', talk('Hello', 'Hi', 'Where is it?', 'There.', 'Thanks')), 'c1');
  assert.equal(conversations.find(talk('Hello', 'Good day', 'Who are you?')), 'c1');
  assert.equal(conversations.find(talk('Goodbye')), null);
});

test('the same request again is a call of its own, and so are calls that share examples in their prompt', () => {
  const conversations = rememberConversations(100);
  conversations.join('c1', talk('Hello'));
  assert.equal(conversations.join('c2', talk('Hello')), 'c2');
  assert.equal(conversations.join('c3', talk('example', 'label', 'first text')), 'c3');
  assert.equal(conversations.join('c4', talk('example', 'label', 'second text')), 'c4');
});

test('only the latest calls are remembered', () => {
  const conversations = rememberConversations(2);
  for (const id of ['c1', 'c2', 'c3']) conversations.join(id, talk(id));
  assert.equal(conversations.find(talk('c1', 'yes', 'no')), null);
  assert.equal(conversations.find(talk('c3', 'yes', 'no')), 'c3');
});

test('a request of a system message alone begins no conversation', () => {
  const conversations = rememberConversations(10);
  const alone = { messages: [{ role: 'system' as const, content: 'Say something.' }] };
  assert.equal(conversations.join('c1', alone), 'c1');
  assert.equal(conversations.join('c2', alone), 'c2');
  assert.equal(conversations.find(talk('Hello')), null);
  assert.equal(conversations.join('c3', talk('Hello')), 'c3');
});

test('a message that comes again is hashed once', () => {
  let hashed = 0;
  const messages = ['Hello', 'Hi', 'Where?', 'There.', 'Thanks'].map((content, i) => ({
    role: i % 2 === 0 ? ('user' as const) : ('assistant' as const),
    content,
    toJSON: () => {
      hashed++;
      return content;
    },
  }));
  const conversations = rememberConversations(10);
  for (const count of [1, 3, 5]) conversations.join(`c${count}`, { messages: messages.slice(0, count) });
  assert.equal(hashed, messages.length);
});
