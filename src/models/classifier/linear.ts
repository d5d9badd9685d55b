/**
 * The models of the cheap rungs: a linear classifier on lexical features and/or an encoder's vector, and an index of
 * training vectors. What they are, how they answer, how they are kept in a file.
 * Does not: fit them (train/linear), or get the encoder's vector (runtime/linear).
 */
import { readFile, writeFile } from 'node:fs/promises';
import { type OutputKind, toolChoiceOf } from '../../core/answer.ts';
import { messageOf, UnderstudyError } from '../../core/errors.ts';
import type { Artefact, Rung, Signals } from '../../core/specialist.ts';
import type { Tuning } from '../encoder/bert-tuning.ts';
import { decodeArrays, encodeArrays } from '../formats/arrays.ts';
import { withheldChoice } from './answer-classes.ts';
import { type CopyPlan, fillTemplate } from './answer-template.ts';
import { lexicalVector, makeVocabulary, type Sparse, type Vocabulary } from './lexical.ts';
import { nearest, type VectorIndex, vote } from './neighbours.ts';

/** Logits = bias + Σ value · row: rows of the vocabulary first, then those of the encoder's dimensions. */
export interface LinearWeights {
  /** [rows, classes], row by row. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

export interface LinearModel {
  readonly rung: Rung;
  readonly kind: OutputKind;
  /** Catalogue name; null where no vector is needed. */
  readonly encoder: string | null;
  /** What the encoder is tuned by; null where it stays as it is. */
  readonly tuning: Tuning | null;
  readonly plan: CopyPlan;
  /** Weights for filling the plan's slots; see slot-ranker.ts. */
  readonly slotWeights: Float32Array;
  /** Answer templates; classes of answers too rare to be one (withheldChoice) give no answer. */
  readonly classes: readonly string[];
  readonly vocabulary: Vocabulary | null;
  readonly linear: LinearWeights | null;
  readonly index: VectorIndex | null;
  /** Hash of the job that made it, and its figures. */
  readonly job: string;
  readonly figures: Readonly<Record<string, number>>;
}

/** Neighbours that vote, and those that are asked whether they agree with the classifier. */
const [VOTERS, CHECKED] = [5, 10];

/** What the encoder gets of an input: short ones whole, of long ones the beginning and the end. */
export function encoderText(input: string): string {
  return input.length <= 1_200 ? input : `${input.slice(0, 300)}\n${input.slice(-900)}`;
}

/** Adds the logits of one example into `out` (length: classes). */
export function addLogits(
  { weights, bias }: LinearWeights,
  sparse: Sparse | null,
  dense: Float32Array | null,
  denseFrom: number,
  out: Float64Array,
): void {
  const classes = bias.length;
  for (let c = 0; c < classes; c++) out[c] = bias[c]!;
  if (sparse)
    for (let i = 0; i < sparse.places.length; i++) {
      const value = sparse.values[i]!;
      const row = sparse.places[i]! * classes;
      for (let c = 0; c < classes; c++) out[c]! += value * weights[row + c]!;
    }
  if (dense)
    for (let d = 0; d < dense.length; d++) {
      const value = dense[d]!;
      const row = (denseFrom + d) * classes;
      for (let c = 0; c < classes; c++) out[c]! += value * weights[row + c]!;
    }
}

/** Softmax in place. */
export function softmax(logits: Float64Array): void {
  let top = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > top) top = logit;
  let sum = 0;
  for (let c = 0; c < logits.length; c++) sum += logits[c] = Math.exp(logits[c]! - top);
  for (let c = 0; c < logits.length; c++) logits[c]! /= sum;
}

/**
 * The model's answer to an input, as targetOf writes it ('' for none), and its signals:
 * `probability` of the class, `margin` over the second, `familiarity` (similarity of the nearest training input, or
 * share of known n-grams), `agreement` of the nearest neighbours, `clarity`: how
 * probable the least certain of the copied values is.
 * @param vector the encoder's vector of encoderText(input); null only where the model has no encoder.
 */
export function answerLinear(
  model: LinearModel,
  input: string,
  vector: Float32Array | null,
): { readonly answer: string; readonly choice?: string; readonly signals: Signals } {
  const signals: Record<string, number> = {};
  let probabilities: Float64Array;
  if (model.linear) {
    const lexical = model.vocabulary ? lexicalVector(model.vocabulary, input) : null;
    probabilities = new Float64Array(model.classes.length);
    addLogits(
      model.linear,
      lexical?.vector ?? null,
      vector,
      model.vocabulary?.hashes.length ?? 0,
      probabilities,
    );
    softmax(probabilities);
    if (lexical) signals.known = lexical.known;
  } else probabilities = new Float64Array(model.classes.length);
  if (model.index && vector) {
    const near = nearest(model.index, vector, model.linear ? CHECKED : VOTERS);
    const votes = vote(model.index, near);
    let total = 0;
    for (const weight of votes.values()) total += weight;
    signals.familiarity = Math.min(1, Math.max(0, near[0]?.similarity ?? 0));
    if (!model.linear)
      for (const [label, weight] of votes) probabilities[label] = weight / Math.max(total, 1e-12);
    else {
      const share = (votes.get(argmax(probabilities)) ?? 0) / Math.max(total, 1e-12);
      signals.agreement = (share * CHECKED + 0.5) / (CHECKED + 1);
    }
  }
  const best = argmax(probabilities);
  const top = probabilities[best] ?? 0;
  let second = 0;
  for (let c = 0; c < probabilities.length; c++)
    if (c !== best && probabilities[c]! > second) second = probabilities[c]!;
  // A vote of few is never quite certain.
  const soften = (p: number): number => (model.linear ? p : (p * VOTERS + 0.5) / (VOTERS + 1));
  signals.probability = soften(top);
  signals.margin = soften(Math.max(0, top - second));
  const template = model.classes[best] ?? '';
  const withheld = withheldChoice(template);
  const filled =
    withheld !== null ? null : fillTemplate(model.kind, model.plan, model.slotWeights, template, input);
  if (model.kind !== 'label') signals.clarity = filled?.slotConfidence ?? 0;
  if (filled === null) for (const name of Object.keys(signals)) signals[name] = 0;
  if (filled !== null) return { answer: filled.answer, signals };
  return { answer: '', choice: withheld ?? toolChoiceOf(model.kind, template), signals };
}

function argmax(values: Float64Array): number {
  let best = 0;
  for (let c = 1; c < values.length; c++) if (values[c]! > values[best]!) best = c;
  return best;
}

const MAGIC = 'understudy-linear 2\n';

/** What is kept elsewhere than in the model's file: words of callers. */
export type LinearAnswers = Pick<LinearModel, 'classes' | 'plan'>;

/** The model without its answers as bytes (formats/arrays). */
export function encodeLinear(model: LinearModel): Uint8Array {
  const { rung, kind, encoder, job, figures } = model;
  const header = {
    rung,
    kind,
    encoder,
    job,
    figures,
    dimensions: model.index?.dimensions ?? 0,
    rank: model.tuning?.rank ?? 0,
  };
  return encodeArrays(MAGIC, header, {
    // Arrays and signals keep the names under which files and specialists of earlier versions have them.
    pointing: model.slotWeights,
    ...(model.vocabulary ? { hashes: model.vocabulary.hashes, idf: model.vocabulary.idf } : {}),
    ...(model.linear ? { weights: model.linear.weights, bias: model.linear.bias } : {}),
    ...(model.index ? { vectors: model.index.vectors, labels: model.index.classes } : {}),
    ...(model.tuning ? { tuning: model.tuning.parameters } : {}),
  });
}

interface Header extends Pick<LinearModel, 'rung' | 'kind' | 'encoder' | 'job' | 'figures'> {
  readonly dimensions: number;
  /** Of the tuning's LoRA matrices. */
  readonly rank: number;
}

/** The inverse of encodeLinear. @throws UnderstudyError 'corrupt'. */
export function decodeLinear(bytes: Uint8Array, { classes, plan }: LinearAnswers): LinearModel {
  const { header, floats, ints, has } = decodeArrays<Header>(bytes, MAGIC, 'a linear model');
  const { rung, kind, encoder, job, figures, dimensions, rank } = header;
  return {
    rung,
    kind,
    encoder,
    plan,
    classes,
    job,
    figures,
    slotWeights: floats('pointing'),
    tuning: has('tuning') ? { rank, parameters: floats('tuning') } : null,
    vocabulary: has('hashes') ? makeVocabulary(ints('hashes'), floats('idf')) : null,
    linear: has('weights') ? { weights: floats('weights'), bias: floats('bias') } : null,
    index: has('vectors') ? { dimensions, vectors: floats('vectors'), classes: ints('labels') } : null,
  };
}

/** The answers that an artefact keeps of a linear model. @throws UnderstudyError 'corrupt' where it keeps none. */
export function linearAnswers(answers: Artefact['answers']): LinearAnswers {
  if (answers) return { classes: answers.classes, plan: answers.plan as unknown as CopyPlan };
  throw new UnderstudyError('corrupt', 'The specialist was trained by an older version.', {
    hint: 'Train it again with `understudy learn`.',
  });
}

/** Writes the model's file; returns its bytes, for hashing. */
export async function saveLinear(path: string, model: LinearModel): Promise<Uint8Array> {
  const bytes = encodeLinear(model);
  await writeFile(path, bytes, { mode: 0o600 });
  return bytes;
}

/** @throws UnderstudyError 'not-found' or 'corrupt'. */
export async function loadLinear(path: string, answers: LinearAnswers): Promise<LinearModel> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new UnderstudyError('not-found', `The model file ${path} cannot be read: ${messageOf(cause)}`, {
      hint: 'Train the specialist again with `understudy learn`.',
      cause,
    });
  }
  return decodeLinear(bytes, answers);
}
