import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { tinyAdapter } from '../../../test/support/tiny-adapter.ts';
import { writeTinyModel } from '../../../test/support/tiny-gguf.ts';
import { openGguf } from '../formats/gguf/read.ts';
import { writeGguf } from '../formats/gguf/write.ts';
import { mergedCopy } from './merge.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-merge-'));
after(() => rmSync(root, { recursive: true }));

/** A base in a folder of its own. */
function base(): { readonly dir: string; readonly path: string } {
  const dir = mkdtempSync(join(root, 'base-'));
  const path = join(dir, 'tiny.gguf');
  writeTinyModel(path);
  return { dir, path };
}

test('a merged copy has W + alpha/rank · B A where the adapter has matrices, and the base’s bytes elsewhere', async () => {
  const { dir, path } = base();
  const artefact = tinyAdapter(dir, 1);
  const copy = await mergedCopy(path, artefact.path);
  const [before, merged, adapter] = [openGguf(path), openGguf(copy!), openGguf(artefact.path)];
  assert.deepEqual(merged.metadata, before.metadata);
  assert.deepEqual([...merged.tensors.keys()], [...before.tensors.keys()]);
  for (const [name, { dims }] of before.tensors) {
    const [w, m] = [before.tensor(name), merged.tensor(name)];
    if (!adapter.tensors.has(`${name}.lora_a`)) {
      assert.deepEqual(m, w, name);
      continue;
    }
    const [a, b] = [adapter.tensor(`${name}.lora_a`), adapter.tensor(`${name}.lora_b`)];
    const width = dims[0]!;
    w.forEach((value, at) => {
      const [row, column] = [Math.floor(at / width), at % width];
      let delta = 0;
      for (let r = 0; r < 4; r++) delta += b[row * 4 + r]! * a[r * width + column]!;
      assert.ok(Math.abs(m[at]! - (value + 2 * delta)) < 1e-5, `${name} ${at}`);
    });
  }
  for (const file of [before, merged, adapter]) file.close();
});

test('it is made once, whoever asks at the same time, and found again', async () => {
  const { dir, path } = base();
  const artefact = tinyAdapter(dir, 2);
  let tensors = 0;
  const further = (): void => {
    tensors++;
  };
  const asked = await Promise.all(
    Array.from({ length: 4 }, () => mergedCopy(path, artefact.path, { further })),
  );
  assert.equal(new Set(asked).size, 1);
  const made = tensors;
  await mergedCopy(path, artefact.path, { further });
  assert.equal(tensors, made);
  assert.deepEqual(readdirSync(join(dir, 'merged')).length, 1);
});

test('a part that a killed process left is made anew', async () => {
  const { dir, path } = base();
  const artefact = tinyAdapter(dir, 3);
  const copy = (await mergedCopy(path, artefact.path))!;
  rmSync(copy);
  writeFileSync(`${copy}.part`, 'half');
  utimesSync(`${copy}.part`, 1, 1);
  assert.equal(await mergedCopy(path, artefact.path), copy);
  openGguf(copy).close();
});

test('of many adapters the copies that were used last are kept', async () => {
  const { dir, path } = base();
  const copies: (string | null)[] = [];
  for (let seed = 1; seed <= 9; seed++) copies.push(await mergedCopy(path, tinyAdapter(dir, seed).path));
  assert.equal(readdirSync(join(dir, 'merged')).length, 6);
  assert.ok(existsSync(copies.at(-1)!));
});

test('an adapter that does not fit its base is not merged', async () => {
  const { dir, path } = base();
  const odd = join(dir, 'odd.gguf');
  const matrix = (name: string, dims: readonly number[]) =>
    ({ name, dims, format: 'F32', data: new Float32Array(dims.reduce((a, b) => a * b, 1)) }) as const;
  for (const tensors of [
    [matrix('blk.0.attn_q.weight.lora_a', [32, 4])],
    [matrix('blk.0.attn_q.weight.lora_a', [31, 4]), matrix('blk.0.attn_q.weight.lora_b', [4, 32])],
    [matrix('blk.9.attn_q.weight.lora_a', [32, 4]), matrix('blk.9.attn_q.weight.lora_b', [4, 32])],
    [matrix('token_embd.weight', [32, 4])],
  ]) {
    writeGguf(odd, { 'adapter.lora.alpha': { float32: 8 } }, tensors);
    assert.equal(await mergedCopy(path, odd), null);
  }
  assert.deepEqual(readdirSync(join(dir, 'merged')), []);
});

test('copies lie where they are wanted, and a base elsewhere is left alone', async () => {
  const { dir, path } = base();
  const copiesDir = mkdtempSync(join(root, 'copies-'));
  const artefact = tinyAdapter(root, 7);
  const copy = await mergedCopy(path, artefact.path, { copiesDir });
  assert.ok(copy!.startsWith(copiesDir));
  assert.deepEqual(readdirSync(dir), ['tiny.gguf']);
});
