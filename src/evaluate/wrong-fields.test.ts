import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scorerFor } from './scorers/scorer.ts';
import { wrongFieldText } from './wrong-fields.ts';

test('a refusal names the field that most errors are in, by the schema’s word, without a value', async () => {
  const properties = { amount: { type: 'number' }, note: { type: 'string' } };
  const scorer = scorerFor('json', { schema: { properties } });
  const mark = (actual: string) => scorer.score('x', '{"amount":5,"note":"secret"}', actual);
  const noted = await Promise.all(['a', 'b', 'c', 'd'].map((note) => mark(`{"amount":5,"note":"${note}"}`)));
  const other = await mark('{"amount":6,"note":"secret"}');
  const right = await mark('{"amount":5,"note":"secret"}');
  const text = wrongFieldText([...noted, other, right]);
  assert.match(text, /^ Of its 5 wrong answers, 4 differ first in `answer\.note`/);
  assert.doesNotMatch(text, /secret/);
  assert.equal(wrongFieldText([noted[0]!, noted[1]!, other, right]), '');
});
