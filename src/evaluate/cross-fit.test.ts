import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Example } from '../core/dataset.ts';
import type { Runtime, Trainer, TrainingJob } from '../core/runtime.ts';
import type { Artefact, Rung } from '../core/specialist.ts';
import { fitAndGrade } from './cross-fit.ts';
import { scorerFor } from './scorers/scorer.ts';

/** Learns by heart: knows the answers of the very inputs it was trained on, and nothing else. */
const memories = new Map<string, ReadonlyMap<string, string>>();
const byHeart: Trainer = {
  name: 'by-heart',
  propose: () => [],
  train: async ({ train, dir, candidate }): Promise<Artefact> => {
    memories.set(dir, new Map(train.map(({ input, answer }) => [input, answer])));
    return { rung: candidate.rung, base: null, path: dir, sha256: dir, trainedMs: 0, figures: {} };
  },
};
const recall: Runtime = {
  rungs: ['lexical', 'lora'],
  predict: async ({ path }, input) => {
    const answer = memories.get(path)?.get(input) ?? '';
    return { answer, signals: { known: answer === '' ? 0 : 1 }, ms: 0 };
  },
  close: async () => {},
};
const examples = (n: number, from: number): Example[] =>
  Array.from({ length: n }, (_, i) => {
    const id = `${from + i}`;
    // Two examples a session, with the same input: a leak between folds would be recalled.
    const session = `s${Math.floor((from + i) / 2)}`;
    return { id, callId: id, sessionId: session, at: i, input: session, answer: 'yes', weight: 1 };
  });
const options = (rung: Rung, crossFit: boolean) => {
  const job: TrainingJob = {
    candidate: { id: 'c', taskId: 't', rung, base: null, recipe: {} },
    kind: 'label',
    train: examples(80, 0),
    validation: examples(20, 80),
    dir: rung,
    seed: 1,
  };
  return { trainer: byHeart, runtime: recall, scorer: scorerFor('label'), job, crossFit };
};

test('cross-fitted predictions are by models that have not seen the session', async () => {
  const { artefact, graded } = await fitAndGrade(options('lexical', true));
  assert.equal(graded.length, 100);
  assert.ok(graded.every(({ prediction }) => prediction.answer === ''));
  assert.equal(memories.get(artefact.path)?.size, 50, 'the artefact itself learns from all');
});

test('what takes minutes to train is trained once, and predicted on validation', async () => {
  const { artefact, graded } = await fitAndGrade(options('lora', false));
  assert.equal(graded.length, 20);
  assert.equal(memories.get(artefact.path)?.size, 40);
});
