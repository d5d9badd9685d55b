import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { writeTinyModel } from '../../../test/support/tiny-gguf.ts';
import { seededRandom } from '../../core/random.ts';
import { openGguf } from '../formats/gguf/read.ts';
import { servingCopy } from './requantise.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-copy-'));
after(() => rmSync(dir, { recursive: true }));

/** A GGUF file with one metadata value and two tensors: 96 weights in Q4_1, 5 in F32. */
function writeQ4(path: string): void {
  const random = seededRandom(4);
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value);
    return Buffer.concat([u64(bytes.length), bytes]);
  };
  const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
  const u64 = (value: number): Buffer => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
  const q4 = Buffer.alloc(3 * 20);
  for (let block = 0; block < 3; block++) {
    const view = new DataView(q4.buffer, q4.byteOffset + block * 20);
    view.setFloat16(0, 0.01 + 0.1 * random.next(), true);
    view.setFloat16(2, -0.5 * random.next(), true);
    for (let i = 4; i < 20; i++) view.setUint8(i, random.below(256));
  }
  const head = Buffer.concat([
    u32(0x46554747),
    u32(3),
    u64(2),
    u64(1),
    text('general.name'),
    u32(8),
    text('tiny'),
    text('w'),
    u32(2),
    u64(32),
    u64(3),
    u32(3),
    u64(0),
    text('norm'),
    u32(1),
    u64(5),
    u32(0),
    u64(64),
  ]);
  const pad = Buffer.alloc((32 - (head.length % 32)) % 32);
  const norm = Buffer.from(Float32Array.of(1, 2, 3, 4, 5).buffer);
  writeFileSync(path, Buffer.concat([head, pad, q4, Buffer.alloc(4), norm]));
}

test('the copy has the same names, metadata and, nearly, weights', () => {
  const path = join(dir, 'q4.gguf');
  writeQ4(path);
  const copy = servingCopy(path);
  assert.notEqual(copy, path);
  const [before, after_] = [openGguf(path), openGguf(copy)];
  assert.deepEqual(after_.metadata, before.metadata);
  assert.deepEqual([...after_.tensors.keys()], ['w', 'norm']);
  assert.equal(after_.tensors.get('w')!.type, 8);
  assert.deepEqual(after_.tensor('norm'), before.tensor('norm'));
  const [w, copied] = [before.tensor('w'), after_.tensor('w')];
  for (let b = 0; b < 3; b++) {
    const block = w.subarray(b * 32, b * 32 + 32);
    const step = Math.max(...block.map(Math.abs)) / 127;
    // Half a step of rounding, and what float16 leaves of the scale.
    block.forEach((value, i) => {
      assert.ok(Math.abs(copied[b * 32 + i]! - value) < 0.57 * step);
    });
  }
  before.close();
  after_.close();
});

test('it is made once', () => {
  const path = join(dir, 'once.gguf');
  writeQ4(path);
  const copy = servingCopy(path);
  writeFileSync(copy, 'mine');
  assert.equal(servingCopy(path), copy);
  assert.equal(readFileSync(copy, 'utf8'), 'mine');
});

test('a model without Q4_1 is served as it is', () => {
  const path = join(dir, 'tiny.gguf');
  writeTinyModel(path);
  assert.equal(servingCopy(path), path);
});

test('a model that breaks off is served as it is, and no half copy is left', () => {
  const path = join(dir, 'cut.gguf');
  writeQ4(path);
  copyFileSync(path, join(dir, 'whole.gguf'));
  writeFileSync(path, readFileSync(path).subarray(0, -16));
  assert.equal(servingCopy(path), path);
  assert.equal(existsSync(join(dir, 'cut.serving.gguf')), false);
});
