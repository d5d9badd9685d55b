import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withHandOver } from './hand-over.ts';
import type { TrainingText } from './tokenise.ts';

const text = (input: string, more: Partial<TrainingText> = {}): TrainingText => ({
  ...{ input, answer: 'a', weight: 2 },
  ...more,
});

test('what a model trained without it got wrong has handing over as a second answer', async () => {
  const texts = [text('x'), text('y'), text('soft', { probability: 0.7 }), text('z'), text('w')];
  const asked: string[] = [];
  const taught = await withHandOver(texts, 0.25, async (held, known, fold) => {
    asked.push(`${fold}: ${held.map(({ input }) => input)} of ${known.map(({ input }) => input)}`);
    return held.map(({ input }) => input === 'y' || input === 'w');
  });
  // Every text is asked of a model that has not seen it, but for those whose doubt is known.
  assert.deepEqual(asked, ['0: x,w of y,z', '1: y,z of x,soft,w']);
  assert.deepEqual(taught, [
    text('x'),
    text('y', { probability: 0.75 }),
    text('y', { answer: '?', probability: 0.25 }),
    text('soft', { probability: 0.7 }),
    text('z'),
    text('w', { probability: 0.75 }),
    text('w', { answer: '?', probability: 0.25 }),
  ]);
});

test('one text alone has no model without it; a task that answers with the word is refused', async () => {
  const never = async (): Promise<never> => assert.fail('it was asked');
  assert.deepEqual(await withHandOver([text('x')], 0.5, never), [text('x')]);
  await assert.rejects(withHandOver([text('x', { answer: '?' })], 0.5, never), { code: 'unsupported' });
});
