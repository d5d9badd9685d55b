/**
 * The peft trainer with its real worker, on a tiny model. UNDERSTUDY_PEFT_PYTHON names a Python that has the packages
 * of requirements.txt; without it only what needs no PyTorch is tested.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { trainerContract, wordExamples } from '../../../test/contracts/trainer.ts';
import { writeTinyModel } from '../../../test/support/tiny-gguf.ts';
import type { UnderstudyError } from '../../core/errors.ts';
import type { TrainingJob } from '../../core/runtime.ts';
import { openGguf } from '../../models/formats/gguf/read.ts';
import { embeddedTrainer } from '../embedded/trainer.ts';
import { peftTrainer, toGgufRows } from './trainer.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-peft-'));
after(() => rmSync(dir, { recursive: true }));
const gguf = join(dir, 'tiny.gguf');
writeTinyModel(gguf);

const python = process.env.UNDERSTUDY_PEFT_PYTHON ?? '';
const skip =
  python === '' ? 'UNDERSTUDY_PEFT_PYTHON names no Python with the packages of requirements.txt' : false;
const common = { basePath: async () => gguf, threads: 1, device: 'cpu' } as const;
const trainer = peftTrainer({ ...common, python, checkpointMs: 0 });
const recipe = { rank: 4, alpha: 8, learningRate: 0.02, batch: 4, epochs: 20 };
const candidate = { id: 'c1', taskId: 'toy', rung: 'lora', base: 'tiny', recipe } as const;

function job(name: string, changes: Partial<TrainingJob> = {}): TrainingJob {
  const rest = { kind: 'label', train: wordExamples(), validation: [], seed: 3 } as const;
  return { candidate, ...rest, dir: join(dir, name), ...changes };
}

trainerContract(
  'peft',
  () => ({
    trainer,
    without: peftTrainer({ ...common, python: join(dir, 'no-python') }),
    candidate,
    unsupported: [
      { ...candidate, rung: 'head' },
      { ...candidate, base: null },
      { ...candidate, recipe: { ...recipe, method: 'qlora' } },
      { ...candidate, recipe: { ...recipe, method: 'full' } },
    ],
    repeatable: true,
    saving: { trainer, file: 'checkpoint.pt' },
  }),
  skip,
);

for (const architecture of ['llama', 'qwen2', 'qwen3'] as const)
  test(`the same job gives the adapter of the embedded trainer: ${architecture}`, { skip }, async () => {
    const path = join(dir, `${architecture}.gguf`);
    writeTinyModel(path, { architecture });
    const here = { ...common, basePath: async () => path };

    const exact = { ...candidate, recipe: { ...recipe, arithmetic: 'float32' } };
    const [ours, theirs] = [
      await embeddedTrainer(here).train(job(`embedded-${architecture}`, { candidate: exact })),
      await peftTrainer({ ...here, python }).train(job(`peft-${architecture}`)),
    ];
    for (const figure of ['examples', 'steps', 'tokens'])
      assert.equal(theirs.figures[figure], ours.figures[figure]);
    const [a, b] = [openGguf(ours.path), openGguf(theirs.path)];
    assert.deepEqual([...b.metadata], [...a.metadata]);
    assert.deepEqual([...b.tensors], [...a.tensors]);
    let largest = 0;
    for (const name of a.tensors.keys()) {
      const other = b.tensor(name);
      a.tensor(name).forEach((value, i) => {
        largest = Math.max(largest, Math.abs(value));
        assert.ok(Math.abs(value - other[i]!) < 1e-4, `${name}: ${value} and ${other[i]}`);
      });
    }
    assert.ok(largest > 0.3, 'the matrices have hardly moved');
    a.close();
    b.close();
  });

test('what PyTorch would read otherwise than it is served is refused', async () => {
  const path = join(dir, 'gemma3.gguf');
  writeTinyModel(path, { architecture: 'gemma3' });
  const gemma = peftTrainer({ ...common, basePath: async () => path, python });
  await assert.rejects(gemma.train(job('gemma3')), { code: 'unsupported', message: /gemma3/ });
});

test('a training that runs away is tried once more at a lower rate, then given up', { skip }, async () => {
  const wild = { ...candidate, recipe: { ...recipe, learningRate: 1e6 } };
  await assert.rejects(trainer.train(job('diverged', { candidate: wild })), { code: 'diverged' });
});

/** A GGUF file as a Hugging Face folder, by transformers itself. */
function convert(file: string, folder: string): void {
  const program = `import sys, os, transformers
folder, file = os.path.split(sys.argv[1])
model = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype="float32")
# It is float32 by now; transformers still takes it for the quantised one.
del model.config.quantization_config, model.hf_quantizer
model.is_quantized = False
model.save_pretrained(sys.argv[2])`;
  const { status, stderr } = spawnSync(python, ['-c', program, file, folder], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}

test('a Hugging Face folder of the same model gives the same adapter; of another it is refused', {
  skip,
}, async () => {
  const model = join(dir, 'folder');
  convert(gguf, model);
  const plain = await trainer.train(job('plain'));
  const artefact = await peftTrainer({ ...common, python, model }).train(job('from-folder'));
  assert.equal(artefact.sha256, plain.sha256);

  const deeper = join(dir, 'deeper.gguf');
  writeTinyModel(deeper, { layers: 3 });
  const basePath = async (): Promise<string> => deeper;
  await assert.rejects(peftTrainer({ ...common, basePath, python, model }).train(job('deeper')), {
    code: 'unsupported',
    message: /layers of the base model \(2\) is not that of the one which serves \(3\)/,
  });
});

test('QLoRA is refused by the worker where there is no GPU', { skip }, async (t) => {
  const gpu = { ...candidate, recipe: { ...recipe, method: 'qlora' } };
  const see = 'import sys, torch; sys.exit(1 if torch.cuda.is_available() else 0)';
  if (spawnSync(python, ['-c', see]).status !== 0) return t.skip('there is a GPU here');
  await assert.rejects(
    peftTrainer({ basePath: async () => gguf, python, model: dir }).train(job('gpu', { candidate: gpu })),
    { code: 'unsupported', message: /QLoRA needs a GPU/ },
  );
  assert.equal(existsSync(join(dir, 'gpu')), false);
});

const venv = join(dir, 'venv');
const made = spawnSync('python3', ['-m', 'venv', '--without-pip', venv]).status === 0;
const noVenv = made ? false : 'python3 makes no virtual environments here';

test('a Python without the packages says what to run', { skip: noVenv }, async () => {
  const bare = peftTrainer({ ...common, python: join(venv, 'bin', 'python') });
  await assert.rejects(bare.train(job('bare')), (error: UnderstudyError) => {
    assert.equal(error.code, 'unavailable');
    assert.match(error.message, /no package/);
    assert.match(error.hint, /python3 -m venv .*pip install -r .*requirements\.txt/);
    return true;
  });
});

test('rotary pairs move from half a head apart to side by side, in queries and keys alone', () => {
  const layout = (linear: 'attn_q' | 'attn_v', part: 'a' | 'b') =>
    [{ layer: 0, linear, part, rows: 8, cols: 1, offset: 0 }] as const;
  const rows = Float32Array.from({ length: 8 }, (_, i) => i);
  const llama = { headSize: 4, rotaryPairs: 'neighbours' } as const;
  const moved = toGgufRows(rows, layout('attn_q', 'b'), llama);
  assert.deepEqual([...moved], [0, 2, 1, 3, 4, 6, 5, 7]);
  assert.deepEqual(toGgufRows(rows, layout('attn_q', 'a'), llama), rows);
  assert.deepEqual(toGgufRows(rows, layout('attn_v', 'b'), llama), rows);
  const qwen = { headSize: 4, rotaryPairs: 'halves' } as const;
  assert.deepEqual(toGgufRows(rows, layout('attn_q', 'b'), qwen), rows);
});
