import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scorerContract } from '../../../test/contracts/scorer.ts';
import type { Judge } from '../../core/judge.ts';
import { scorerFor } from './scorer.ts';

scorerContract('label', scorerFor('label'), [
  { input: 'x', expected: 'refund', same: ['refund '], wrong: ['billing'], malformed: [] },
]);
const schema = { properties: { n: { type: 'integer' }, o: { type: 'string' } }, required: ['n'] };
scorerContract('json', scorerFor('json', { schema }), [
  {
    input: 'x',
    expected: '{"n":1,"s":"a"}',
    same: [
      '{"s":"a","n":1.0}',
      '{"n":"1","s":" a"}',
      '```json\n{"n":1,"s":"a"}\n```',
      '{"n":1,"s":"a","o":null}',
    ],
    wrong: ['{"n":2,"s":"a"}', '{"n":1}', '{"n":1,"s":"A"}', '{"n":1,"s":"a","p":null}'],
    malformed: ['{"n":', 'one'],
  },
]);
scorerContract(
  'tool',
  scorerFor('tool', { toolSchemas: { f: { properties: { n: { type: 'integer' } } } } }),
  [
    {
      input: 'x',
      expected: 'f {"n":1,"city":"New York"}\ng {}',
      same: ['f {"city":"New York", "n":1}\ng {}', 'f {"n":"1","city":"New York"}\ng {}'],
      wrong: [
        'f {"n":1,"city":"New York"}',
        'f {"n":2,"city":"New York"}\ng {}',
        'g {}\nf {"n":1,"city":"New York"}',
        'h {}\ng {}',
      ],
      malformed: ['I would call f.', 'f {'],
    },
  ],
);

/** A judge that knows the good answers. */
const fairJudge = (good: ReadonlySet<string>): Pick<Judge, 'judge'> => ({
  judge: async ({ reference, answer }) => {
    const isWorse = good.has(reference) && !good.has(answer);
    return { outcome: isWorse ? 'worse' : 'as-good', byPlace: null };
  },
});
const rambling: Pick<Judge, 'judge'> = {
  judge: async () => ({ outcome: 'unreadable', byPlace: null }),
};

scorerContract('text', scorerFor('text', { judge: fairJudge(new Set(['Sent today.', 'It left today.'])) }), [
  {
    input: 'Where is it?',
    expected: 'Sent today.',
    same: [' Sent today.', 'It left today.'],
    wrong: ['No idea.'],
    malformed: [],
  },
]);

test('texts that a policy leaves to a judge are judged, one by one', async () => {
  const options = { policy: { 'answer.a': 'text', 'answer.b': 'text' } } as const;
  const good = fairJudge(new Set(['Sent today.', 'It left today.', 'Thanks.', 'Thank you.']));
  const correct = async (actual: string, judge?: typeof good): Promise<boolean | null> =>
    (
      await scorerFor('json', judge ? { ...options, judge } : options).score(
        'x',
        '{"a":"Sent today.","b":"Thanks."}',
        actual,
      )
    ).correct;
  assert.equal(await correct('{"a":"It left today.","b":"Thank you."}', good), true);
  assert.equal(await correct('{"a":"It left today.","b":"No."}', good), false);
  assert.equal(await correct('{"a":"It left today.","b":"Thank you."}'), null);
  assert.equal(await correct('{"a":"It left today.","b":"Thank you."}', rambling), null);
  assert.equal(await correct('{"a":"Sent today.","b":5}', good), false);
});

test('without a judge, texts that differ are undecided', async () => {
  assert.equal((await scorerFor('text').score('x', 'Yes.', 'Indeed.')).correct, null);
});
