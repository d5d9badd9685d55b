/** The trainer of the tuned encoder on a tiny random BERT, and what it makes through the runtime and its processes. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Progress } from '../../core/progress.ts';
import { seededRandom } from '../../core/random.ts';
import type { TrainingJob } from '../../core/runtime.ts';
import { loadBert } from '../../models/bert.ts';
import { answerLinear, loadLinear } from '../../models/linear.ts';
import { writeTinyBert } from '../../models/tiny-bert.ts';
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

test('a killed and resumed training leaves the same model as an uninterrupted one', async () => {
  const seen: Progress[] = [];
  const whole = await trainer.train(job('whole'), (progress) => seen.push(progress));
  const { firstLoss, finalLoss, steps } = whole.figures;
  assert.ok(finalLoss! < firstLoss! / 1.3, `loss from ${firstLoss} to ${finalLoss}`);
  assert.equal(steps, 240);
  assert.equal(seen.at(-1)?.done, 240);
  assert.equal(existsSync(join(dir, 'whole', 'checkpoint')), false);

  // Aborting kills the process outright; the state was saved after every step.
  const killing = encoderTrainer({ name: 'tiny', path, threads: 1, checkpointMs: 0 });
  const controller = new AbortController();
  const killed = killing.train(
    job('killed'),
    ({ done }) => {
      if (done === 31) controller.abort();
    },
    controller.signal,
  );
  await assert.rejects(killed, { code: 'cancelled' });
  assert.equal(existsSync(join(dir, 'killed', 'checkpoint')), true);
  let first = 0;
  const resumed = await killing.train(job('killed'), ({ done }) => {
    if (first === 0) first = done;
  });
  assert.ok(first >= 31, `went on at step ${first}`);
  const [one, two] = [await loadLinear(whole.path), await loadLinear(resumed.path)];
  assert.deepEqual(two.tuning, one.tuning);
  assert.deepEqual(two.linear, one.linear);
  assert.deepEqual(two.index, one.index);

  const again: Progress[] = [];
  assert.deepEqual(await trainer.train(job('whole'), (progress) => again.push(progress)), whole);
  assert.deepEqual(again, [], 'a finished job is not trained again');
});

test('it answers new inputs, and the processes serve the very vectors it was trained to', async () => {
  const artefact = await trainer.train(job('whole'));
  const model = await loadLinear(artefact.path);
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

test('what cannot be trained is refused before any work', async () => {
  const { candidate } = job('x');
  const refused = (changes: Partial<TrainingJob>): Promise<void> =>
    assert.rejects(trainer.train(job('x', changes)), { code: 'unsupported' });
  await refused({ candidate: { ...candidate, rung: 'head' } });
  await refused({ candidate: { ...candidate, base: 'another' } });
  await refused({ candidate: { ...candidate, recipe: { rnk: 3 } } });
  await refused({ train: [] });
  assert.equal(existsSync(join(dir, 'x')), false);
});

test('a training that runs away is tried once more at a lower rate, then given up', async () => {
  const candidate = { ...job('x').candidate, recipe: { ...recipe, learningRate: 1e6 } };
  await assert.rejects(trainer.train(job('diverged', { candidate })), { code: 'diverged' });
});
