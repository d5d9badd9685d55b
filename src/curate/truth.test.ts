import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sortCall, sortTask } from '../../test/support/sort-calls.ts';
import type { Call, Message } from '../core/call.ts';
import { type Dataset, SPLITS } from '../core/dataset.ts';
import type { CallFeedback } from '../core/feedback.ts';
import type { Task } from '../core/task.ts';
import { buildDataset } from './dataset.ts';

const task: Task = { ...sortTask, labels: ['a', 'b', 'c'] };

const says = (content: string): Message => ({ role: 'assistant', content });
const call = (n: number, answer: string, over: Partial<Call> = {}): Call => ({
  ...sortCall(n, n, `mail ${n} ${n * 7919}`, answer),
  ...over,
});
const heldBack = ({ splits }: Dataset) => [...splits.validation, ...splits.calibration, ...splits.exam];
const byCall = (dataset: Dataset) =>
  new Map(SPLITS.flatMap((split) => dataset.splits[split].map((each) => [each.callId, { split, ...each }])));

const feedback = fc.option(
  fc.oneof(
    fc.constantFrom('a', 'b', 'c').map((label): CallFeedback => ({ correction: says(label) })),
    fc.boolean().map((correct): CallFeedback => ({ correct })),
  ),
  { nil: undefined },
);
const traffic = fc.array(
  fc.tuple(fc.constantFrom('a', 'b'), feedback, fc.boolean(), fc.nat(15), fc.nat(30)),
  {
    minLength: 20,
    maxLength: 60,
  },
);

test('feedback changes neither which calls are held back nor what they are compared with', () => {
  fc.assert(
    fc.property(traffic, (rows) => {
      const of = (withFeedback: boolean): Call[] =>
        rows.flatMap(([answer, said, isServed, session, text], n) => {
          const same = { sessionId: `s${session}`, request: call(text, '').request };
          const plain = call(n, answer, same);
          if (isServed && n > 3) {
            const served = { served: { by: 'spec_1', reason: 'confident' as const } };
            return withFeedback && said ? [call(n, answer, { ...same, ...served, feedback: said })] : [];
          }
          return [withFeedback && said ? { ...plain, feedback: said } : plain];
        });
      const seen = (dataset: Dataset) =>
        heldBack(dataset).map(({ callId, answer, weight }) => [callId, answer, weight]);
      const told = buildDataset(task, of(true), { seed: 1, shares: SHARES });
      assert.deepEqual(seen(told), seen(buildDataset(task, of(false), { seed: 1, shares: SHARES })));
    }),
  );
});
const SHARES = { train: 0.4, validation: 0.2, calibration: 0.2, exam: 0.2 };

test('what was corrected is taught as corrected, and what is only known to be wrong is not taught', () => {
  const calls = Array.from({ length: 20 }, (_, n) => call(n, 'a'));
  calls[0] = call(0, 'a', { feedback: { correction: says('b') } });
  calls[1] = call(1, 'a', { feedback: { correct: false } });
  calls[2] = call(2, 'a', { feedback: { correct: true } });
  calls[3] = call(3, 'a', {
    served: { by: 'spec_1', reason: 'confident' },
    feedback: { correction: says('c') },
  });
  calls[18] = call(18, 'a', { feedback: { correction: says('b') } });
  calls[19] = call(19, 'a', {
    served: { by: 'spec_1', reason: 'confident' },
    feedback: { correction: says('c') },
  });
  const dataset = buildDataset(task, calls, { seed: 1, shares: SHARES });
  const found = byCall(dataset);
  assert.deepEqual(
    [0, 1, 2, 3].map((n) => found.get(`call_${n}`)?.answer),
    ['b', undefined, 'a', 'c'],
  );
  assert.deepEqual(dataset.dropped, { wrong: 1, corrected: 1 });
  assert.deepEqual(found.get('call_18'), {
    ...found.get('call_18'),
    split: 'exam',
    answer: 'a',
    truth: { correct: 'b', llm: 'a' },
  });
  const complete = byCall(buildDataset(task, calls, { seed: 1, shares: SHARES, truth: 'complete' }));
  assert.equal(complete.get('call_18')?.answer, 'b');
  assert.equal(complete.get('call_17')?.answer, 'a');
});

test('one correction outweighs repeats of the same input', () => {
  const calls = Array.from({ length: 20 }, (_, n) => call(n, 'a'));
  for (const n of [1, 2, 3]) calls[n] = { ...call(n, 'a'), request: calls[0]!.request, sessionId: 's0' };
  calls[2] = { ...calls[2]!, feedback: { correction: says('b') } };
  const { splits } = buildDataset(task, calls, { seed: 1, shares: SHARES });
  const example = splits.train.find(({ callId }) => callId === 'call_0');
  assert.equal(example?.answer, 'b');
  assert.equal(example?.weight, 4);
});

test('a word on a held-back call makes no other dataset', () => {
  const calls = Array.from({ length: 20 }, (_, n) => call(n, 'a'));
  const { id } = buildDataset(task, calls, { seed: 1, shares: SHARES });
  calls[18] = call(18, 'a', { feedback: { correction: says('b') } });
  assert.equal(buildDataset(task, calls, { seed: 1, shares: SHARES }).id, id);
  calls[0] = call(0, 'a', { feedback: { correction: says('b') } });
  assert.notEqual(buildDataset(task, calls, { seed: 1, shares: SHARES }).id, id);
});
