/** From a task’s calls to its examples: which split each goes to, what is collapsed, and what is left out. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  answered,
  sortCall as call,
  EIGHT_TEXTS,
  IN_FOUR,
  sum,
  sortTask as task,
  WORDS,
} from '../../test/support/sort-calls.ts';
import type { Call } from '../core/call.ts';
import { type Dataset, SPLITS } from '../core/dataset.ts';
import type { JsonObject } from '../core/json.ts';
import type { Task } from '../core/task.ts';
import { buildDataset } from './dataset.ts';

/** Many repeats and many texts with one word of forty changed, over few sessions. */
const calls = fc
  .array(fc.tuple(fc.nat(12), fc.nat(5), fc.option(fc.nat(39)), fc.constantFrom('a', 'b')), { maxLength: 60 })
  .map((rows) =>
    rows.map(([session, base, changed, answer], id) => {
      const text = Array.from({ length: 40 }, (_, i) => WORDS[(i * (base + 2) + base + (i >> 2)) % 15]!);
      if (changed !== null) text[changed] = 'other';
      return call(id, session, text.join(' '), answer);
    }),
  );

const all = (dataset: Dataset) =>
  SPLITS.flatMap((split) => dataset.splits[split].map((example) => ({ split, example })));

describe('buildDataset', () => {
  it('keeps each session on one side and each held-back call by itself, the same each time', () => {
    fc.assert(
      fc.property(calls, fc.constantFrom('time' as const, 'shuffle-sessions' as const), (given, order) => {
        const dataset = buildDataset(task, given, { seed: 3, order });
        const examples = all(dataset);
        const sides = new Map<string, string>();
        for (const { split, example } of examples) {
          assert.equal(sides.get(example.sessionId) ?? split, split);
          sides.set(example.sessionId, split);
        }
        const train = dataset.splits.train.map(({ input }) => input);
        assert.equal(new Set(train).size, train.length);
        const counted =
          sum(examples.map(({ example }) => example.weight)) + sum(Object.values(dataset.dropped));
        assert.equal(counted, given.length);
        assert.ok(examples.every(({ split, example }) => split === 'train' || example.weight === 1));
        assert.deepEqual(buildDataset(task, given.toReversed(), { seed: 3, order }), dataset);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves out no held-back call for what it resembles, and marks it where its input was learnt from', () => {
    fc.assert(
      fc.property(calls, (given) => {
        const { splits, dropped } = buildDataset(task, given, { seed: 3 });
        assert.deepEqual(dropped, {});
        const inputOf = new Map(given.map(({ id, request }) => [id, request.messages[1]!.content]));
        const trained = new Set(given.map(({ id }) => id));
        for (const name of SPLITS.slice(1)) for (const { callId } of splits[name]) trained.delete(callId);
        const learnt = new Set([...trained].map((id) => inputOf.get(id)!));
        for (const name of ['validation', 'calibration', 'exam'] as const) {
          for (const { input, seen } of splits[name]) assert.equal(seen ?? false, learnt.has(input));
          if (name === 'validation') for (const { input } of splits[name]) learnt.add(input);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('orders by time: the exam is later than the training', () => {
    fc.assert(
      fc.property(calls, (given) => {
        const { splits } = buildDataset(task, given, { seed: 1 });
        const start = new Map<string, number>();
        for (const each of given)
          start.set(each.sessionId, Math.min(start.get(each.sessionId) ?? 1e9, each.at));
        const starts = (name: (typeof SPLITS)[number]) =>
          splits[name].map((each) => start.get(each.sessionId)!);
        assert.ok(Math.max(0, ...starts('train')) < Math.min(1e9, ...starts('exam')));
        assert.ok(Math.max(0, ...starts('validation')) < Math.min(1e9, ...starts('calibration')));
      }),
    );
  });

  it('makes repeats a weight with the most frequent answer; the id follows the content', () => {
    const given = [
      call(1, 1, 'where is my order', 'a'),
      call(2, 1, 'where is my order', 'b'),
      call(3, 1, 'where is my order', 'b'),
      call(4, 1, 'cancel it', 'a'),
    ];
    const dataset = buildDataset(task, given, { seed: 1 });
    const [order] = dataset.splits.train;
    assert.equal(order?.weight, 3);
    assert.equal(order?.answer, 'b');
    assert.equal(dataset.splits.train.length, 2);
    const changed = buildDataset(task, given.with(3, call(4, 1, 'cancel it', 'b')), { seed: 1 });
    assert.notEqual(changed.id, dataset.id);
  });

  it('measures a repeat of a training text as seen, and leaves out calls of another task', () => {
    const given = [1, 2, 3, 4, 5, 6, 7, 8].map((i) => call(i, i, i === 8 ? 'text 1' : `text ${i}`, 'a'));
    const foreign = call(9, 9, 'x', 'a');
    const other = { ...foreign, request: { ...foreign.request, messages: [foreign.request.messages[1]!] } };
    const dataset = buildDataset(task, [...given, other], { seed: 1 });
    assert.deepEqual(dataset.dropped, { unfamiliar: 1 });
    assert.deepEqual(
      dataset.splits.exam.map(({ callId, seen }) => [callId, seen]),
      [['call_8', true]],
    );
  });

  it('counts the calls of a session in train as they came, repeats included', () => {
    const calls: Call[] = [];
    const add = (session: number, text: string): void => {
      calls.push(call(calls.length, session, text, 'a'));
    };
    for (let session = 0; session < 40; session++)
      for (let i = 0; i < (session % 2 === 0 ? 8 : 1); i++)
        add(session, `the same again in ${'x'.repeat(session)}`);
    const { splits, trainSessions } = buildDataset(task, calls, { seed: 1 });
    assert.ok(splits.train.length < 40);
    const held = new Set(
      [...splits.validation, ...splits.calibration, ...splits.exam].map((e) => e.sessionId),
    );
    const expected = [...Map.groupBy(calls, ({ sessionId }) => sessionId)]
      .filter(([id]) => !held.has(id))
      .map(([, { length }]) => length);
    assert.deepEqual(trainSessions, expected);
  });

  it('lets calls teach that no specialist would be asked about, and prove nothing by them', () => {
    const logit_bias = { 7: 1 };
    for (const [learnt, params, isAsked] of [
      [task, {}, true],
      [task, { logprobs: true }, false],
      [task, { n: 3 }, false],
      [task, { logit_bias }, false],
      [{ ...task, logitBias: logit_bias }, { logit_bias }, true],
      [{ ...task, logitBias: logit_bias }, {}, false],
    ] as readonly [Task, JsonObject, boolean][]) {
      const given = EIGHT_TEXTS.map((text, i) => answered(call(i, i, text, 'a'), { content: 'a' }, params));
      const { splits, dropped } = buildDataset(learnt, given, { seed: 1, shares: IN_FOUR });
      assert.equal(splits.train.length, 4);
      assert.equal(splits.calibration.length, isAsked ? 2 : 0, JSON.stringify(params));
      assert.deepEqual(dropped, isAsked ? {} : { policy: 4 });
    }
  });
});
