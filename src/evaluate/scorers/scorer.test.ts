import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scorerContract } from '../../../test/contracts/scorer.ts';
import type { Judge } from '../../core/judge.ts';
import { type Grade, type Scorer, scorerFor } from './scorer.ts';

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

test('fields that a policy calls texts are not judged: its errors on them are not known', async () => {
  const good = fairJudge(new Set(['Sent today.', 'It left today.']));
  const scorer = scorerFor('json', { policy: { 'answer.a': 'text' }, judge: good });
  const { correct, judged } = await scorer.score('x', '{"a":"Sent today."}', '{"a":"It left today."}');
  assert.deepEqual([correct, judged], [null, undefined]);
});

test('what a judge decided is marked, and a verdict that cannot be read decides nothing', async () => {
  const good = scorerFor('text', { judge: fairJudge(new Set(['Sent today.', 'It left today.'])) });
  const grade = (scorer: Scorer, actual: string): Promise<Grade> => scorer.score('x', 'Sent today.', actual);
  assert.deepEqual(await grade(good, 'It left today.'), {
    correct: true,
    judged: true,
    fieldScore: null,
    field: null,
  });
  assert.equal((await grade(good, 'No idea.')).correct, false);
  assert.equal((await grade(good, ' Sent today.')).judged, undefined, 'equal texts need no judge');
  assert.equal((await grade(scorerFor('text', { judge: rambling }), 'It left.')).correct, null);
});

test('without a judge, texts that differ are undecided', async () => {
  assert.equal((await scorerFor('text').score('x', 'Yes.', 'Indeed.')).correct, null);
});
