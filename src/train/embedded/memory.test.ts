import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecoderShape } from './architecture.ts';
import { planMemory } from './memory.ts';

/** As SmolLM2-135M. */
const shape = {
  layers: 30,
  hidden: 576,
  heads: 9,
  kvHeads: 3,
  headSize: 64,
  ffn: 1536,
  vocab: 49_152,
} as DecoderShape;

for (const arithmetic of ['float32', 'int8'] as const) {
  test(`${arithmetic}: where there is room, weights are laid out for speed, and runs are as long as pays`, () => {
    const { prepack, limits, bytes } = planMemory(shape, 85, { budgetBytes: 12e9, arithmetic });
    assert.equal(prepack, true);
    assert.equal(limits.tokens, 1024);
    assert.ok(bytes > 2e9 && bytes < 5e9, `${bytes}`);
  });

  test(`${arithmetic}: with less room runs are shorter, then weights are kept once, and never more is taken than allowed`, () => {
    const budgets = [5e9, 4e9, 3e9, 2.6e9, 2.2e9, 1.9e9];
    const plans = budgets.map((budget) => planMemory(shape, 85, { budgetBytes: budget, arithmetic }));
    for (const [i, { bytes }] of plans.entries()) assert.ok(bytes <= budgets[i]!);
    assert.equal(plans[0]!.prepack, true);
    assert.equal(plans.at(-1)!.prepack, false);
    assert.ok(plans.at(-1)!.limits.tokens < 1024);
  });

  test(`${arithmetic}: a base whose weights outgrow a serialised graph is fed them instead`, () => {
    const large = { ...shape, hidden: 2048, ffn: 8192, heads: 32, kvHeads: 8 };
    assert.equal(planMemory(large, 85, { budgetBytes: 64e9, arithmetic }).prepack, false);
  });

  test(`${arithmetic}: a long example fits in a run of its own, or is refused with what to do`, () => {
    assert.equal(planMemory(shape, 2000, { budgetBytes: 24e9, arithmetic }).limits.tokens, 2000);
    assert.throws(() => planMemory(shape, 2000, { budgetBytes: 2e9, arithmetic }), {
      code: 'unsupported',
      message: /2000 tokens takes .* and 2\.0 GB are allowed/,
    });
  });
}
