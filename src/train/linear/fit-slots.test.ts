import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Example } from '../../core/dataset.ts';
import { seededRandom } from '../../core/random.ts';
import { fillSkeleton, learnCopying, toSkeleton } from '../../models/classifier/answer-template.ts';
import { fitPointing } from './fit-slots.ts';

const example = (input: string, answer: string): Example => ({
  ...{ id: input, callId: input, sessionId: input, at: 0, weight: 1 },
  ...{ input, answer },
});

/** Mails that name one or two order numbers, in ways that say which is meant. */
function orders(n: number, seed: number): Example[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, () => {
    const [right, wrong] = [10000 + random.below(89999), 10000 + random.below(89999)];
    const text = random.pick([
      `Where is order ${right}? Thanks.`,
      `My order ${wrong} is late. Not ${wrong} but ${right}, sorry.`,
      `My earlier order ${wrong} was fine. Where is ${right}?`,
      `Please check ${right}. The one before, ${wrong}, came in time.`,
    ]);
    return example(text, JSON.stringify({ order: `${right}` }));
  });
}

test('the one that is meant is told from the one that is not, by the words around it', () => {
  const train = orders(200, 1);
  const plan = learnCopying('json', train);
  const weights = fitPointing('json', plan, train, 1);
  const answerTo = (input: string) => fillSkeleton('json', plan, weights, skeleton, input);
  const skeleton = toSkeleton('json', plan, train[0]!.input, train[0]!.answer);
  const fresh = orders(100, 2);
  const right = fresh.filter(({ input, answer }) => answerTo(input)?.answer === answer).length;
  assert.ok(right >= 97, `${right} of 100`);
  const [clear, unclear] = [answerTo('Where is order 12345?'), answerTo('12345 67890')];
  assert.equal(clear?.clarity, 1);
  assert.ok(unclear!.clarity < 0.95);
});

test('filling a skeleton with its own input gives the answer back', () => {
  const value = fc.oneof(
    fc.integer({ min: 0, max: 99999 }).map(String),
    fc.constantFrom('AB-123', 'x@y.org', 'hello', 'PARIS', '3.50', '2024-01-01', 'a_b_77'),
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 6 }), fc.nat(5), (words, at) => {
      const input = words.join(' and ');
      const answer = JSON.stringify({ v: words[at % words.length], w: 'fixed', n: 3 });
      const plan = learnCopying('json', [example(input, answer)]);
      const weights = fitPointing('json', plan, [example(input, answer)], 1);
      const filled = fillSkeleton('json', plan, weights, toSkeleton('json', plan, input, answer), input);
      assert.equal(filled?.answer, answer);
    }),
  );
});
