import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dataset, Example } from '../core/dataset.ts';
import { seededRandom } from '../core/random.ts';
import { withReferences } from './ask-again.ts';
import { slipRate } from './slips.ts';

interface World {
  /** The rate as it is measured, and its interval. */
  readonly measured: ReturnType<typeof slipRate>;
  /** How often a fresh answer differs from the reference, counted. */
  readonly truth: number;
}

/** An LLM whose answer to a call is other than its usual one with the chance `slipOf` gives the call. */
async function ask(n: number, slipOf: (i: number) => number, seed: number): Promise<World> {
  const random = seededRandom(seed);
  const answerTo = (i: number): string => (random.next() < slipOf(i) ? 'other' : 'usual');
  const calibration = Array.from(
    { length: n },
    (_, i): Example => ({
      id: `${i}`,
      callId: `${i}`,
      sessionId: `${i}`,
      at: 0,
      input: `${i}`,
      weight: 1,
      answer: answerTo(i),
    }),
  );
  const splits = { train: [], validation: [], calibration, exam: [] };
  const dataset: Dataset = {
    id: 'd',
    taskId: 't',
    kind: 'label',
    order: 'time',
    splits,
    dropped: {},
    contradictions: { repeated: 0, differing: 0 },
  };
  const { repeats, dataset: referenced } = await withReferences(dataset, ['calibration'], {
    ask: async ({ id }) => answerTo(Number(id)),
    same: (a, b) => a === b,
  });
  // A specialist that says what the majority says: every slip counts.
  const references = referenced.splits.calibration;
  const fresh = references.filter(({ answer }, i) => answerTo(i) !== answer).length;
  return { measured: slipRate([...repeats.values()], 0.05), truth: fresh / n };
}

test('the measured rate is that of a fresh answer, whether slips are spread out or gathered in a few calls', async () => {
  for (const slipOf of [
    () => 0.05,
    (i: number) => (i % 10 === 0 ? 0.5 : 0),
    (i: number) => (i % 4 === 0 ? 0.3 : 0.01),
  ]) {
    const { measured, truth } = await ask(40_000, slipOf, 1);
    assert.ok(Math.abs(measured.share - truth) < 0.006, `${measured.share} for ${truth}`);
  }
});

test('the interval holds the rate', async () => {
  let missed = 0;
  for (let seed = 0; seed < 60; seed++) {
    const { measured } = await ask(250, () => 0.05, seed);
    // For 5 % of slips: 0.05 · (1 − 3 · 0.05² + …) and what the majority itself gets wrong.
    if (measured.low > 0.0566 || measured.high < 0.0566) missed++;
  }
  assert.ok(missed <= 6, `${missed} of 60`);
});

test('where the specialist differs from the reference a slip adds nothing', () => {
  const slip = { outcome: 'settled', freshDiffers: false } as const;
  assert.equal(slipRate([slip, slip, null, null], 0.05).share, 0.25);
});
