/**
 * What the trainers of linear models share, on the encoder as it is or on a tuned one: the examples as classes, the
 * stored vectors, the artefact.
 */
import { readFile } from 'node:fs/promises';
import { UnderstudyError } from '../../core/errors.ts';
import { contentHash } from '../../core/ids.ts';
import type { Json } from '../../core/json.ts';
import { seededRandom } from '../../core/random.ts';
import type { TrainingJob } from '../../core/runtime.ts';
import type { Artefact } from '../../core/specialist.ts';
import { classesOf, whyNotClassified } from '../../models/classifier/answer-classes.ts';
import { learnCopying, toTemplate } from '../../models/classifier/answer-template.ts';
import type { LinearModel } from '../../models/classifier/linear.ts';
import type { VectorIndex } from '../../models/classifier/neighbours.ts';

/**
 * Step sizes, tried on Banking77: words alone do best at 0.2; beside the encoder's vector they only add detail.
 * Larger steps on either fit the training examples better and others worse.
 */
export const RATES = { lexical: { rate: 0.2, denseRate: 0 }, head: { rate: 0.1, denseRate: 0.2 } } as const;
/** Passes over the examples: with few of them more passes help (tried with 400 to 10,003). */
export const epochsFor = (examples: number): number =>
  Math.round(Math.min(24, Math.max(8, 40_000 / examples)));
export interface Classes {
  readonly plan: LinearModel['plan'];
  readonly classes: readonly string[];
  readonly labels: Uint32Array;
}

/**
 * The training examples as classes: templates that are met often enough; all others together are '', "no answer".
 * @throws UnderstudyError 'unsupported' where there is nothing to choose among.
 */
export function toClasses({ kind, train }: Pick<TrainingJob, 'kind' | 'train'>): Classes {
  const plan = learnCopying(kind, train);
  const counted = train.map(({ input, answer, weight }) => ({
    template: toTemplate(kind, plan, input, answer),
    weight,
  }));
  const why = train.length === 0 ? 'There are no training examples.' : whyNotClassified(kind, counted);
  if (why)
    throw new UnderstudyError('unsupported', why, { hint: 'A language model may still learn this task.' });
  const kept = classesOf(kind, counted);
  const classes = [...new Set(kept)].sort();
  const places = new Map(classes.map((name, place) => [name, place]));
  return { plan, classes, labels: Uint32Array.from(kept, (name) => places.get(name)!) };
}

/** The weight of each example in the loss: one that stands for n calls counts 1 + ln n. */
export const lossWeights = (train: TrainingJob['train']): Float32Array =>
  Float32Array.from(train, ({ weight }) => 1 + Math.log(Math.max(1, weight)));

/** Which examples' vectors are stored to look neighbours up in, in order: all of `count`, or `most` drawn at random. */
export function storedOf(count: number, most: number, seed: number): readonly number[] {
  const all = Array.from({ length: count }, (_, i) => i);
  if (count <= most) return all;
  const drawn = seededRandom(seed).shuffle(all).slice(0, most);
  return drawn.sort((a, b) => a - b);
}

/** The index of these examples. */
export function indexOf(vectors: readonly Float32Array[], classes: readonly number[]): VectorIndex {
  const dimensions = vectors[0]?.length ?? 0;
  const flat = new Float32Array(vectors.length * dimensions);
  vectors.forEach((vector, at) => void flat.set(vector, at * dimensions));
  return { dimensions, vectors: flat, classes: Uint32Array.from(classes) };
}

/** What is left on disk, as the pipeline knows it. */
export async function artefactOf(model: LinearModel, path: string): Promise<Artefact> {
  const { trainedMs = 0, ...figures } = model.figures;
  const sha256 = contentHash(await readFile(path));
  return {
    rung: model.rung,
    base: model.encoder,
    path,
    sha256,
    trainedMs,
    figures,
    answers: answersOf(model),
  };
}

/** The answers of a model, as its artefact keeps them. */
export function answersOf({
  classes,
  plan,
}: Pick<LinearModel, 'classes' | 'plan'>): NonNullable<Artefact['answers']> {
  return { classes, plan: plan as unknown as Json };
}
