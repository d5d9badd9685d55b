/** The trainer of the tuned encoder on a tiny random BERT, and what it makes through the runtime and its processes. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { trainerContract } from '../../../test/contracts/trainer.ts';
import { writeTinyBert } from '../../../test/support/tiny-bert.ts';
import { seededRandom } from '../../core/random.ts';
import type { TrainingJob } from '../../core/runtime.ts';
import { answerLinear, linearAnswers, loadLinear } from '../../models/classifier/linear.ts';
import { loadBert } from '../../models/encoder/bert.ts';
import { linearRuntime } from '../../runtime/linear.ts';
import { startModels } from '../../runtime/models.ts';
import { encoderTrainer } from './trainer.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-encoder-'));
after(() => rmSync(dir, { recursive: true }));
const path = join(dir, 'tiny');
writeTinyBert(path);

const NOISE = ['my', 'parcel', 'is', 'late', '!'];
/** The label is whether the noun comes before the adverb: the order of words, which counting them cannot tell. */
function examples(count: number, seed: number): TrainingJob['train'] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const noise = (): string => Array.from({ length: random.below(3) }, () => random.pick(NOISE)).join(' ');
    const first = random.next() < 0.5;
    const [a, b] = first ? ['refund', 'lately'] : ['lately', 'refund'];
    const input = `${noise()} ${a} ${noise()} ${b} ${noise()}`.trim();
    const id = `${seed}-${i}`;
    return {
      id,
      callId: id,
      sessionId: id,
      at: i,
      input,
      answer: first ? 'refund' : 'complaint',
      weight: 1 + (i % 2),
    };
  });
}

const recipe = { rank: 4, learningRate: 0.01, batch: 8, epochs: 8, wordDropout: 0.05 };

function job(name: string, changes: Partial<TrainingJob> = {}): TrainingJob {
  return {
    candidate: { id: 'c1', taskId: 'toy', rung: 'encoder', base: 'tiny', recipe },
    kind: 'label',
    train: examples(240, 1),
    validation: [],
    dir: join(dir, name),
    seed: 3,
    ...changes,
  };
}

const trainer = encoderTrainer({ name: 'tiny', path, threads: 1 });

const { candidate } = job('contract');
trainerContract('encoder', () => ({
  trainer,
  without: encoderTrainer({ name: 'tiny', path: join(dir, 'absent') }),
  candidate,
  examples: examples(40, 1),
  baseKind: 'encoder',
  unsupported: [
    { ...candidate, rung: 'head' },
    { ...candidate, base: 'another' },
  ],
  repeatable: true,
  saving: {
    trainer: encoderTrainer({ name: 'tiny', path, threads: 1, checkpointMs: 0 }),
    file: 'checkpoint',
  },
}));

test('it learns: the loss falls', async () => {
  const { firstLoss, finalLoss, steps } = (await trainer.train(job('whole'))).figures;
  assert.ok(finalLoss! < firstLoss! / 1.3, `loss from ${firstLoss} to ${finalLoss}`);
  assert.equal(steps, 240);
});

test('it answers new inputs, and the processes serve the very vectors it was trained to', async () => {
  const artefact = await trainer.train(job('whole'));
  const model = await loadLinear(artefact.path, linearAnswers(artefact.answers));
  const bert = await loadBert(path);
  const models = await startModels({ encoder: { name: 'tiny', path, dimensions: 8 }, threads: 1 });
  const runtime = linearRuntime({ encoder: models.encoder });
  try {
    assert.ok(runtime.rungs.includes('encoder'));
    let right = 0;
    for (const { input, answer } of examples(60, 2)) {
      const prediction = await runtime.predict(artefact, input);
      const [vector] = await bert.embed([input], model.tuning!);
      assert.equal(prediction.answer, answerLinear(model, input, vector!).answer);
      if (prediction.answer === answer) right++;
      const [plain] = await bert.embed([input]);
      assert.ok(
        vector!.reduce((sum, value, i) => sum + value * plain![i]!, 0) < 0.999,
        'the encoder is tuned',
      );
      for (const [signal, value] of Object.entries(prediction.signals))
        assert.ok(value >= 0 && value <= 1, `${signal} ${value}`);
    }
    assert.ok(right >= 43, `${right} of 60`);
    await assert.rejects(
      runtime.predict({ ...artefact, sha256: 'other', path: join(dir, 'none') }, 'refund'),
      {
        code: 'not-found',
      },
    );
  } finally {
    await runtime.close();
    await models.close();
    await bert.close();
  }
});

test('a training that runs away is tried once more at a lower rate, then given up', async () => {
  const wild = { ...candidate, recipe: { ...recipe, learningRate: 1e6 } };
  await assert.rejects(trainer.train(job('diverged', { candidate: wild })), { code: 'diverged' });
});
