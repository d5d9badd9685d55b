import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loraDropout } from './dropout.ts';
import type { LoraMatrix } from './lora.ts';

const layout: readonly LoraMatrix[] = [
  { layer: 0, linear: 'attn_q', part: 'a', rows: 2, cols: 50, offset: 0 },
  { layer: 0, linear: 'attn_q', part: 'b', rows: 3, cols: 2, offset: 100 },
];
const parameters = Float32Array.from({ length: 106 }, (_, i) => i + 1);

function dropped(step: number, share = 0.3): { into: Float32Array; gradient: Float32Array } {
  const into = new Float32Array(106);
  const gradient = new Float32Array(106).fill(1);
  const dropout = loraDropout(layout, { share, seed: 3, parameters, into });
  dropout.drop(step);
  dropout.mask(gradient);
  return { into, gradient };
}

test('inputs of A are left out for all rows alike, the others count more, and B stays', () => {
  const { into, gradient } = dropped(0);
  const out = Array.from({ length: 50 }, (_, col) => into[col] === 0);
  const count = out.filter(Boolean).length;
  assert.ok(count > 5 && count < 25, `${count} of 50`);
  for (let col = 0; col < 50; col++) {
    for (const at of [col, 50 + col]) {
      const factor = out[col] ? 0 : 1 / 0.7;
      assert.ok(Math.abs(into[at]! - parameters[at]! * factor) < 1e-4);
      assert.ok(Math.abs(gradient[at]! - factor) < 1e-6);
    }
  }
  assert.deepEqual(into.slice(100), parameters.slice(100));
  assert.ok(gradient.slice(100).every((value) => value === 1));
});

test('each step draws anew, and the same again when it is repeated', () => {
  assert.deepEqual(dropped(4), dropped(4));
  assert.notDeepEqual(dropped(4), dropped(5));
});
