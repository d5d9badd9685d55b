/** What is read out of a file's metadata, and what is refused. That the models compute right is for export.test.ts. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type TinyShape, writeTinyModel } from '../../../test/support/tiny-gguf.ts';
import { UnderstudyError } from '../../core/errors.ts';
import { openGguf } from '../../models/formats/gguf/read.ts';
import { writeGguf } from '../../models/formats/gguf/write.ts';
import { type DecoderShape, readShape } from './architecture.ts';
import { readDecoderShape } from './weights.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-architecture-'));
after(() => rmSync(dir, { recursive: true }));
const path = join(dir, 'tiny.gguf');

function shapeOf(options: Partial<TinyShape>): DecoderShape {
  writeTinyModel(path, options);
  const file = openGguf(path);
  try {
    return readShape(file, path);
  } finally {
    file.close();
  }
}

/** What the refusal of a file says. */
function refusal(options: Partial<TinyShape>): string {
  writeTinyModel(path, options);
  return said(() => readDecoderShape(path));
}

function said(act: () => void): string {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof UnderstudyError);
    assert.equal(error.code, 'unsupported');
    return error.message;
  }
  return 'nothing';
}

test('every sixth block of gemma3 sees everything, the others a window, each with its own rotary base', () => {
  const { kinds, kindOf, embeddingScale, attentionScale } = shapeOf({
    architecture: 'gemma3',
    layers: 13,
    metadata: { 'gemma3.attention.sliding_window_pattern': null },
  });
  assert.deepEqual(kindOf, [1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1]);
  assert.deepEqual(
    kinds.map(({ window }) => window),
    [null, 4],
  );
  assert.equal(kinds[0]!.frequencies[1], 1_000_000 ** (-2 / 16));
  assert.equal(kinds[1]!.frequencies[1], 10_000 ** (-2 / 16));
  assert.equal(embeddingScale, Math.sqrt(32));
  assert.equal(attentionScale, 1 / 4);
});

test('positions are scaled by the linear method and by the factors of Llama 3.1', () => {
  const plain = shapeOf({}).kinds[0]!.frequencies;
  const metadata = { 'llama.rope.scaling.factor': { float32: 4 } };
  const scaled = shapeOf({ metadata }).kinds[0]!.frequencies;
  assert.deepEqual(
    scaled,
    plain.map((frequency) => frequency / 4),
  );
  const none = shapeOf({ metadata: { ...metadata, 'llama.rope.scaling.type': { string: 'none' } } });
  assert.deepEqual(none.kinds[0]!.frequencies, plain);
  const factors = shapeOf({ rotaryFactors: true }).kinds[0]!.frequencies;
  assert.ok(factors.every((frequency, i) => frequency < plain[i]! && frequency > plain[i]! / 8));
});

test('everything that is missing or not understood is named at once', () => {
  const message = refusal({
    metadata: {
      'llama.rope.scaling.type': { string: 'yarn' },
      'llama.expert_count': { uint32: 8 },
      'llama.attention.scale': { float32: 0.5 },
      'llama.rope.dimension_count': { uint32: 4 },
      'llama.context_length': null,
    },
    tensors: { 'blk.0.ffn_gate_exps.weight': [2, 2], 'blk.1.ffn_gate_exps.weight': [2, 2] },
  });
  for (const part of [
    /method yarn/,
    /mixture of experts/,
    /llama\.attention\.scale = 0\.5/,
    /rotation is partial/,
    /does not tell llama\.context_length/,
    /not understood: blk\.\*\.ffn_gate_exps\.weight/,
  ])
    assert.match(message, part);
  assert.equal(message.match(/ffn_gate_exps/g)?.length, 1);
});

test('tensors must be those of the architecture, in the sizes that the metadata tell', () => {
  assert.match(refusal({ tensors: { 'blk.0.attn_q.bias': [32] } }), /lacks the tensor blk\.\*\.attn_q\.bias/);
  assert.match(
    refusal({ architecture: 'gemma3', tensors: { 'blk.0.attn_q.bias': [64] } }),
    /not understood: blk\.\*\.attn_q\.bias/,
  );
  assert.match(
    refusal({ metadata: { 'llama.feed_forward_length': { uint32: 64 } } }),
    /another size of the tensor blk\.\*\.ffn_up\.weight/,
  );
  assert.match(
    refusal({ architecture: 'gemma3', metadata: { 'gemma3.attn_logit_softcapping': { float32: 50 } } }),
    /gemma3\.attn_logit_softcapping = 50/,
  );
  assert.match(
    refusal({ architecture: 'granite', metadata: { 'granite.rope.scaling.finetuned': { bool: false } } }),
    /does not rotate positions/,
  );
  assert.match(
    refusal({ architecture: 'granite', metadata: { 'granite.logit_scale': null } }),
    /does not tell granite\.logit_scale/,
  );
  assert.match(
    refusal({ metadata: { 'llama.block_count': null } }),
    /cannot be trained: it does not tell llama\.block_count\.$/,
  );
});

test('an architecture that is not known is refused by its name, a vocabulary without a template, too', () => {
  writeGguf(path, { 'general.architecture': { string: 'mamba' } }, []);
  assert.match(
    said(() => readDecoderShape(path)),
    /architecture is mamba, not one of llama, qwen2, qwen3, gemma3, granite, smollm3/,
  );
  assert.match(refusal({ control: ['<a>', '<b>', '<c>'] }), /chat template/);
  for (const architecture of ['llama', 'qwen2', 'qwen3', 'gemma3', 'granite', 'smollm3'] as const)
    assert.equal(refusal({ architecture }), 'nothing');
});
