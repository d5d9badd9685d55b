import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scorerContract } from '../../../test/contracts/scorer.ts';
import { judgeText, knownPairs, measureJudge } from './judge.ts';
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

/** A judge that knows the good answers, and says so from either place. */
const fairJudge =
  (good: ReadonlySet<string>) =>
  async (prompt: string): Promise<string> => {
    const at = (n: number): string =>
      new RegExp(`<answer_${n}>\n(.*)\n</answer_${n}>`).exec(prompt)?.[1] ?? '';
    const [a, b] = [good.has(at(1)), good.has(at(2))];
    return a === b ? 'TIE' : a ? '1' : 'Answer 2.';
  };

scorerContract('text', scorerFor('text', { ask: fairJudge(new Set(['Sent today.', 'It left today.'])) }), [
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
  const correct = async (actual: string, ask?: typeof good): Promise<boolean | null> =>
    (
      await scorerFor('json', ask ? { ...options, ask } : options).score(
        'x',
        '{"a":"Sent today.","b":"Thanks."}',
        actual,
      )
    ).correct;
  assert.equal(await correct('{"a":"It left today.","b":"Thank you."}', good), true);
  assert.equal(await correct('{"a":"It left today.","b":"No."}', good), false);
  assert.equal(await correct('{"a":"It left today.","b":"Thank you."}'), null);
  assert.equal(await correct('{"a":"It left today.","b":"Thank you."}', async () => 'Hard to say'), null);
  assert.equal(await correct('{"a":"Sent today.","b":5}', good), false);
});

test('without a judge, texts that differ are undecided', async () => {
  assert.equal((await scorerFor('text').score('x', 'Yes.', 'Indeed.')).correct, null);
});

test('a judge that favours a place passes nothing, one that rambles decides nothing', async () => {
  assert.equal(await judgeText(async () => '1', 'x', 'a', 'b'), false);
  assert.equal(await judgeText(async () => '2', 'x', 'a', 'b'), false);
  assert.equal(await judgeText(async () => 'Hard to say', 'x', 'a', 'b'), null);
});

test("the judge's own error is measured on known pairs", async () => {
  const pairs = knownPairs([
    { input: 'x', answer: 'a' },
    { input: 'y', answer: 'b' },
  ]);
  const lax = await measureJudge(async () => 'TIE', pairs);
  assert.deepEqual([lax.passedWrong.share, lax.failedCorrect.share], [1, 0]);
  const strict = await measureJudge(async () => '1', pairs);
  assert.deepEqual([strict.passedWrong.share, strict.failedCorrect.share], [0, 1]);
});
