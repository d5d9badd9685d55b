/**
 * Cross-fitting: trains on the train and validation splits together, and yet has an honest prediction for each of
 * their examples, by a model that was trained without it (k folds). For candidates that train in seconds: the
 * specialist learns from more calls, and its confidence and the gate's order from many times more predictions.
 * Safe for the gate: those are settled before the calibration split is looked at, whatever they were settled on.
 * Does not: estimate or choose (estimate.ts, gate.ts).
 */
import { join } from 'node:path';
import type { Example } from '../core/dataset.ts';
import { contentHash } from '../core/ids.ts';
import type { Trainer, TrainingJob } from '../core/runtime.ts';
import type { Artefact } from '../core/specialist.ts';
import { type GradedPrediction, gradePredictions, type PredictionOptions } from './predictions.ts';

interface CrossFitOptions extends Omit<PredictionOptions, 'artefact'> {
  readonly trainer: Trainer;
  /** As for plain training; its validation examples are learnt from, too. */
  readonly job: TrainingJob;
  /** Whether it trains in seconds, so that several trainings cost little. */
  readonly crossFit: boolean;
  /** Default: 5. */
  readonly folds?: number;
}

/** Where there are more training examples than this, k trainings cost more than they give. */
const MAX_CROSS_FITTED = 3_000;

export interface Fitted {
  readonly artefact: Artefact;
  /** Held-back predictions: for estimate(), and as `validation` for assess(). */
  readonly graded: readonly GradedPrediction[];
}

/** Trains the job: cross-fitted where that takes seconds, else on train alone, with predictions on validation. */
export async function fitAndGrade(options: CrossFitOptions): Promise<Fitted> {
  const { trainer, job, on, signal } = options;
  if (options.crossFit && job.train.length <= MAX_CROSS_FITTED) return crossFit(options);
  const artefact = await trainer.train(job, on, signal);
  return { artefact, graded: await gradePredictions(job.validation, { ...options, artefact }) };
}

/** Calls of one session stay in one fold: they resemble each other. */
const foldOf = ({ sessionId }: Example, folds: number): number =>
  Number.parseInt(contentHash(sessionId, 8), 16) % folds;

/** The artefact trained on all of the job's examples, and their predictions as if they had been held back. */
async function crossFit(options: CrossFitOptions): Promise<Fitted> {
  const { trainer, job, on, signal, folds = 5 } = options;
  const examples = [...job.train, ...job.validation];
  const graded: GradedPrediction[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const held = examples.filter((example) => foldOf(example, folds) === fold);
    if (held.length === 0) continue;
    const train = examples.filter((example) => foldOf(example, folds) !== fold);
    const dir = join(job.dir, `fold-${fold + 1}-of-${folds}`);
    const artefact = await trainer.train({ ...job, train, validation: [], dir }, on, signal);
    graded.push(...(await gradePredictions(held, { ...options, artefact })));
  }
  return { artefact: await trainer.train({ ...job, train: examples, validation: [] }, on, signal), graded };
}
