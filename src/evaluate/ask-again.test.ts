import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dataset, Example } from '../core/dataset.ts';
import { seededRandom } from '../core/random.ts';
import { withReferences } from './ask-again.ts';

const example = (id: string, answer: string): Example => ({
  id,
  callId: id,
  sessionId: id,
  at: 0,
  input: id,
  answer,
  weight: 1,
});
const dataset = (examples: readonly Example[]): Dataset => ({
  id: 'data_1',
  taskId: 'task_1',
  kind: 'label',
  order: 'time',
  splits: { train: [example('t', 'slip')], validation: [], calibration: examples, exam: [] },
  dropped: {},
  contradictions: { repeated: 0, differing: 0 },
});
const same = (a: string, b: string): boolean => a === b;

test('a slip among the recorded answers gives way to the majority, and is counted', async () => {
  const {
    dataset: fixed,
    selfAgreement,
    asked,
  } = await withReferences(dataset([example('a', 'truth'), example('b', 'slip')]), ['calibration', 'exam'], {
    ask: async () => 'truth',
    same,
  });
  assert.deepEqual(
    fixed.splits.calibration.map(({ answer }) => answer),
    ['truth', 'truth'],
  );
  assert.equal(fixed.splits.train[0]?.answer, 'slip', 'training data stays as it is');
  // Two again, a third where they differ, and a fourth that tells how often one more would.
  assert.deepEqual([selfAgreement.hits, selfAgreement.n, asked], [1, 2, 4]);
});

test('a slip of the second asking changes nothing: the third agrees with the first', async () => {
  const answers = ['slip', 'truth'];
  const { dataset: fixed } = await withReferences(dataset([example('a', 'truth')]), ['calibration', 'exam'], {
    ask: async () => answers.shift() ?? null,
    same,
  });
  assert.equal(fixed.splits.calibration[0]?.answer, 'truth');
});

test('where asking fails the recorded answer stands and is not compared', async () => {
  const { dataset: fixed, selfAgreement } = await withReferences(
    dataset([example('a', 'recorded')]),
    ['calibration', 'exam'],
    {
      ask: async () => null,
      same,
    },
  );
  assert.equal(fixed.splits.calibration[0]?.answer, 'recorded');
  assert.equal(selfAgreement.n, 0);
});

test('of an LLM with 2 % of slips hardly any is left among the references', async () => {
  const random = seededRandom(7);
  const answer = (): string => (random.next() < 0.02 ? `slip ${random.below(5)}` : 'truth');
  const examples = Array.from({ length: 2000 }, (_, i) => example(`${i}`, answer()));
  const { dataset: fixed, selfAgreement } = await withReferences(dataset(examples), ['calibration', 'exam'], {
    ask: async () => answer(),
    same,
  });
  const slips = fixed.splits.calibration.filter((each) => each.answer !== 'truth').length;
  assert.ok(slips <= 5, `${slips} slips left`);
  assert.ok(selfAgreement.low <= 0.96 && selfAgreement.high >= 0.96, JSON.stringify(selfAgreement));
});
