import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { trainerContract, wordExamples } from '../../../test/contracts/trainer.ts';
import { writeTinyModel } from '../../../test/support/tiny-gguf.ts';
import type { TrainingJob } from '../../core/runtime.ts';
import { openGguf } from '../../models/formats/gguf/read.ts';
import { embeddedTrainer } from './trainer.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-trainer-'));
after(() => rmSync(dir, { recursive: true }));
const basePath = join(dir, 'tiny.gguf');
writeTinyModel(basePath);

const recipe = { rank: 4, alpha: 8, learningRate: 0.02, batch: 4, epochs: 20 };

function job(name: string, changes: Partial<TrainingJob> = {}): TrainingJob {
  return {
    candidate: { id: 'c1', taskId: 'toy', rung: 'lora', base: 'tiny', recipe },
    kind: 'label',
    train: wordExamples(),
    validation: [],
    dir: join(dir, name),
    seed: 3,
    ...changes,
  };
}

const trainer = embeddedTrainer({ basePath: async () => basePath, threads: 1 });

const { candidate } = job('contract');
trainerContract('embedded', () => ({
  trainer,
  without: embeddedTrainer({ basePath: async () => join(dir, 'absent.gguf') }),
  candidate,
  unsupported: [
    { ...candidate, rung: 'head' },
    { ...candidate, base: null },
  ],
  repeatable: true,
  saving: {
    trainer: embeddedTrainer({ basePath: async () => basePath, threads: 1, checkpointMs: 0 }),
    file: 'checkpoint',
  },
}));

test('it learns: the loss falls', async () => {
  const { firstLoss, finalLoss, steps } = (await trainer.train(job('whole'))).figures;
  assert.ok(finalLoss! < firstLoss! / 3, `loss from ${firstLoss} to ${finalLoss}`);
  assert.equal(steps, 30);
});

test('the adapter follows the conventions of llama.cpp', async () => {
  const { path } = await trainer.train(job('whole'));
  const file = openGguf(path);
  assert.equal(file.metadata.get('general.type'), 'adapter');
  assert.equal(file.metadata.get('general.architecture'), 'llama');
  assert.equal(file.metadata.get('adapter.type'), 'lora');
  assert.equal(file.metadata.get('adapter.lora.alpha'), 8);
  assert.equal(file.tensors.size, 2 * 7 * 2);
  assert.deepEqual(file.tensors.get('blk.1.ffn_down.weight.lora_a')?.dims, [48, 4]);
  assert.deepEqual(file.tensors.get('blk.1.ffn_down.weight.lora_b')?.dims, [4, 32]);
  assert.ok(file.tensor('blk.0.attn_k.weight.lora_b').some((value) => value !== 0));
  file.close();
});

test('a training that runs away is tried once more at a lower rate, then given up', async () => {
  const wild = { ...candidate, recipe: { ...recipe, learningRate: 1e6 } };
  await assert.rejects(trainer.train(job('diverged', { candidate: wild })), { code: 'diverged' });
});
