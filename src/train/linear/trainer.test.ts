import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { proposalContract } from '../../../test/contracts/trainer.ts';
import { letterPairs } from '../../../test/support/letter-pairs.ts';
import { mails } from '../../../test/support/mails.ts';
import type { OutputKind } from '../../core/answer.ts';
import type { Example } from '../../core/dataset.ts';
import { UnderstudyError } from '../../core/errors.ts';
import type { Encoder, TrainingJob } from '../../core/runtime.ts';
import type { Rung } from '../../core/specialist.ts';
import { decodeLinear, encodeLinear, linearAnswers, loadLinear } from '../../models/classifier/linear.ts';
import { linearRuntime } from '../../runtime/linear.ts';
import { linearTrainer } from './trainer.ts';

async function inFolder(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'understudy-linear-'));
  try {
    await run(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

const jobOf = (rung: Rung, kind: OutputKind, train: readonly Example[], dir: string): TrainingJob => ({
  candidate: { id: 'c', taskId: 't', rung, base: rung === 'lexical' ? null : 'letter-pairs', recipe: {} },
  kind,
  train,
  validation: [],
  dir,
  seed: 1,
});

for (const rung of ['lexical', 'knn', 'head'])
  proposalContract(`linear, ${rung}`, () => ({
    trainer: linearTrainer({ encoder: rung === 'lexical' ? null : letterPairs }),
    candidate: { rung, base: rung === 'lexical' ? null : letterPairs.name },
    examples: mails(40, 1, (topic) => topic),
    baseKind: 'encoder',
  }));

const ANSWERS: Readonly<Record<string, { kind: OutputKind; of: (topic: string, order: string) => string }>> =
  {
    label: { kind: 'label', of: (topic) => topic },
    json: { kind: 'json', of: (topic, order) => JSON.stringify({ topic, order }) },
    tool: { kind: 'tool', of: (topic, order) => `open_case ${JSON.stringify({ order, queue: topic })}` },
  };

for (const rung of ['lexical', 'knn', 'head'] as const)
  for (const [name, { kind, of }] of Object.entries(ANSWERS))
    test(`${rung} learns a ${name} task, copying values it never saw`, () =>
      inFolder(async (dir) => {
        const options = { encoder: rung === 'lexical' ? null : letterPairs };
        const artefact = await linearTrainer(options).train(jobOf(rung, kind, mails(150, 1, of), dir));
        const runtime = linearRuntime(options);
        const test = mails(60, 2, of);
        let right = 0;
        for (const { input, answer } of test) {
          const prediction = await runtime.predict(artefact, input);
          if (prediction.answer === answer) right++;
          for (const [signal, value] of Object.entries(prediction.signals))
            assert.ok(value >= 0 && value <= 1, `${signal} ${value}`);
        }
        assert.ok(right >= 55, `${right} of 60`);
        await runtime.close();
      }));

test('the same job gives the same file, and a finished one is taken over', () =>
  inFolder(async (dir) => {
    const train = mails(80, 1, (topic) => topic);
    const trainer = linearTrainer({ encoder: letterPairs });
    const one = await trainer.train(jobOf('head', 'label', train, join(dir, 'a')));
    const weights = (await loadLinear(one.path, linearAnswers(one.answers))).linear?.weights;
    const two = await trainer.train(jobOf('head', 'label', train, join(dir, 'b')));
    assert.deepEqual((await loadLinear(two.path, linearAnswers(two.answers))).linear?.weights, weights);
    const again = await trainer.train(jobOf('head', 'label', train, join(dir, 'a')));
    assert.deepEqual(again, one);
    const other = await trainer.train(jobOf('head', 'label', train.slice(1), join(dir, 'a')));
    assert.notEqual(other.sha256, one.sha256);
  }));

test('a half-written file is trained anew, and refused by the runtime', () =>
  inFolder(async (dir) => {
    const train = mails(40, 1, (topic) => topic);
    const trainer = linearTrainer({ encoder: null });
    const { path, sha256, answers } = await trainer.train(jobOf('lexical', 'label', train, dir));
    const model = await loadLinear(path, linearAnswers(answers));
    await writeFile(path, encodeLinear(model).subarray(0, 5000));
    await assert.rejects(
      loadLinear(path, linearAnswers(answers)),
      (error) => error instanceof UnderstudyError && error.code === 'corrupt',
    );
    assert.equal((await trainer.train(jobOf('lexical', 'label', train, dir))).path, path);
    assert.ok(sha256.length === 64);
  }));

test('a text is embedded once for all rungs, but anew where time is measured', () =>
  inFolder(async (dir) => {
    let embedded = 0;
    const counting: Encoder = {
      ...letterPairs,
      embed: (texts) => {
        embedded += texts.length;
        return letterPairs.embed(texts);
      },
    };
    const train = mails(40, 1, (topic) => topic);
    const artefact = await linearTrainer({ encoder: counting }).train(jobOf('head', 'label', train, dir));
    const runtime = linearRuntime({ encoder: counting });
    const { input, answer } = train[0]!;
    const before = embedded;
    await runtime.predict(artefact, input, { draft: answer });
    assert.equal(embedded, before);
    await runtime.predict(artefact, input);
    assert.equal(embedded, before + 1);
  }));

test('encode and decode are inverse', () =>
  inFolder(async (dir) => {
    const job = jobOf(
      'head',
      'json',
      mails(40, 1, (topic, order) => JSON.stringify({ topic, order })),
      dir,
    );
    const { path, answers } = await linearTrainer({ encoder: letterPairs }).train(job);
    const model = await loadLinear(path, linearAnswers(answers));
    const bytes = encodeLinear(model);
    assert.deepEqual(decodeLinear(bytes, linearAnswers(answers)), model);
    for (const word of model.classes) assert.ok(word === '' || !Buffer.from(bytes).includes(word), word);
  }));

test('what cannot be trained is refused before any work', () =>
  inFolder(async (dir) => {
    const refuses = (job: TrainingJob, code: string): Promise<void> =>
      assert.rejects(linearTrainer({ encoder: null }).train(job), (error) => {
        assert.ok(error instanceof UnderstudyError);
        assert.equal(error.code, code);
        return true;
      });
    await refuses(
      jobOf(
        'head',
        'label',
        mails(20, 1, (topic) => topic),
        dir,
      ),
      'unavailable',
    );
    await refuses(jobOf('lexical', 'label', [], dir), 'unsupported');
    await refuses(
      jobOf(
        'lora',
        'label',
        mails(20, 1, (topic) => topic),
        dir,
      ),
      'unsupported',
    );
    let n = 0;
    await refuses(
      jobOf(
        'lexical',
        'text',
        mails(20, 1, () => `Reply number ${'x'.repeat(++n)}`),
        dir,
      ),
      'unsupported',
    );
  }));

test('an unfamiliar input gets lower signals than a familiar one', () =>
  inFolder(async (dir) => {
    const options = { encoder: letterPairs };
    const artefact = await linearTrainer(options).train(
      jobOf(
        'head',
        'label',
        mails(150, 1, (t) => t),
        dir,
      ),
    );
    const runtime = linearRuntime(options);
    const known = await runtime.predict(artefact, 'hello, please refund me for ORD-12345 today');
    const strange = await runtime.predict(artefact, 'zq xw vjk 9 qqz');
    assert.ok(known.signals.familiarity! > strange.signals.familiarity!);
    assert.ok(known.signals.known! > strange.signals.known!);
    assert.ok(known.signals.probability! > strange.signals.probability!);
  }));
