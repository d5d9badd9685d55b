import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Call, Message, Tool } from '../core/call.ts';
import { findTasks } from './tasks.ts';

const tools: readonly Tool[] = ['find', 'book', 'pay'].map((name) => ({
  name,
  description: '',
  parameters: {},
}));
const prompt: Message = {
  role: 'system',
  content: 'You are the agent of a small hotel by the sea. Help guests to find, book and pay for rooms.',
};

/** A call after the result of a tool (or a user's word), answered by a tool or in text. */
function turn(i: number, after: string | null, answer: string | null): Call {
  const messages: Message[] = [prompt, { role: 'user', content: `I want room ${i}` }];
  if (after !== null) {
    const toolCalls = [{ id: 'c', name: after, arguments: '{}' }];
    messages.push({ role: 'assistant', content: '', toolCalls });
    messages.push({ role: 'tool', content: `result ${i}`, toolCallId: 'c' });
  }
  const message: Message =
    answer === null
      ? { role: 'assistant', content: `Here is what I found, number ${i}.` }
      : { role: 'assistant', content: '', toolCalls: [{ id: 'd', name: answer, arguments: `{"n":${i}}` }] };
  return {
    id: `${after}-${i}`,
    at: i,
    sessionId: `s${i}`,
    origin: '',
    tags: {},
    status: 200,
    latencyMs: 1,
    request: { model: 'm', messages, tools, stream: false, params: {} },
    response: { model: 'm', message, finishReason: 'stop', usage: null },
    served: { by: 'llm', reason: 'no-specialist' },
  };
}

const times = (n: number, make: (i: number) => Call): Call[] => Array.from({ length: n }, (_, i) => make(i));

describe('the turns of an agent', () => {
  it('are one task where they call the same tools, and apart where they call none in common', () => {
    const calls = [
      ...times(60, (i) => turn(i, null, i % 2 ? 'find' : null)),
      ...times(50, (i) => turn(i, 'find', i % 3 ? 'book' : 'find')),
      ...times(40, (i) => turn(i, 'pay', null)),
      // Too few for a task of their own.
      ...times(9, (i) => turn(i, 'book', 'find')),
    ];
    const { tasks, assignment } = findTasks(calls, []);
    assert.equal(assignment.size, calls.length);
    const byCalls = tasks.toSorted((a, b) => b.calls - a.calls);
    assert.deepEqual(
      byCalls.map(({ calls: n, kind }) => [n, kind]),
      [
        [119, 'mixed'],
        [40, 'text'],
      ],
    );
    assert.deepEqual(byCalls[0]!.kinds, { text: 0.2521, tool: 0.7479 });
  });

  it('are one task where a log leaves out the tools that were offered, and a prompt’s other jobs stay apart', () => {
    const untold = (call: Call): Call => ({
      ...call,
      request: {
        model: 'm',
        messages: call.request.messages,
        tools: [],
        stream: false,
        params: {},
      },
    });
    const calls = [
      ...times(60, (i) => turn(i, null, i % 2 ? 'find' : null)),
      ...times(50, (i) => turn(i, 'find', i % 3 ? 'book' : 'find')),
      ...times(40, (i) => turn(i, 'pay', null)),
    ].map(untold);
    const { tasks, assignment } = findTasks(calls, []);
    assert.equal(assignment.size, calls.length);
    assert.deepEqual(
      tasks.map(({ calls: n, kind }) => [n, kind]).toSorted((a, b) => Number(b[0]) - Number(a[0])),
      [
        [110, 'mixed'],
        [40, 'text'],
      ],
    );
  });

  it('keep their task and its id when others come', () => {
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 60 }), fc.integer({ min: 1, max: 60 }), (few, more) => {
        const first = findTasks(
          [...times(few, (i) => turn(i, null, 'find')), ...times(few, (i) => turn(i, 'find', 'find'))],
          [],
        );
        assert.equal(first.tasks.length, 1);
        const all = [
          ...times(few + more, (i) => turn(i, null, 'find')),
          ...times(few + more, (i) => turn(i, 'find', 'find')),
          ...times(more, (i) => turn(i, 'pay', 'book')),
        ];
        const second = findTasks(all, first.tasks);
        assert.deepEqual(
          second.tasks.map(({ id }) => id),
          first.tasks.map(({ id }) => id),
        );
        assert.equal(second.assignment.size, all.length);
        assert.deepEqual(findTasks(all, second.tasks), second, 'a third time changes nothing');
      }),
      { numRuns: 10 },
    );
  });
});
