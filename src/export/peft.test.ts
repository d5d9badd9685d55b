/**
 * The PEFT folder holds the adapter that llama.cpp runs. Compared with the reference decoder, whose rotary pairs are told to
 * stand as Hugging Face has them; and, where UNDERSTUDY_PEFT_PYTHON names a Python with the packages of
 * src/train/peft/requirements.txt, against PEFT itself.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/calls.ts';
import { referenceLogits } from '../../test/support/reference-decoder.ts';
import { writeTinyModel } from '../../test/support/tiny-gguf.ts';
import { seededRandom } from '../core/random.ts';
import { openGguf } from '../models/formats/gguf/read.ts';
import { readSafetensors } from '../models/formats/safetensors.ts';
import { TRAINED_ARCHITECTURES, type TrainedArchitecture } from '../models/weights/abilities.ts';
import { writeAdapter } from '../train/embedded/adapter.ts';
import type { Linear } from '../train/embedded/linears.ts';
import { initialLora, loraLayout, matrixOf } from '../train/embedded/lora.ts';
import { type DecoderWeights, readDecoder } from '../train/embedded/weights.ts';
import { writePeft } from './peft.ts';

const LORA = { rank: 4, alpha: 24 };
const IDS = [1, 40, 90, 17, 200, 65];

/** A tiny base model, a random adapter in which every matrix counts, and its PEFT folder. */
function made(architecture: TrainedArchitecture) {
  const dir = temporaryFolder();
  const base = join(dir, 'base.gguf');
  writeTinyModel(base, { architecture });
  const weights = readDecoder(base);
  const layout = loraLayout(weights.shape, LORA);
  const random = seededRandom(11);
  const parameters = initialLora(layout, 7).map((value) => value || 0.2 * random.normal());
  const adapter = join(dir, 'adapter.gguf');
  writeAdapter(adapter, { shape: weights.shape, lora: LORA, parameters, base: 'tiny' });
  const peft = join(dir, 'peft');
  mkdirSync(peft);
  const file = openGguf(adapter);
  writePeft(peft, file, { headSize: weights.shape.headSize, baseModel: 'owner/tiny' });
  file.close();
  return { dir, base, weights, parameters, peft, expected: referenceLogits(weights, LORA, parameters, IDS) };
}

/** Hugging Face's names, written out once more. */
const NAMES: Readonly<Record<Linear, string>> = {
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};

/** Rows [heads, headSize/2, 2] of a GGUF file as Hugging Face has them, [heads, 2, headSize/2]. */
function unpermuted(rows: Float32Array, cols: number, headSize: number): Float32Array {
  const out = new Float32Array(rows.length);
  const half = headSize / 2;
  for (let head = 0; head < rows.length / cols / headSize; head++)
    for (let pair = 0; pair < half; pair++)
      for (const side of [0, 1]) {
        const from = head * headSize + pair * 2 + side;
        const to = head * headSize + side * half + pair;
        out.set(rows.subarray(from * cols, (from + 1) * cols), to * cols);
      }
  return out;
}

/** The base model as Hugging Face has it. */
function asHuggingFace(weights: DecoderWeights): DecoderWeights {
  const { shape } = weights;
  if (shape.rotaryPairs === 'halves') return weights;
  const blocks = weights.blocks.map((block) => ({
    ...block,
    linear: {
      ...block.linear,
      attn_q: unpermuted(block.linear.attn_q, shape.hidden, shape.headSize),
      attn_k: unpermuted(block.linear.attn_k, shape.hidden, shape.headSize),
    },
  }));
  return { ...weights, blocks, shape: { ...shape, rotaryPairs: 'halves' } };
}

for (const architecture of TRAINED_ARCHITECTURES) {
  test(`${architecture}: the matrices under PEFT’s names compute what the GGUF adapter computes`, () => {
    const { weights, peft, expected } = made(architecture);
    const tensors = readSafetensors(join(peft, 'adapter_model.safetensors'));
    const layout = loraLayout(weights.shape, LORA);
    assert.equal(tensors.size, layout.length);
    const parameters = new Float32Array(layout.reduce((sum, { rows, cols }) => sum + rows * cols, 0));
    for (const matrix of layout) {
      const part = matrix.part.toUpperCase();
      const name = `base_model.model.model.layers.${matrix.layer}.${NAMES[matrix.linear]}.lora_${part}.weight`;
      const tensor = tensors.get(name);
      assert.ok(tensor, name);
      assert.deepEqual(tensor.dims, [matrix.rows, matrix.cols], name);
      matrixOf(parameters, matrix).set(tensor.data);
    }
    const theirs = referenceLogits(asHuggingFace(weights), LORA, parameters, IDS);
    theirs.forEach((row, t) => {
      row.forEach((logit, token) => {
        assert.ok(Math.abs(logit - expected[t]![token]!) < 1e-6, `token ${token} after ${t}`);
      });
    });
  });
}

test('the configuration says what PEFT needs to know, and both files are their owner’s alone', () => {
  const { peft } = made('llama');
  const config = JSON.parse(readFileSync(join(peft, 'adapter_config.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  assert.deepEqual(
    [config.peft_type, config.r, config.lora_alpha, config.base_model_name_or_path],
    ['LORA', 4, 24, 'owner/tiny'],
  );
  assert.deepEqual(
    config.target_modules,
    Object.values(NAMES)
      .map((name) => name.split('.')[1])
      .sort(),
  );
  for (const name of ['adapter_config.json', 'adapter_model.safetensors'])
    assert.equal(statSync(join(peft, name)).mode & 0o777, 0o600);
});

test('a tensor that is no LoRA matrix of a linear layer is refused', () => {
  const { base } = made('llama');
  const file = openGguf(base);
  const peft = temporaryFolder();
  assert.throws(() => writePeft(peft, file, { headSize: 8, baseModel: 'x' }), { code: 'unsupported' });
  file.close();
});

const python = process.env.UNDERSTUDY_PEFT_PYTHON ?? '';
const skip =
  python === '' ? 'UNDERSTUDY_PEFT_PYTHON names no Python with the packages of requirements.txt' : false;

/** Loads the base from its GGUF file and the adapter with PEFT; prints the logits. */
const LOAD = `
import json, os, sys
os.environ.update(HF_HUB_OFFLINE="1")
import torch, transformers, peft
folder, file = os.path.split(sys.argv[1])
config = transformers.AutoConfig.from_pretrained(folder, gguf_file=file)
config.head_dim = int(sys.argv[4])
base = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, config=config, dtype=torch.float32)
plain = base(torch.tensor([json.loads(sys.argv[3])])).logits[0].tolist()
model = peft.PeftModel.from_pretrained(base, sys.argv[2])
with torch.no_grad():
    print(json.dumps({"logits": model(torch.tensor([json.loads(sys.argv[3])])).logits[0].tolist(), "plain": plain}))
`;

for (const architecture of ['llama', 'qwen3'] as const) {
  test(`${architecture}: PEFT itself computes what the GGUF adapter computes`, { skip }, () => {
    const { base, weights, peft, expected } = made(architecture);
    const { stdout, stderr, status } = spawnSync(
      python,
      [
        '-W',
        'error:.*missing adapter keys',
        '-c',
        LOAD,
        base,
        peft,
        JSON.stringify(IDS),
        String(weights.shape.headSize),
      ],
      { encoding: 'utf8', maxBuffer: 1 << 26 },
    );
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, /missing adapter keys/);
    const { logits, plain } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<
      'logits' | 'plain',
      number[][]
    >;
    let [apart, moved] = [0, 0];
    expected.forEach((row, t) => {
      row.forEach((logit, token) => {
        apart = Math.max(apart, Math.abs(logit - logits[t]![token]!));
        moved = Math.max(moved, Math.abs(logit - plain[t]![token]!));
      });
    });
    assert.ok(apart < 1e-3, `largest difference ${apart}`);
    assert.ok(moved > 0.5, `the adapter changes nothing: ${moved}`);
  });
}
