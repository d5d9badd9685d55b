import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Call } from '../core/call.ts';
import type { Example } from '../core/dataset.ts';
import { seededRandom } from '../core/random.ts';
import type { Task } from '../core/task.ts';
import { answerChange } from './answer-change.ts';
import { declined, inLoops, rarelyAnswered } from './odd-calls.ts';

const LABELS = ['a', 'b', 'c', 'd', 'x', 'y'];
const task = (kind: Task['kind'] = 'label'): Task => ({
  id: 't',
  name: 't',
  sites: [],
  kind,
  labels: kind === 'label' ? LABELS : [],
  tools: [],
  responseFormat: null,
  calls: 0,
});
const call = (i: number, content: string): Call => ({
  id: `call_${i}`,
  at: 1e12 + i * 1000,
  sessionId: `s${i}`,
  origin: '',
  tags: {},
  request: { model: 'm', messages: [], tools: [], stream: false, params: {} },
  response: { model: 'm', message: { role: 'assistant', content }, finishReason: 'stop', usage: null },
  status: 200,
  latencyMs: 1,
  served: { by: 'llm', reason: 'no-specialist' },
});
const drawn = (n: number, labelsAt: (i: number) => readonly string[], seed = 1): Call[] => {
  const random = seededRandom(seed);
  return Array.from({ length: n }, (_, i) => call(i, random.pick(labelsAt(i))));
};

describe('answerChange', () => {
  it('finds where labels ended and others began, to the call', () => {
    const change = answerChange(
      task(),
      drawn(400, (i) => (i < 250 ? ['a', 'b', 'c'] : ['a', 'x', 'y'])),
    );
    assert.ok(change !== null && Math.abs(change.before - 250) <= 3, JSON.stringify(change));
    assert.equal(change.before + change.since, 400);
    assert.ok(change.ids.length > 0);
  });

  it('finds a schema that changed', () => {
    const calls = Array.from({ length: 300 }, (_, i) =>
      call(i, i < 150 ? `{"order":"${i}","kind":"new"}` : `{"order_id":"${i}","state":"new"}`),
    );
    assert.equal(answerChange(task('json'), calls)?.before, 150);
  });

  it('sees no change where labels only begin, or only end, or all are there throughout', () => {
    for (const labelsAt of [
      (i: number) => (i < 200 ? ['a', 'b'] : ['a', 'b', 'x']),
      (i: number) => (i < 200 ? ['a', 'b', 'x'] : ['a', 'b']),
      () => LABELS,
    ])
      assert.equal(answerChange(task(), drawn(400, labelsAt)), null);
  });

  it('takes dates and numbers in values for no change', () => {
    const calls = Array.from({ length: 300 }, (_, i) =>
      call(i, `{"day":"2026-05-${10 + Math.floor(i / 30)}"}`),
    );
    assert.equal(answerChange(task('json'), calls), null);
  });

  it('sees none in traffic of one kind, whatever the labels’ shares', () => {
    const shares = fc.array(fc.constantFrom(...LABELS), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(shares, fc.integer({ min: 1, max: 1e6 }), (labels, seed) => {
        assert.equal(
          answerChange(
            task(),
            drawn(300, () => labels, seed),
          ),
          null,
        );
      }),
      { numRuns: 40 },
    );
  });
});

describe('odd calls', () => {
  it('knows refusals from answers that begin alike', () => {
    const said = [
      'I’m sorry, but I can’t help with that.',
      "I'm unable to process this request.",
      'As an AI language model, I cannot.',
      'Sorry, but I cannot assist with that.',
    ];
    const plain = ['sorry', 'I can be there at ten.', 'As an aid to memory: 12', 'apology'];
    assert.deepEqual(
      declined([...said, ...plain].map((text, i) => call(i, text))).map(({ id }) => id),
      [...said.map((_, i) => `call_${i}`)],
    );
  });

  it('lists calls whose label is met less than ten times', () => {
    const calls = [...Array(30).fill('a'), ...Array(5).fill('x')].map((label: string, i) => call(i, label));
    assert.deepEqual(
      rarelyAnswered(task(), calls).map(({ id }) => id),
      [30, 31, 32, 33, 34].map((i) => `call_${i}`),
    );
  });

  it('lists calls that a session repeats, or nearly, four times in a row', () => {
    const long =
      'the customer asks for the state of an order that was placed on monday by phone and never came';
    const inputs = [long, `${long} (attempt 2)`, long, `${long} (attempt 4)`, 'another thing', 'x', 'x', 'x'];
    const examples = inputs.map(
      (input, i): Example => ({
        id: `ex_${i}`,
        callId: `call_${i}`,
        sessionId: 's',
        at: i,
        input,
        answer: 'a',
        weight: 1,
      }),
    );
    assert.deepEqual(
      inLoops(examples).map(({ callId }) => callId),
      [0, 1, 2, 3].map((i) => `call_${i}`),
    );
  });
});
