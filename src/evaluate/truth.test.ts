import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Example, Truth } from '../core/dataset.ts';
import { scorerFor } from './scorers/scorer.ts';
import { compareWithTruth, type TruthAnswer } from './truth.ts';

const options = {
  scorer: scorerFor('label'),
  epsilon: 0.02,
  delta: 0.05,
  complete: false,
  scope: 'all' as const,
};
let made = 0;
/** A call to which the LLM said 'a'. */
const answer = (said: string, truth: Truth | undefined, session = `s${made}`, served = true): TruthAnswer => {
  const id = `${made++}`;
  const example: Example = {
    id,
    callId: id,
    sessionId: session,
    at: 1,
    input: 'x',
    answer: 'a',
    weight: 1,
    ...(truth ? { truth } : {}),
  };
  return { example, answer: said, served };
};
const A: Truth = { correct: 'a', llm: 'a' };
const B: Truth = { correct: 'b', llm: 'a' };
const times = (n: number, make: () => TruthAnswer): TruthAnswer[] => Array.from({ length: n }, make);

test('both are compared with what is known; what is not known counts for neither', async () => {
  const found = await compareWithTruth(
    [
      ...times(3, () => answer('a', A)),
      answer('b', A),
      ...times(2, () => answer('b', B)),
      answer('a', B),
      answer('a', { correct: '', llm: 'a' }),
      answer('c', { correct: 'c', llm: null }),
      answer('b', undefined),
    ],
    options,
  );
  assert.equal(found?.heldBack, 10);
  assert.equal(found.known, 8);
  assert.deepEqual([found.onlySpecialist, found.onlyLlm], [1, 2]);
  assert.deepEqual([found.specialist.hits, found.llm.hits, found.llm.n], [3, 4, 8]);
  assert.equal(found.nonInferior, false);
});

test('no worse is said where the bound is within the margin, and no sooner', async () => {
  const same = (n: number) =>
    compareWithTruth(
      times(n, () => answer('a', A)),
      options,
    );
  // 1 − 0.025^(1/n) ≤ 2 % from 183 calls on.
  assert.equal((await same(182))?.nonInferior, false);
  assert.equal((await same(183))?.nonInferior, true);
  const better = await compareWithTruth(
    [...times(60, () => answer('a', A)), ...times(40, () => answer('b', B))],
    options,
  );
  assert.equal(better?.nonInferior, true);
  assert.ok((better?.high ?? 1) < 0);
});

test('of a session one call counts, and only those that would be served where the scope says so', async () => {
  const long = times(50, () => answer('b', A, 'long'));
  const served = [...long, answer('a', A, 'x'), answer('b', A, 'y', false)];
  const found = await compareWithTruth(served, { ...options, scope: 'served' });
  assert.equal(found?.specialist.n, 2);
  assert.equal(found?.known, 52);
});

test('in a complete record what nobody corrected is correct', async () => {
  const all = [answer('a', undefined), answer('b', undefined), answer('b', B)];
  assert.equal((await compareWithTruth(all, options))?.specialist.n, 1);
  const found = await compareWithTruth(all, { ...options, complete: true });
  assert.deepEqual([found?.specialist.n, found?.specialist.hits, found?.llm.hits], [3, 1, 1]);
});

test('where nothing is known nothing is said', async () => {
  assert.equal(await compareWithTruth([answer('a', undefined)], options), undefined);
});
