import assert from 'node:assert/strict';
import { it } from 'node:test';
import { learnPlan, readExample } from './plan.ts';

it('days of all fields are named beside one day, though some examples say it of another field', () => {
  // 1 March 2019: `tomorrow` is said of one date, and the other is seven days later.
  const examples = Array.from({ length: 40 }, (_, i) => {
    const [from, to] = [2 + (i % 2), 9 + (i % 5)];
    const said = from === 2 ? 'tomorrow' : 'the day after tomorrow';
    const answer = `book {"from":"2019-03-0${from}","to":"2019-03-${String(to).padStart(2, '0')}"}`;
    return readExample('mixed', `user: from ${said} until March ${to}th, room ${i}`, answer);
  });
  const edits = learnPlan('mixed', examples).fields.map((field) => [field.path.join('.'), field.edits]);
  assert.deepEqual(edits, [
    ['book.from', ['day after 2019-03-01']],
    ['book.to', ['day after 2019-03-01']],
  ]);
});
