/** From examples to answers, with a tiny base model: what the embedded trainer has learnt, the model process says. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { TrainingJob } from '../../src/core/runtime.ts';
import { startModels } from '../../src/runtime/models.ts';
import { embeddedTrainer } from '../../src/train/embedded/trainer.ts';
import { wordExamples } from '../contracts/trainer.ts';
import { writeTinyModel } from '../support/tiny-gguf.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-lora-'));
after(() => rmSync(dir, { recursive: true }));

// Two architectures with different prompt frames; that all of them compute alike is for export.test.ts.
for (const architecture of ['llama', 'gemma3'] as const) {
  test(`a LoRA learns the values of JSON answers, and serves them with their keys: ${architecture}`, () =>
    learnAndServe(architecture));
}

async function learnAndServe(architecture: 'llama' | 'gemma3'): Promise<void> {
  const base = join(dir, `${architecture}.gguf`);
  writeTinyModel(base, { architecture });
  const train = wordExamples().map((example) => ({
    ...example,
    answer: `{"letter":"${example.answer}","n":1}`,
  }));
  const job: TrainingJob = {
    candidate: {
      id: 'c1',
      taskId: 'toy',
      rung: 'lora',
      base: 'tiny',
      recipe: { rank: 8, alpha: 16, learningRate: 0.02, batch: 3, epochs: 60 },
    },
    kind: 'json',
    train,
    validation: [],
    dir: join(dir, architecture),
    seed: 3,
  };
  const artefact = await embeddedTrainer({ basePath: async () => base, threads: 1 }).train(job);
  assert.deepEqual(artefact.answerKeys, ['letter', 'n']);
  const { llama, close } = await startModels({ language: { name: 'tiny', path: base }, threads: 1 });
  try {
    for (const { input, answer } of train) {
      const plain = await llama!.predict(artefact, input);
      assert.equal(plain.answer, answer);
      assert.ok(plain.signals.sequence! > 0.3, `sequence probability ${plain.signals.sequence}`);
      // The same with a draft that helps, and with one of other keys, which is no help.
      for (const draft of [answer, '{"other":1}'])
        assert.equal((await llama!.predict(artefact, input, { draft })).answer, answer);
    }
  } finally {
    await close();
  }
}

test('a LoRA learns soft targets: it is as sure of an answer as its teacher was', async () => {
  const base = join(dir, 'soft.gguf');
  writeTinyModel(base);
  const train = wordExamples()
    .slice(0, 2)
    .map((example) => ({ ...example, soft: [{ answer: 'Z', probability: 0.3 }] }));
  const job: TrainingJob = {
    candidate: {
      id: 'c1',
      taskId: 'toy',
      rung: 'lora',
      base: 'tiny',
      recipe: { rank: 8, alpha: 16, learningRate: 0.02, batch: 4, epochs: 60 },
    },
    kind: 'label',
    train,
    validation: [],
    dir: join(dir, 'soft'),
    seed: 3,
  };
  const trainer = embeddedTrainer({ basePath: async () => base, threads: 1 });
  const artefact = await trainer.train(job);
  const { llama, close } = await startModels({ language: { name: 'tiny', path: base }, threads: 1 });
  try {
    for (const { input, answer } of train) {
      const said = await llama!.predict(artefact, input);
      assert.equal(said.answer, answer);
      const chance = said.signals.sequence!;
      assert.ok(Math.abs(chance - 0.7) < 0.05, `sequence probability ${chance}`);
    }
  } finally {
    await close();
  }
  const hard = { ...job, train: train.map(({ soft: _, ...example }) => example) };
  assert.notEqual((await trainer.train(hard)).path, artefact.path);
});
