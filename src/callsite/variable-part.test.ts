import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CallRequest, Message, Tool } from '../core/call.ts';
import type { CallSite, Task } from '../core/task.ts';
import { assign } from './assign.ts';
import { signatureOf } from './signature.ts';
import { distil, fillTemplate, matchTemplate, siteOf } from './variable-part.ts';

const tool = (name: string): Tool => ({ name, description: '', parameters: { type: 'object' } });
const request = (messages: readonly Message[], extra: Partial<CallRequest> = {}): CallRequest => ({
  model: 'm',
  messages,
  tools: [],
  stream: false,
  params: {},
  ...extra,
});
const site = (extra: Partial<CallSite>): CallSite => ({
  id: 's',
  system: null,
  user: { pieces: ['', ''] },
  toolNames: [],
  formatHash: '',
  turn: 'user',
  ...extra,
});
const task = (id: string, ...sites: CallSite[]): Task => ({
  id,
  name: id,
  sites,
  kind: 'text',
  labels: [],
  tools: [],
  responseFormat: null,
  calls: 0,
});
const user = (content: string): Message => ({ role: 'user', content });
const system = (content: string): Message => ({ role: 'system', content });

test('a filled template matches, and filling with the match gives the text again', () => {
  const words = fc.string({ maxLength: 6, unit: fc.constantFrom('a', 'b', ' ', '\n') });
  fc.assert(
    fc.property(
      fc.array(words, { minLength: 1, maxLength: 5 }),
      fc.array(words, { maxLength: 4 }),
      (p, s) => {
        const template = { pieces: p };
        const text = fillTemplate(template, s);
        const slots = matchTemplate(template, text);
        assert.ok(slots);
        assert.equal(slots.length, p.length - 1);
        assert.equal(fillTemplate(template, slots), text);
      },
    ),
  );
});

test('a template with one piece is the whole text; the first and the last piece stand at the ends', () => {
  assert.equal(matchTemplate({ pieces: ['ab'] }, 'abc'), null);
  assert.equal(matchTemplate({ pieces: ['a', 'b'] }, 'xab'), null);
  assert.equal(matchTemplate({ pieces: ['a', 'b'] }, 'abx'), null);
  assert.equal(matchTemplate({ pieces: ['ab', 'bc'] }, 'abc'), null, 'pieces must not overlap');
  assert.deepEqual(matchTemplate({ pieces: ['', ' and ', ''] }, 'x and y and z'), ['x', 'y and z']);
});

test('the system prompt, tools, format and turn all have to fit', () => {
  const format = { type: 'json_object' };
  const plain = request([system('Sort: A.'), user('mail')]);
  const formatted = request(plain.messages, { responseFormat: format });
  const made = task('t', site({ system: { pieces: ['Sort: ', '.'] } }));
  assert.equal(distil(made, plain), 'A\nmail');
  assert.equal(siteOf(made, plain), made.sites[0]);
  assert.equal(distil(made, formatted), null, 'another response format');
  assert.equal(distil(made, request(plain.messages, { responseFormat: { type: 'text' } })), 'A\nmail');
  assert.equal(distil(made, request(plain.messages, { tools: [tool('x')] })), null, 'tools');
  assert.equal(distil(made, request([user('mail')])), null, 'no system prompt');
  const withFormat = task('f', site({ ...made.sites[0], formatHash: signatureOf(formatted).formatHash }));
  assert.equal(distil(withFormat, formatted), 'A\nmail');
});

test('the turn is the tool whose result is answered', () => {
  const messages: Message[] = [
    user('where is 1?'),
    { role: 'assistant', content: '', toolCalls: [{ id: 'c1', name: 'find', arguments: '{"order":1}' }] },
    { role: 'tool', content: 'late', toolCallId: 'c1' },
  ];
  const made = request(messages, { tools: [tool('find')] });
  assert.equal(signatureOf(made).turn, 'tool:find');
  const after = task('after', site({ toolNames: ['find'], turn: 'tool:find' }));
  const before = task('before', site({ toolNames: ['find'] }));
  assert.equal(assign([before, after], made)?.id, 'after');
  assert.equal(
    distil({ ...after, tools: [tool('find')] }, made),
    'user: where is 1?\nassistant: find {"order":1}\ntool: late',
  );
});

test('the site with the longest constant text wins, and named tools win over any tools', () => {
  const free = task('free', site({}));
  const narrow = task('narrow', site({ user: { pieces: ['Translate this: ', ''] } }));
  const tasks = [free, narrow];
  assert.equal(assign(tasks, request([user('Translate this: x')]))?.id, 'narrow');
  assert.equal(assign(tasks, request([user('hello')]))?.id, 'free');
  assert.equal(assign(tasks, request([system('s'), user('hello')])), null);
  const pool = task('pool', site({ toolNames: ['*'] }));
  const own = task('own', site({ toolNames: ['a'] }));
  const call = (name: string) => request([user('x')], { tools: [tool(name)] });
  assert.equal(assign([pool, own], call('a'))?.id, 'own');
  assert.equal(assign([pool, own], call('b'))?.id, 'pool');
  assert.equal(assign([pool, own], request([user('x')])), null, 'any tools means at least one');
  assert.equal(distil(pool, call('b')), 'b\nx', 'tools of a pool are part of the input');
});
