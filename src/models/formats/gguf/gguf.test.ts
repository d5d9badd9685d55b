import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { dequantise, formatName, tensorBytes } from './dequantise.ts';
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

/** Random blocks of each format, with the values that the Python package gguf 0.19.0 makes of them, both in base64. */
const formats = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/formats.json'), 'utf8'),
) as Readonly<Record<string, { readonly type: number; readonly bytes: string; readonly values: string }>>;

for (const [name, { type, bytes, values }] of Object.entries(formats)) {
  test(`${name}: the weights are those of an independent reader`, () => {
    const expected = new Float32Array(new Uint8Array(Buffer.from(values, 'base64')).buffer);
    const raw = new Uint8Array(Buffer.from(bytes, 'base64'));
    assert.equal(formatName(type), name);
    assert.equal(tensorBytes(type, expected.length), raw.length);
    const weights = dequantise(type, raw, expected.length);
    const largest = Math.max(...expected.map(Math.abs));
    assert.ok(largest > 0.1);
    weights.forEach((weight, i) => {
      // Theirs multiplies in float32, ours in float64: they differ by rounding alone.
      assert.ok(Math.abs(weight - expected[i]!) <= 1e-6 * largest, `weight ${i}: ${weight}, ${expected[i]}`);
    });
  });
}

test('a format that is not known is refused', () => {
  assert.equal(formatName(99), null);
  assert.throws(() => tensorBytes(99, 32), { code: 'unsupported' });
});
