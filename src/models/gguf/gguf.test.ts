import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { dequantise, tensorBytes } from './dequantise.ts';
import { openGguf } from './read.ts';
import { writeGguf } from './write.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-gguf-'));
after(() => rmSync(dir, { recursive: true }));

test('what is written is read back', () => {
  const path = join(dir, 'a.gguf');
  const values = Float32Array.from({ length: 15 }, (_, i) => Math.sin(i));
  writeGguf(
    path,
    {
      'general.architecture': { string: 'llama' },
      count: { uint32: 7 },
      eps: { float32: 0.5 },
      yes: { bool: true },
      words: { strings: ['a', 'é'] },
      kinds: { int32s: [1, -2] },
      scores: { float32s: [0.25] },
    },
    [
      { name: 'full', dims: [5, 3], format: 'F32', data: values },
      { name: 'half', dims: [15], format: 'F16', data: values },
    ],
  );
  const file = openGguf(path);
  assert.deepEqual(Object.fromEntries(file.metadata), {
    'general.architecture': 'llama',
    count: 7,
    eps: 0.5,
    yes: true,
    words: ['a', 'é'],
    kinds: [1, -2],
    scores: [0.25],
  });
  assert.deepEqual(file.tensors.get('full')?.dims, [5, 3]);
  assert.deepEqual(file.tensor('full'), values);
  assert.deepEqual(file.tensor('half'), values.map(Math.f16round));
  assert.throws(() => file.tensor('none'), { code: 'corrupt' });
  file.close();
  truncateSync(path, statSync(path).size - 10);
  const cut = openGguf(path);
  assert.throws(() => cut.tensor('half'), { code: 'corrupt' });
  cut.close();
});

test('a file that is not GGUF, cut off or missing is refused', () => {
  writeFileSync(join(dir, 'b.gguf'), 'PK not a model at all');
  assert.throws(() => openGguf(join(dir, 'b.gguf')), { code: 'corrupt' });
  writeGguf(join(dir, 'c.gguf'), { key: { string: 'x'.repeat(100) } }, []);
  truncateSync(join(dir, 'c.gguf'), 60);
  assert.throws(() => openGguf(join(dir, 'c.gguf')), { code: 'corrupt' });
  assert.throws(() => openGguf(join(dir, 'absent.gguf')), { code: 'unavailable' });
});

test('blocks of weights: scale, offset and order follow ggml', () => {
  const q4 = block(20, (view) => {
    view.setFloat16(0, 0.5, true);
    view.setFloat16(2, -1, true);
    for (let j = 0; j < 16; j++) view.setUint8(4 + j, j | ((15 - j) << 4));
  });
  const upDown = [...Array(16).keys(), ...[...Array(16).keys()].reverse()];
  assert.deepEqual(
    [...dequantise(3, q4, 32)],
    upDown.map((q) => q * 0.5 - 1),
  );

  const q4Zero = block(18, (view) => {
    view.setFloat16(0, 2, true);
    for (let j = 0; j < 16; j++) view.setUint8(2 + j, j | ((15 - j) << 4));
  });
  assert.deepEqual(
    [...dequantise(2, q4Zero, 32)],
    upDown.map((q) => (q - 8) * 2),
  );

  const q8 = block(34, (view) => {
    view.setFloat16(0, 0.25, true);
    for (let j = 0; j < 32; j++) view.setInt8(2 + j, j - 16);
  });
  assert.deepEqual(
    [...dequantise(8, q8, 32)],
    [...Array(32).keys()].map((j) => (j - 16) * 0.25),
  );

  const q5 = block(22, (view) => {
    view.setFloat16(0, 1, true);
    view.setUint32(2, 0xffff0000, true);
  });
  assert.deepEqual([...dequantise(6, q5, 32)], [...Array(16).fill(-16), ...Array(16).fill(0)]);

  const q6 = block(210, (view) => {
    view.setFloat16(208, 1, true);
    for (let s = 0; s < 16; s++) view.setInt8(192 + s, s + 1);
    for (let j = 0; j < 128; j++) view.setUint8(j, 0x21);
    for (let j = 0; j < 64; j++) view.setUint8(128 + j, 0b11100100);
  });
  // Low nibble 1 for the first 64 of each half, 2 for the rest; high bits 0, 1, 2, 3 for its four parts.
  const q6Expected = [...Array(256).keys()].map((i) => {
    const part = Math.floor((i % 128) / 32);
    return ((part < 2 ? 1 : 2) + part * 16 - 32) * (Math.floor(i / 16) + 1);
  });
  assert.deepEqual([...dequantise(14, q6, 256)], q6Expected);

  const q4k = block(144, (view) => {
    view.setFloat16(0, 1, true);
    view.setFloat16(2, 1, true);
    for (let j = 0; j < 4; j++) {
      view.setUint8(4 + j, (j + 1) | (1 << 6)); // scales 1–4; bit 4 of scales 5–8
      view.setUint8(8 + j, j | (2 << 6)); // minima 0–3; bit 5 of minima 5–8
      view.setUint8(12 + j, j | (3 << 4)); // low bits of scales and minima 5–8
    }
    for (let j = 0; j < 128; j++) view.setUint8(16 + j, 0x52);
  });
  const scales = [1, 2, 3, 4, 16, 17, 18, 19];
  const minima = [0, 1, 2, 3, 35, 35, 35, 35];
  const q4kExpected = [...Array(256).keys()].map((i) => {
    const s = Math.floor(i / 32);
    return scales[s]! * (s % 2 === 0 ? 2 : 5) - minima[s]!;
  });
  assert.deepEqual([...dequantise(12, q4k, 256)], q4kExpected);

  assert.throws(() => tensorBytes(99, 32), { code: 'unsupported' });
});

function block(size: number, fill: (view: DataView) => void): Uint8Array {
  const view = new DataView(new ArrayBuffer(size));
  fill(view);
  return new Uint8Array(view.buffer);
}
