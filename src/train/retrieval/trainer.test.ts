import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { runtimeContract } from '../../../test/contracts/runtime.ts';
import { proposalContract } from '../../../test/contracts/trainer.ts';
import { letterPairs } from '../../../test/support/letter-pairs.ts';
import { mails, type Topic } from '../../../test/support/mails.ts';
import type { OutputKind } from '../../core/answer.ts';
import type { Example } from '../../core/dataset.ts';
import { seededRandom } from '../../core/random.ts';
import type { Encoder, TrainingJob } from '../../core/runtime.ts';
import { loadRetrieval } from '../../models/retrieval/index-file.ts';
import { retrievalRuntime } from '../../runtime/retrieval.ts';
import { retrievalTrainer } from './trainer.ts';

const home = mkdtempSync(join(tmpdir(), 'understudy-retrieval-'));
after(() => rmSync(home, { recursive: true, force: true }));
let folders = 0;
const folder = (): string => join(home, String(folders++));

const example = (input: string, answer: string, at = 0): Example => ({
  id: `${at}-${input}`,
  callId: input,
  sessionId: input,
  at,
  weight: 1,
  input,
  answer,
});

const jobOf = (
  kind: OutputKind,
  train: readonly Example[],
  encoder: Encoder | null,
  dir = folder(),
): TrainingJob => ({
  candidate: { id: 'c', taskId: 't', rung: 'retrieval', base: encoder?.name ?? null, recipe: {} },
  kind,
  train,
  validation: [],
  dir,
  seed: 1,
});

for (const encoder of [null, letterPairs])
  proposalContract(`retrieval, ${encoder === null ? 'words alone' : 'with vectors'}`, () => ({
    trainer: retrievalTrainer({ encoder }),
    candidate: { rung: 'retrieval', base: encoder?.name ?? null },
    baseKind: 'encoder',
  }));

runtimeContract('retrieval', async () => {
  const job = jobOf(
    'label',
    mails(60, 1, (topic) => topic),
    letterPairs,
  );
  return {
    runtime: retrievalRuntime({ encoder: letterPairs }),
    artefact: await retrievalTrainer({ encoder: letterPairs }).train(job),
    inputs: mails(3, 2, (topic) => topic).map(({ input }) => input),
  };
});

const REPLIES: Readonly<Record<Topic, string>> = {
  refund: 'You will have your money back within five days.\n\nKind regards',
  delivery: 'Your parcel is on its way.',
  account: 'Please use the link on the page to set a new password.',
};
const ANSWERS: readonly [OutputKind, (topic: Topic, order: string) => string][] = [
  ['label', (topic) => topic],
  ['json', (topic, order) => JSON.stringify({ topic, order })],
  ['tool', (topic, order) => `open_case ${JSON.stringify({ order, queue: topic })}`],
  ['text', (topic) => REPLIES[topic]],
];

for (const encoder of [null, letterPairs])
  for (const [kind, of] of ANSWERS)
    test(`retrieval gives stored answers of kind ${kind}, ${encoder === null ? 'by words' : 'with vectors'}`, async () => {
      const artefact = await retrievalTrainer({ encoder }).train(jobOf(kind, mails(150, 1, of), encoder));
      const runtime = retrievalRuntime({ encoder });
      let correct = 0;
      for (const { input, answer } of mails(60, 2, of)) {
        const prediction = await runtime.predict(artefact, input);
        if (prediction.answer === answer) correct++;
        for (const [signal, value] of Object.entries(prediction.signals))
          assert.ok(value >= 0 && value <= 1, `${signal} ${value}`);
      }
      assert.ok(correct >= 55, `${correct} of 60`);
      await runtime.close();
    });

test('an input that is stored gets its own answer', async () => {
  const random = seededRandom(5);
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  const word = (): string => Array.from({ length: 6 }, () => letters[random.below(26)]).join('');
  const train = Array.from({ length: 40 }, (_, i) =>
    example(`${word()} ${word()} ${word()}`, `answer ${word()}`, i),
  );
  const artefact = await retrievalTrainer({ encoder: letterPairs }).train(jobOf('text', train, letterPairs));
  const runtime = retrievalRuntime({ encoder: letterPairs });
  for (const { input, answer } of train) {
    const { answer: given, signals } = await runtime.predict(artefact, input);
    assert.equal(given, answer);
    assert.ok(signals.familiarity! > 0.999 && signals.covered! > 0.999);
  }
});

test('an input with nothing in common with any other gets no answer, and low signals', async () => {
  const artefact = await retrievalTrainer({ encoder: null }).train(
    jobOf(
      'label',
      mails(60, 1, (topic) => topic),
      null,
    ),
  );
  const { answer, signals } = await retrievalRuntime({ encoder: null }).predict(artefact, 'zq xw vjk');
  assert.equal(answer, '');
  assert.equal(signals.known, 0);
  assert.equal(signals.margin, 0);
});

test('no word of a caller stands in the file, and what is needed to read it neither', () =>
  fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.stringMatching(/^[a-z]{8,12} [a-z]{8,12}$/), { minLength: 4, maxLength: 8 }),
      async (texts) => {
        const train = texts.map((text, i) => example(text, `reply to ${text}`, i));
        const artefact = await retrievalTrainer({ encoder: null }).train(jobOf('text', train, null));
        const bytes = readFileSync(artefact.path, 'latin1');
        for (const word of texts.flatMap((text) => text.split(' '))) assert.ok(!bytes.includes(word), word);
        const { key } = artefact.answers!.plan as { readonly key: string };
        assert.ok(!bytes.includes(key));
      },
    ),
    { numRuns: 20 },
  ));

test('the same job gives the same index, and a finished one is taken over', async () => {
  const trainer = retrievalTrainer({ encoder: letterPairs });
  const train = mails(80, 1, (topic) => topic);
  const job = jobOf('label', train, letterPairs);
  const first = await trainer.train(job);
  const elsewhere = await trainer.train(jobOf('label', train, letterPairs));
  const [one, again] = await Promise.all([first, elsewhere].map(({ path }) => loadRetrieval(path)));
  assert.deepEqual({ ...again, figures: null }, { ...one, figures: null });
  assert.deepEqual(elsewhere.answers, first.answers);
  const steps: number[] = [];
  assert.deepEqual(await trainer.train(job, ({ done }) => steps.push(done)), first);
  assert.deepEqual(steps, []);
  const other = await trainer.train({ ...job, train: train.slice(1) });
  assert.notEqual(other.path, first.path);
});

test('what it cannot train it refuses with a reason', async () => {
  const trainer = retrievalTrainer({ encoder: null });
  const job = jobOf(
    'label',
    mails(5, 1, (topic) => topic),
    null,
  );
  const rejects = (changes: Partial<TrainingJob>, code: string): Promise<void> =>
    assert.rejects(trainer.train({ ...job, ...changes }), { code });
  await rejects({ candidate: { ...job.candidate, rung: 'head' } }, 'unsupported');
  await rejects({ candidate: { ...job.candidate, base: 'letter-pairs' } }, 'unavailable');
  await rejects({ train: [] }, 'bad-input');
});
