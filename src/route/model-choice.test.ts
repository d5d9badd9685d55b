import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseModel, thresholdForShare, valueOfLlm } from './model-choice.ts';

const values = fc.array(
  fc.oneof(fc.double({ min: -1, max: 1, noNaN: true }), fc.constantFrom(-0.5, 0, 0.5)),
  { minLength: 1, maxLength: 60 },
);

/** A call whose value is this. */
const call = (value: number) => ({ cheap: 0, llm: value });

test('a threshold sends no more calls to the LLM than the budget, and any lower value in use would', () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
      const threshold = thresholdForShare(all, share);
      const sent = (limit: number): number =>
        all.filter((value) => chooseModel(call(value), limit) === 'llm').length;
      assert.ok(sent(threshold) <= share * all.length + 1e-6);
      const lower = Math.max(...all.filter((value) => value < threshold), Number.NEGATIVE_INFINITY);
      if (threshold > Number.NEGATIVE_INFINITY)
        assert.ok(sent(lower) > Math.floor(share * all.length) || sent(lower) === sent(threshold));
    }),
  );
});

test('no budget sends nothing, a whole one all, and what lies outside [0, 1] counts as its end', () => {
  const all = [0.2, -0.3, 0.2];
  const sent = (share: number): number => {
    const threshold = thresholdForShare(all, share);
    return all.filter((value) => chooseModel(call(value), threshold) === 'llm').length;
  };
  assert.deepEqual([-1, 0, 1, 2].map(sent), [0, 0, 3, 3]);
  assert.equal(thresholdForShare([], 0.5), Number.NEGATIVE_INFINITY);
});

test('equal values go to the cheap model together where the budget does not cover all of them', () => {
  const all = [0.5, 0.5, 0.5, -0.5];
  const threshold = thresholdForShare(all, 0.5);
  assert.ok(all.every((value) => chooseModel(call(value), threshold) === 'cheap'));
});

test('the LLM is worth what it is more probable to be correct', () => {
  assert.equal(valueOfLlm({ cheap: 0.25, llm: 0.75 }), 0.5);
  assert.equal(valueOfLlm({ cheap: 1, llm: 0.5 }), -0.5);
});
