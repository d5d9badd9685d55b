/** The trainer of extractors on a tiny random BERT, and what it makes through the runtime and its processes. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { trainerContract } from '../../../test/contracts/trainer.ts';
import { writeTinyBert } from '../../../test/support/tiny-bert.ts';
import type { Dataset } from '../../core/dataset.ts';
import { seededRandom } from '../../core/random.ts';
import type { TrainingJob } from '../../core/runtime.ts';
import { systemClock } from '../../runtime/clock.ts';
import { remoteEncoder } from '../../runtime/encoder.ts';
import { extractorRuntime } from '../../runtime/extractor.ts';
import { createGuard, type Guard } from '../../runtime/guard.ts';
import { guardedClient } from '../../runtime/guarded.ts';
import { startModels } from '../../runtime/models.ts';
import { proposeExtractor } from './plan.ts';
import { extractorTrainer } from './trainer.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-extractor-'));
after(() => rmSync(dir, { recursive: true }));
const path = join(dir, 'tiny');
writeTinyBert(path);

const NOISE = ['my', 'is', '!'];
/** The thing stands after `refund`, whatever it is; the kind is whether it is late. */
function examples(count: number, seed: number): TrainingJob['train'] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const noise = (): string => Array.from({ length: random.below(3) }, () => random.pick(NOISE)).join(' ');
    const thing = random.pick(['parcel', 'late', 'my']);
    const late = random.next() < 0.5;
    const input = `${noise()} refund ${thing} ${late ? 'lately' : ''} ${noise()}`.replace(/ +/g, ' ').trim();
    const id = `${seed}-${i}`;
    const answer = JSON.stringify({ kind: late ? 'late' : 'lost', thing: thing.toUpperCase() });
    return { id, callId: id, sessionId: id, at: i, input, answer, weight: 1 + (i % 2) };
  });
}

const recipe = { rank: 4, members: 2, learningRate: 0.01, batch: 8, epochs: 10, wordDropout: 0.05 };

function job(name: string, changes: Partial<TrainingJob> = {}): TrainingJob {
  return {
    candidate: { id: 'c1', taskId: 'toy', rung: 'extractor', base: 'tiny', recipe },
    kind: 'json',
    train: examples(240, 1),
    validation: [],
    dir: join(dir, name),
    seed: 3,
    ...changes,
  };
}

const trainer = extractorTrainer({ name: 'tiny', path, threads: 1 });

const { candidate } = job('contract');
trainerContract('extractor', () => ({
  trainer,
  without: extractorTrainer({ name: 'tiny', path: join(dir, 'absent') }),
  candidate,
  examples: examples(60, 1),
  kind: 'json',
  baseKind: 'encoder',
  unsupported: [
    { ...candidate, rung: 'encoder' },
    { ...candidate, base: 'another' },
  ],
  repeatable: true,
  saving: {
    trainer: extractorTrainer({ name: 'tiny', path, threads: 1, checkpointMs: 0 }),
    file: 'checkpoint',
  },
}));

describe('extractorTrainer', () => {
  it('learns to choose and to copy, and the processes serve it', async () => {
    const artefact = await trainer.train(job('whole'));
    assert.ok(artefact.figures.finalLoss! < artefact.figures.firstLoss! / 3);
    const models = await startModels({ encoder: { name: 'tiny', path, dimensions: 8 }, threads: 1 });
    const runtime = extractorRuntime({ encoder: models.encoder });
    try {
      let right = 0;
      for (const { input, answer } of examples(60, 2)) {
        const prediction = await runtime.predict(artefact, input);
        if (prediction.answer === answer) right++;
        assert.deepEqual(Object.keys(prediction.signals).sort(), [
          'choice',
          'familiarity',
          'probability',
          'tag',
          'value',
        ]);
        for (const [signal, value] of Object.entries(prediction.signals))
          assert.ok(value >= 0 && value <= 1, `${signal} ${value}`);
      }
      assert.ok(right >= 45, `${right} of 60`);
      // What a guard tries when a process hung is a call that the server takes.
      let probes = 0;
      const trying: Guard = {
        ...createGuard({ clock: systemClock }),
        run: async (_key, work, { probe }) => {
          await probe(new AbortController().signal);
          probes++;
          return work(new AbortController().signal);
        },
      };
      const guarded = remoteEncoder({
        clients: [guardedClient(models.processes[0]!.client, trying)],
        name: 'tiny',
        dimensions: 8,
      });
      const served = await extractorRuntime({ encoder: guarded }).predict(artefact, 'refund my');
      assert.equal(served.answer, (await runtime.predict(artefact, 'refund my')).answer);
      assert.equal(probes, 1);
      await assert.rejects(runtime.predict({ ...artefact, path: join(dir, 'none') }, 'refund'), {
        code: 'not-found',
      });
    } finally {
      await runtime.close();
      await models.close();
    }
  });

  it('refuses answers whose values neither stand in the inputs nor are few, and names the field', () => {
    const train = examples(60, 1).map((example, i) => ({
      ...example,
      answer: JSON.stringify({ kind: 'late', summary: `about ${i}` }),
    }));
    const splits = { train, validation: [], calibration: [], exam: [] } as Dataset['splits'];
    const propose = (kind: 'json' | 'text') =>
      proposeExtractor(
        { kind },
        { splits },
        { bases: [], minutes: 10, speedOf: () => null },
        { base: 'tiny', isHere: true, threads: 1 },
      );
    assert.match(propose('json')[0]!.refusal?.reason ?? '', /`summary` neither stands in the input/);
    assert.deepEqual(propose('text'), []);
  });
});
