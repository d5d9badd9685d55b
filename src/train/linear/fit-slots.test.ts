import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Example } from '../../core/dataset.ts';
import { seededRandom } from '../../core/random.ts';
import { fillTemplate, learnCopying, toTemplate } from '../../models/classifier/answer-template.ts';
import { fitSlotRanker } from './fit-slots.ts';

const example = (input: string, answer: string): Example => ({
  id: input,
  callId: input,
  sessionId: input,
  at: 0,
  weight: 1,
  input,
  answer,
});

/** Mails that name one or two order numbers, in ways that say which is meant. */
function orders(n: number, seed: number): Example[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, () => {
    const [correct, wrong] = [10000 + random.below(89999), 10000 + random.below(89999)];
    const text = random.pick([
      `Where is order ${correct}? Thanks.`,
      `My order ${wrong} is late. Not ${wrong} but ${correct}, sorry.`,
      `My earlier order ${wrong} was fine. Where is ${correct}?`,
      `Please check ${correct}. The one before, ${wrong}, came in time.`,
    ]);
    return example(text, JSON.stringify({ order: `${correct}` }));
  });
}

test('the words around a value tell whether it is the one that is meant', () => {
  const train = orders(200, 1);
  const plan = learnCopying('json', train);
  const weights = fitSlotRanker('json', plan, train, 1);
  const answerTo = (input: string) => fillTemplate('json', plan, weights, template, input);
  const template = toTemplate('json', plan, train[0]!.input, train[0]!.answer);
  const fresh = orders(100, 2);
  const correct = fresh.filter(({ input, answer }) => answerTo(input)?.answer === answer).length;
  assert.ok(correct >= 97, `${correct} of 100`);
  const [clear, unclear] = [answerTo('Where is order 12345?'), answerTo('12345 67890')];
  assert.equal(clear?.slotConfidence, 1);
  assert.ok(unclear!.slotConfidence < 0.95);
});

test('filling a template with its own input gives the answer back', () => {
  const value = fc.oneof(
    fc.integer({ min: 0, max: 99999 }).map(String),
    fc.constantFrom('AB-123', 'x@y.org', 'hello', 'PARIS', '3.50', '2024-01-01', 'a_b_77'),
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 6 }), fc.nat(5), (words, at) => {
      const input = words.join(' and ');
      const answer = JSON.stringify({ v: words[at % words.length], w: 'fixed', n: 3 });
      const plan = learnCopying('json', [example(input, answer)]);
      const weights = fitSlotRanker('json', plan, [example(input, answer)], 1);
      const filled = fillTemplate('json', plan, weights, toTemplate('json', plan, input, answer), input);
      assert.equal(filled?.answer, answer);
    }),
  );
});
