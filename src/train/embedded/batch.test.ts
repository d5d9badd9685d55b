import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stepOrder } from '../engine/loop.ts';
import { cutRuns } from '../engine/runs.ts';
import type { DecoderShape } from './architecture.ts';
import { batchInputs, completionTokens, fitsWithin, type Sample } from './batch.ts';

const shape: DecoderShape = {
  architecture: 'llama',
  layers: 1,
  hidden: 8,
  heads: 4,
  kvHeads: 2,
  headSize: 2,
  ffn: 8,
  vocab: 100,
  context: 64,
  normEps: 1e-5,
  rotaryPairs: 'neighbours',
  kinds: [
    { frequencies: [1], window: null },
    { frequencies: [1], window: 3 },
  ],
  kindOf: [0],
  attentionScale: 1,
  embeddingScale: 1,
  activation: { linear: 1, cubic: 0 },
  headNorms: false,
  postNorms: false,
  biases: [],
  logitCap: null,
  residualScale: 1,
  logitScale: 1,
};

const sampleArbitrary: fc.Arbitrary<Sample> = fc
  .array(fc.nat(99), { minLength: 2, maxLength: 20 })
  .chain((ids) =>
    fc.record({
      ids: fc.constant(ids),
      completion: fc.integer({ min: 1, max: ids.length - 1 }),
      weight: fc.constant(1),
    }),
  );

test('every sample has its turn once an epoch, in an order that depends on the seed alone', () => {
  const order = stepOrder(10, 4, 5, 7);
  assert.deepEqual(order, stepOrder(10, 4, 5, 7));
  assert.notDeepEqual(order, stepOrder(10, 4, 5, 8));
  const flat = order.flat();
  assert.deepEqual(
    flat.slice(0, 10).sort((a, b) => a - b),
    [...Array(10).keys()],
  );
  assert.deepEqual(
    flat.slice(10).sort((a, b) => a - b),
    [...Array(10).keys()],
  );
  assert.notDeepEqual(flat.slice(0, 10), flat.slice(10));
});

test('runs hold every sample once and keep within the limits where a sample alone does', () => {
  fc.assert(
    fc.property(fc.array(sampleArbitrary, { minLength: 1, maxLength: 12 }), (samples) => {
      const limits = { tokens: 40, attention: 500, labels: 12 };
      const runs = cutRuns(samples, fitsWithin(limits));
      assert.deepEqual(new Set(runs.flat()), new Set(samples));
      assert.equal(runs.flat().length, samples.length);
      for (const run of runs) {
        const longest = Math.max(...run.map((sample) => sample.ids.length));
        const tokens = run.reduce((sum, sample) => sum + sample.ids.length, 0);
        assert.ok(
          run.length === 1 ||
            (tokens <= limits.tokens &&
              run.length * longest ** 2 <= limits.attention &&
              completionTokens(run) <= limits.labels),
        );
      }
    }),
  );
});

test('indices lead from tokens to the padded layout and back, and labels are the next tokens', () => {
  fc.assert(
    fc.property(fc.array(sampleArbitrary, { minLength: 1, maxLength: 5 }), (samples) => {
      const inputs = batchInputs(samples, shape, 1);
      const numbers = (name: string): number[] => Array.from(inputs[name]!.data, Number);
      const pad = numbers('pad');
      const mask = numbers('padMask');
      numbers('unpad').forEach((cell, token) => {
        assert.equal(pad[cell], token);
        assert.equal(mask[cell], 1);
      });
      assert.equal(
        mask.reduce((sum, value) => sum + value, 0),
        numbers('unpad').length,
      );
      const ids = samples.flatMap((sample) => sample.ids.slice(0, -1));
      assert.deepEqual(numbers('ids'), ids);
      assert.deepEqual(
        numbers('labels'),
        samples.flatMap((sample) => sample.ids.slice(sample.completion)),
      );
      const spread = numbers('spread');
      const topUnpad = numbers('topUnpad');
      const topPad = numbers('topPad');
      numbers('rows').forEach((token, row) => {
        assert.equal(spread[token], row);
        assert.equal(pad[topUnpad[row]!], token);
        assert.equal(topPad[topUnpad[row]!], row);
      });
      const none = numbers('rows').length;
      assert.equal(spread.filter((row) => row !== none).length, none);
    }),
  );
});

test('a token sees itself and what came before, within the window where there is one', () => {
  const inputs = batchInputs([{ ids: [1, 2, 3, 4, 5, 6], completion: 1, weight: 1 }], shape, 1);
  const seen = (kind: number): string[] => {
    const mask = [...inputs[`causal.${kind}`]!.data]
      .map((value) => (Number(value) === 0 ? 'x' : '.'))
      .join('');
    return mask.match(/.{5}/g)!;
  };
  // Two heads share a key, so the queries of the second stand below those of the first.
  const global = ['x....', 'xx...', 'xxx..', 'xxxx.', 'xxxxx'];
  const local = ['x....', 'xx...', 'xxx..', '.xxx.', '..xxx'];
  assert.deepEqual(seen(0), [...global, ...global]);
  assert.deepEqual(seen(1), [...local, ...local]);
});
