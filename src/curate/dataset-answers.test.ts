/** What a dataset takes for a call’s answer, what it teaches, and how often the LLM contradicts itself. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  answered,
  sortCall as call,
  EIGHT_TEXTS,
  IN_FOUR,
  sortTask as task,
} from '../../test/support/sort-calls.ts';
import type { Call, Message } from '../core/call.ts';
import { SPLITS } from '../core/dataset.ts';
import type { JsonObject } from '../core/json.ts';
import type { Task } from '../core/task.ts';
import { buildDataset } from './dataset.ts';
import { usableCalls } from './usable.ts';

/** The call, with log-probabilities that tell of other answers. */
const told = (one: Call, ...alternatives: readonly [string, number][]): Call => ({
  ...one,
  response: {
    ...one.response!,
    alternatives: alternatives.map(([start, probability]) => ({ start, probability })),
  },
});

describe('answers in a dataset', () => {
  it('are held back and not taught where no specialist can give them', () => {
    const hard: readonly (readonly [Task['kind'], Partial<Message>, string])[] = [
      ['json', { content: '{"id":9007199254740993}' }, 'unsafe-number'],
      ['json', { content: '{"id":[{"x":-90071992547409931}]}' }, 'unsafe-number'],
      ['json', { content: '{"id":1e400}' }, 'unsafe-number'],
      ['json', { content: '{"share":0.12345678901234567891}' }, 'unsafe-number'],
      [
        'tool',
        { toolCalls: [{ id: 'c', name: 'f', arguments: '{"id":9007199254740993}' }] },
        'unsafe-number',
      ],
      ['tool', { content: 'f {"id":1}' }, 'other-kind'],
      ['tool', { toolCalls: [{ id: 'c', name: 'f', arguments: '{"a":' }] }, 'broken-tool-call'],
      ['tool', { toolCalls: [{ id: 'c', name: '', arguments: '' }] }, 'broken-tool-call'],
      ['label', { toolCalls: [{ id: 'c', name: 'f', arguments: '' }] }, 'other-kind'],
    ];
    for (const [kind, message, reason] of hard) {
      const given = EIGHT_TEXTS.map((text, i) =>
        answered(call(i, i, text, 'a'), i % 2 === 0 ? message : { content: 'a' }),
      );
      const { splits, dropped } = buildDataset({ ...task, kind }, given, { seed: 1, shares: IN_FOUR });
      assert.deepEqual(dropped, { [reason]: 2 });
      assert.deepEqual(
        splits.train.map(({ answer }) => answer),
        ['a', 'a'],
      );
      const heldBack = SPLITS.slice(1).flatMap((name) => splits[name].map(({ answer }) => answer));
      assert.deepEqual(heldBack, ['', 'a', '', 'a']);
    }
  });

  it('do not decide which calls are held back', () => {
    const message = fc.oneof(
      fc.record({
        content: fc.constantFrom(
          '',
          'a',
          'A.',
          '<think>x',
          '{"id":9007199254740993}',
          '{"a":',
          'b'.repeat(900),
        ),
      }),
      fc.record({
        toolCalls: fc.array(fc.record({ id: fc.string(), name: fc.string(), arguments: fc.string() }), {
          minLength: 1,
          maxLength: 2,
        }),
      }),
    );
    const kinds = fc.constantFrom<Task['kind']>('label', 'json', 'tool', 'text');
    fc.assert(
      fc.property(fc.array(message, { minLength: 8, maxLength: 8 }), kinds, (messages, kind) => {
        const given = usableCalls(
          EIGHT_TEXTS.map((text, i) => answered(call(i, i, text, 'a'), messages[i]!)),
        );
        assert.deepEqual(given.dropped, {});
        const { splits } = buildDataset({ ...task, kind }, given.calls, { seed: 1, shares: IN_FOUR });
        const ids = SPLITS.slice(1).map((name) => splits[name].map(({ callId }) => callId));
        assert.deepEqual(ids, [['call_4'], ['call_5', 'call_6'], ['call_7']]);
        assert.ok(splits.train.every(({ answer }) => answer !== ''));
      }),
    );
  });

  it('are a label in each of its spellings, and where nothing is said', () => {
    const said = ['', 'a', ' "A".', '**b**', '<think>so</think> a', 'B', ' ', 'b'];
    const given = EIGHT_TEXTS.map((text, i) => answered(call(i, i, text, 'a'), { content: said[i]! }));
    const learnt = { ...task, labels: ['a', 'b', ''] };
    const { splits } = buildDataset(learnt, given, { seed: 1, shares: IN_FOUR });
    assert.deepEqual(
      SPLITS.flatMap((name) => splits[name].map(({ answer }) => answer)),
      ['∅', 'a', 'a', 'b', 'a', 'b', '∅', 'b'],
    );
  });
});

describe('contradictions', () => {
  it('are counted over inputs that came more than once', () => {
    const said = ['a', 'b', 'a', 'a', 'b', 'b', 'a'];
    const given = said.map((answer, i) => call(i, i, ['x', 'x', 'x', 'x', 'y', 'y', 'z'][i]!, answer));
    assert.deepEqual(buildDataset(task, given, { seed: 1 }).contradictions, { repeated: 6, differing: 1 });
  });

  it('are none where answers are equal by schema or policy', () => {
    const responseFormat: JsonObject = {
      type: 'json_schema',
      json_schema: { name: 'x', schema: { properties: { n: { type: 'number' }, note: { type: 'string' } } } },
    };
    const given = [
      '{"n":1,"note":"a"}',
      '{"note":"a","n":"1"}',
      '{"n":1.0,"note":"b"}',
      '{"n":2,"note":"a"}',
    ].map((content, i) => answered(call(i, i, 'one text', 'a'), { content }));
    const of = { ...task, kind: 'json', responseFormat } as const;
    assert.deepEqual(buildDataset(of, given, { seed: 1 }).contradictions, { repeated: 4, differing: 2 });
    const equality = { 'x.note': 'ignore' } as const;
    const lenient = buildDataset(of, given, { seed: 1, equality });
    assert.deepEqual(lenient.contradictions, { repeated: 4, differing: 1 });
    assert.equal(lenient.id, buildDataset(of, given, { seed: 1 }).id);
  });
});

describe('soft targets', () => {
  it('are of labels to train on, among the labels of training, and of nothing else', () => {
    // In time: the first half trains, and only the exam knows the label c.
    const texts = 'rake hose fork seed pot lamp glove saw'.split(' ');
    const plain = texts.map((text, i) => call(i, i, text, i === 7 ? 'c' : i % 2 === 0 ? 'a' : 'b'));
    const given = plain.map((one) => told(one, ['b', 0.2], ['a', 0.1], ['c', 0.3]));
    const shares = { train: 0.5, validation: 0.125, calibration: 0.25, exam: 0.125 };
    const { splits } = buildDataset(task, given, { seed: 1, shares });
    assert.deepEqual(
      splits.train.map(({ answer, soft }) => [answer, soft]),
      [0, 1, 2, 3].map((i) =>
        i % 2 === 0 ? ['a', [{ answer: 'b', probability: 0.2 }]] : ['b', [{ answer: 'a', probability: 0.1 }]],
      ),
    );
    for (const split of ['validation', 'calibration', 'exam'] as const)
      for (const example of splits[split]) assert.ok(!('soft' in example));

    const hard = buildDataset(task, plain, { seed: 1, shares });
    assert.notEqual(buildDataset(task, given, { seed: 1, shares }).id, hard.id);
    // Texts have no labels to share a probability among.
    const text = { ...task, kind: 'text' as const };
    assert.deepEqual(
      buildDataset(text, given, { seed: 1, shares }),
      buildDataset(text, plain, { seed: 1, shares }),
    );
    // Nor does a beginning that is nobody's change anything.
    const vain = plain.map((one) => told(one, ['x', 0.5]));
    assert.deepEqual(buildDataset(task, vain, { seed: 1, shares }), hard);
  });

  it('are, of collapsed calls, those of the first with the kept answer and log-probabilities', () => {
    const given = [
      told(call(1, 1, 'where is my order', 'a'), ['b', 0.4]),
      call(2, 1, 'where is my order', 'b'),
      told(call(3, 1, 'where is my order', 'b'), ['a', 0.3]),
      told(call(4, 1, 'where is my order', 'b'), ['a', 0.35]),
      call(5, 1, 'cancel it', 'a'),
    ];
    const [order, cancel] = buildDataset(task, given, { seed: 1 }).splits.train;
    assert.deepEqual(
      [order?.answer, order?.weight, order?.soft],
      ['b', 4, [{ answer: 'a', probability: 0.3 }]],
    );
    assert.ok(cancel && !('soft' in cancel));
  });
});
