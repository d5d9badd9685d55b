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
import type { UnderstudyError } from '../../core/errors.ts';
import type { TrainingJob } from '../../core/runtime.ts';
import { openGguf } from '../../models/gguf/read.ts';
import { writeTinyModel } from '../../models/gguf/tiny.ts';
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
      { ...candidate, recipe: { ...recipe, firstLayer: 2 } },
    ],
    repeatable: true,
  }),
  skip,
);

test('the same job gives the adapter of the embedded trainer', { skip }, async () => {
  const [ours, theirs] = [
    await embeddedTrainer(common).train(job('embedded')),
    await trainer.train(job('peft')),
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

test('a resumed training goes on at its last step', { skip }, async () => {
  const controller = new AbortController();
  const killed = trainer.train(
    job('killed'),
    ({ done }) => {
      if (done === 11) controller.abort();
    },
    controller.signal,
  );
  await assert.rejects(killed, { code: 'cancelled' });
  assert.equal(existsSync(join(dir, 'killed', 'checkpoint.pt')), true);
  const steps: number[] = [];
  await trainer.train(job('killed'), ({ done }) => steps.push(done));
  assert.ok(steps[1]! >= 11, `went on at step ${steps[1]}`);
  assert.equal(existsSync(join(dir, 'killed', 'checkpoint.pt')), false);
});

test('a training that runs away is tried once more at a lower rate, then given up', { skip }, async () => {
  const wild = { ...candidate, recipe: { ...recipe, learningRate: 1e6 } };
  await assert.rejects(trainer.train(job('diverged', { candidate: wild })), { code: 'diverged' });
});

test('a device that is not there is refused by the worker', { skip }, async () => {
  const model = dir;
  const gpu = { ...candidate, recipe: { ...recipe, method: 'qlora' } };
  // Without a GPU the worker says so; with one it finds that the folder holds no model.
  await assert.rejects(
    peftTrainer({ basePath: async () => gguf, python, model }).train(job('gpu', { candidate: gpu })),
    (error: UnderstudyError) => error.code === 'unsupported' && error.hint !== '',
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
