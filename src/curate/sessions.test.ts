import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Call, Message } from '../core/call.ts';
import type { Example } from '../core/dataset.ts';
import { joinRepeats, withSessions } from './sessions.ts';

const call = (id: string, at: number, messages: readonly Message[], answer: string, session = id): Call => ({
  id,
  at,
  sessionId: session,
  origin: '',
  tags: {},
  request: { model: 'm', messages, tools: [], stream: false, params: {} },
  response: {
    model: 'm',
    message: { role: 'assistant', content: answer },
    finishReason: 'stop',
    usage: null,
  },
  status: 200,
  latencyMs: 1,
  served: { by: 'llm', reason: 'no-specialist' },
});

const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });
const system = (content: string): Message => ({ role: 'system', content });
const sessionsOf = (calls: readonly Call[]): string[] => withSessions(calls).map((each) => each.sessionId);

test('a call that continues another belongs to its session, over any number of turns', () => {
  const turns = [user('a'), assistant('b'), user('c'), assistant('d'), user('e')];
  const calls = [1, 3, 5].map((n) => call(`c${n}`, n, turns.slice(0, n), turns[n]?.content ?? 'f'));
  assert.deepEqual(sessionsOf(calls), ['c1', 'c1', 'c1']);
  assert.deepEqual(sessionsOf(calls.toReversed()), ['c1', 'c1', 'c1']);
});

test('a system prompt with the time in it does not part a conversation', () => {
  const calls = [
    call('1', 1, [system('It is 10:00'), user('a')], 'b'),
    call('2', 2, [system('It is 10:01'), user('a'), assistant('b'), user('c')], 'd'),
  ];
  assert.deepEqual(sessionsOf(calls), ['1', '1']);
});

test('of two conversations that begin alike, a call continues the one whose answer it repeats', () => {
  const calls = [
    call('1', 1, [user('hello')], 'Good morning'),
    call('2', 2, [user('hello')], 'Good evening'),
    call('3', 3, [user('hello'), assistant('Good morning'), user('bye')], 'Bye'),
  ];
  assert.deepEqual(sessionsOf(calls), ['1', '2', '1']);
});

test('equal calls, later calls and calls with nothing in common stay apart', () => {
  const calls = [
    call('1', 1, [user('a')], 'b'),
    call('2', 2, [user('a')], 'b'),
    call('3', 3, [user('x'), assistant('y'), user('z')], 'b'),
    call('4', 4, [user('x')], 'y'),
    call('5', 5, [system('only')], 'y'),
    call('6', 6, [system('only'), user('q')], 'y'),
  ];
  assert.deepEqual(sessionsOf(calls), ['1', '2', '3', '4', '5', '6']);
});

test('a session that several calls name stays as it was told', () => {
  const calls = [
    call('1', 1, [user('a')], 'b', 's'),
    call('2', 2, [user('a'), assistant('b'), user('c')], 'd', 't'),
    call('3', 3, [user('q')], 'd', 't'),
    call('4', 4, [user('a'), assistant('b'), user('x')], 'd'),
  ];
  assert.deepEqual(sessionsOf(calls), ['s', 't', 't', 's']);
});

test('conversations told apart by their first message are found again, whatever the order of the calls', () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(shapes, fc.infiniteStream(fc.nat()), (lengths, draws) => {
      const calls = lengths.flatMap((turns, c) =>
        Array.from({ length: turns }, (_, t) => {
          const said = Array.from({ length: t + 1 }, (_, i) => [
            user(`${c} asks ${i}`),
            assistant(`says ${i}`),
          ]);
          return call(`${c}.${t}`, t * 100 + c, said.flat().slice(0, -1), `says ${t}`);
        }),
      );
      const keyed = calls.map((each) => ({ each, key: draws.next().value as number }));
      const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ each }) => each);
      for (const { id, sessionId } of withSessions(shuffled))
        assert.equal(sessionId, `${id.split('.')[0]}.0`);
    }),
  );
});

test('repeats in a row are one session; a frequent input is not', () => {
  const example = (i: number, input: string, at: number, sessionId = `s${i}`): Example => ({
    id: `${i}`,
    callId: `${i}`,
    sessionId,
    at,
    input,
    answer: '',
    weight: 1,
  });
  const joined = joinRepeats([
    example(1, 'a', 0),
    example(2, 'a', 1_000),
    example(3, 'b', 2_000),
    example(4, 'a', 3_000),
    example(5, 'a', 3_000_000),
    example(6, 'c', 3_000_001, 's1'),
    example(7, 'c', 3_000_002),
  ]);
  assert.deepEqual(
    joined.map(({ sessionId }) => sessionId),
    ['s1', 's1', 's3', 's4', 's5', 's1', 's1'],
  );
});

test('an audit belongs to the session of the call that it is about, however the conversation goes on', () => {
  const audit = (id: string, at: number, messages: readonly Message[], of: string): Call => ({
    ...call(id, at, messages, 'the LLM says', of),
    served: { by: 'llm', reason: 'audit' },
  });
  const [first, second] = [[user('a')], [user('a'), assistant('the specialist says'), user('c')]];
  const calls = [
    call('1', 1, first, 'the specialist says'),
    audit('1a', 1, first, '1'),
    call('2', 2, second, 'd'),
    audit('2a', 2, second, '2'),
    call('3', 3, [...second, assistant('d'), user('e')], 'f'),
  ];
  assert.deepEqual(sessionsOf(calls), ['1', '1', '1', '1', '1']);
});

test('sessions of several calls stay apart, however often they say the same at once', () => {
  const example = (i: number, sessionId: string, input: string): Example => ({
    id: `${i}`,
    callId: `${i}`,
    sessionId,
    at: i * 1000,
    input,
    answer: '',
    weight: 1,
  });
  const told = Array.from({ length: 60 }, (_, i) => example(i, `s${i % 3}`, i % 2 === 0 ? `${i}` : 'yes'));
  const inTurn = [0, 1, 2, 3].flatMap((i) => [
    example(100 + 3 * i, 'x', 'yes'),
    example(101 + 3 * i, 'y', 'yes'),
    // One call of nobody's between them links neither to the other.
    example(102 + 3 * i, `z${i}`, 'yes'),
  ]);
  for (const examples of [told, [...told, ...inTurn]]) {
    const names = joinRepeats(examples).map(({ sessionId }) => sessionId);
    const owners = new Map<string, Set<string>>();
    examples.forEach(({ sessionId }, i) => {
      if (/^[sxy]/.test(sessionId))
        owners.set(names[i]!, (owners.get(names[i]!) ?? new Set()).add(sessionId));
    });
    assert.ok([...owners.values()].every((each) => each.size === 1));
  }
});
